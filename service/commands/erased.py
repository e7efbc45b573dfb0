"""Keeping the erased out of what jobs write: whatever a job began with, it ends without them."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.adapters.feast_personal import OfflineFeatures, OnlineFeatures
from service.adapters.sql_tombstones import gone
from service.commands.workspace import Workspace
from service.privacy import REJECTED
from service.recommender.person import Person
from service.tables.known_customers import customer_ids
from service.tables.personal import PersonalTables
from service.tables.rejected_rows import RejectedRows

BATCH = 10_000
"""Names in one question to the database."""


def keep_out_of_tables(workspace: Workspace) -> int:
    """Take out of the tables whoever was erased, since an import or the live log may have brought them back.

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
    erased = _erased(workspace, [one.key for one in people])
    if not erased:
        return 0
    rejected = RejectedRows(workspace.settings.state.dir / REJECTED)
    return PersonalTables(workspace.store, workspace.clock).erase(erased) + rejected.erase(erased)


def keep_out_of_features(workspace: Workspace) -> int:
    """Take out of the features, offline and online, whoever was erased while they were computed."""
    offline = OfflineFeatures(workspace.repository)
    erased = _erased(workspace, sorted(offline.people()))
    return offline.erase(erased) + OnlineFeatures(workspace.repository).erase(erased) if erased else 0


def _erased(workspace: Workspace, keys: list[str]) -> list[Person]:
    found: list[str] = []
    with workspace.engine.connect() as connection:
        for start in range(0, len(keys), BATCH):
            found += sorted(gone(connection, keys[start : start + BATCH]))
    return list(map(Person.of_key, found))
