"""Rows that a projection makes of events, kept only while these are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.sql.dml import Insert

from service.adapters.sql_database import Turn, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import events
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person

_THERE = select(events.c.person_key, events.c.sequence).where(
    events.c.sequence.in_(bindparam("sequences", expanding=True)),
)


class OfEvent(Protocol):
    """What was made of one event."""

    @property
    def sequence(self) -> int:
        """The event's place in the log."""

    @property
    def person(self) -> Person:
        """Whose it is."""


def keep_projected(engine: Engine, insert: Insert, found: Sequence[tuple[OfEvent, Mapping[str, Any]]]) -> None:
    """Keep rows, each with what it was made of.

    Raises
    ------
    EventsUnavailable
    """
    # What a power cut takes is projected again: the cursor, too, is kept no better.
    with faults_as(EventsUnavailable), writing(engine, Turn.PROJECTIONS, lasting=False) as connection:
        # An erasure or a link may have taken events since they were read; both go before this, or wait for it.
        there = set(map(tuple, connection.execute(_THERE, {"sequences": [one.sequence for one, _ in found]})))
        rows = [row for one, row in found if (one.person.key, one.sequence) in there]
        if rows:
            connection.execute(insert, rows)
