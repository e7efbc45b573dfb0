"""Keeping out of what jobs write whom and what is gone: whatever a job began with, it ends without them."""

from __future__ import annotations

from datetime import datetime

import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.adapters.feast_personal import OfflineFeatures, OnlineFeatures
from service.adapters.sql_tombstones import FOREVER, barred
from service.commands.workspace import Workspace
from service.privacy import REJECTED
from service.recommender.person import Person
from service.tables.known_customers import customer_ids
from service.tables.personal import PersonalTables
from service.tables.rejected_rows import RejectedRows
from service.tables.rows_of_people import count_before, write_without_before

BATCH = 10_000
"""Names in one question to the database."""


def keep_out_of_tables(workspace: Workspace) -> int:
    """Take out of the tables whoever was erased, since an import or the live log may have brought them back.

    Of those who began anew, what they did before goes.

    An erasure that begins while a job writes waits for the tables, and finds what the job wrote; one that began before
    is seen here.

    Returns
    -------
    How many rows went.
    """
    current = workspace.store.current()
    if current is None:
        return 0
    visitors = {
        one for path in current.events
        for one in pc.unique(pq.read_table(path, columns=["visitor_id"])["visitor_id"]).to_pylist() if one is not None
    }
    people = [*map(Person.customer, customer_ids(current)), *map(Person.visitor, sorted(visitors))]
    until = _barred(workspace, [one.key for one in people])
    erased = [one for one, moment in until.items() if moment == FOREVER]
    returned = {one: moment for one, moment in until.items() if moment != FOREVER}
    tables, went = PersonalTables(workspace.store, workspace.clock), 0
    if erased:
        went += tables.erase(erased) + RejectedRows(workspace.settings.state.dir / REJECTED).erase(erased)
    if returned:
        went += tables.rewrite(
            lambda path: count_before(path, returned), lambda path, to: write_without_before(path, returned, to),
        )
    return went


def keep_out_of_features(workspace: Workspace) -> int:
    """Take out of the features, offline and online, whoever was erased while they were computed."""
    offline = OfflineFeatures(workspace.repository)
    until = _barred(workspace, sorted(offline.people()))
    erased = [one for one, moment in until.items() if moment == FOREVER]
    return offline.erase(erased) + OnlineFeatures(workspace.repository).erase(erased) if erased else 0


def _barred(workspace: Workspace, keys: list[str]) -> dict[Person, datetime]:
    """Find who was erased, each with the moment up to which nothing of theirs may be kept."""
    found: dict[str, datetime] = {}
    with workspace.engine.connect() as connection:
        for start in range(0, len(keys), BATCH):
            found |= barred(connection, keys[start : start + BATCH])
    return {Person.of_key(key): found[key] for key in sorted(found)}
