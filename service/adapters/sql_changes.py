"""Whose consents, feedback or links changed last, on SQL: written in the very transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select

from service.adapters.sql_database import Turn, reader, take_turn
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import changes
from service.adapters.sql_tombstones import gone
from service.recommender.errors import EventsUnavailable, PersonErased
from service.recommender.person import Person

_LAST = select(func.coalesce(func.max(changes.c.sequence), 0))
_PAGE = (
    select(changes.c.sequence, changes.c.person_key)
    .where(changes.c.sequence > bindparam("after"))
    .order_by(changes.c.sequence)
    .limit(bindparam("limit"))
)
_EARLIER = delete(changes).where(changes.c.person_key.in_(bindparam("people", expanding=True)))


def note_change(connection: Connection, person_keys: Iterable[str]) -> None:
    """Note, at the end of a transaction, whom it is about; nobody else notes until it ends.

    Sequences thus become visible in the order in which they were given.

    Raises
    ------
    PersonErased
        If one of them was erased; the transaction then changes nothing.
    """
    people = sorted(set(person_keys))
    if people:
        take_turn(connection, Turn.CHANGES)
        if gone(connection, people):
            raise PersonErased
        connection.execute(_EARLIER, {"people": people})
        connection.execute(insert(changes), [{"person_key": key} for key in people])


class SqlChangeLog:
    """The change log on SQLite or PostgreSQL; safe to use from several threads.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = reader(engine)

    def after(self, sequence: int, limit: int) -> Sequence[tuple[int, Person]]:
        """Read people in the order of their latest change; see `ChangeLog.after`.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(_PAGE, {"after": sequence, "limit": limit}).all()
        return [(row.sequence, Person.of_key(row.person_key)) for row in rows]

    def last_sequence(self) -> int:
        """Return the sequence of the newest change; 0 where there is none.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return int(connection.execute(_LAST).scalar_one())
