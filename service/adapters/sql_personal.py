"""What the database keeps of people: one store for each table that has a column for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, delete, or_, select

from service.adapters.sql_database import Turn, reader, take_turn, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import metadata
from service.adapters.sqlite_log import empty_log
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept

OF_PEOPLE: Final = ("person_key", "owner")
"""Columns of a person's key."""
OF_CUSTOMERS, OF_VISITORS = "customer_id", "visitor_id"
LAST: Final = "changes"
"""Whoever watches a person is woken by it."""
_TURNS = (Turn.EVENTS, Turn.CONSENTS, Turn.CHANGES, Turn.SLATES, Turn.PROJECTIONS)


class SqlPersonalStore:
    """A table; rows of a person are told by its columns that name people.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    table : with at least one such column
    """

    is_quick = True

    def __init__(self, engine: Engine, table: Table) -> None:
        self._engine, self._table = engine, table
        self._reader = reader(engine)

    @property
    def name(self) -> str:
        """The table's name."""
        return self._table.name

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell the rows of some people.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(select(self._table).where(self._of(people))).mappings().all()
        return [_plain(row) for row in rows]

    def erase(self, people: Collection[Person]) -> int:
        """Delete the rows of some people; no writer of the table is half way meanwhile.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            for turn in _TURNS:
                take_turn(connection, turn)
            return connection.execute(delete(self._table).where(self._of(people))).rowcount

    def _of(self, people: Collection[Person]) -> ColumnElement[bool]:
        customers = [one.id for one in people if one.is_customer]
        visitors = [one.id for one in people if not one.is_customer]
        keys = [one.key for one in people]
        values = {**{name: keys for name in OF_PEOPLE}, OF_CUSTOMERS: customers, OF_VISITORS: visitors}  # noqa: C420
        return or_(*(self._table.c[name].in_(values[name]) for name in values if name in self._table.c))


class SqlitePages:
    """The file of an SQLite database: what was deleted must not stay behind in its write-ahead log."""

    name = "database file"
    is_quick = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:  # noqa: ARG002 - a store's form
        """Nothing that the tables do not tell."""
        return ()

    def erase(self, people: Collection[Person]) -> int:  # noqa: ARG002 - a store's form
        """Empty the log; see `sqlite_log`.

        Raises
        ------
        EventsUnavailable
            If a reader is still in the log; the next round finds it gone.
        """
        if not empty_log(self._engine):
            raise EventsUnavailable("The database's log is being read.")
        return 0


def knows_people(table: Table) -> bool:
    """Whether a table has a column that names people."""
    return any(name in table.c for name in (*OF_PEOPLE, OF_CUSTOMERS, OF_VISITORS))


def personal_tables(engine: Engine) -> list[SqlPersonalStore | SqlitePages]:
    """Make the stores of all tables that know people; a new table is among them by the names of its columns."""
    known = sorted(filter(knows_people, metadata.tables.values()), key=lambda table: (table.name == LAST, table.name))
    return [*(SqlPersonalStore(engine, table) for table in known), SqlitePages(engine)]


def _plain(row: Mapping[Any, object]) -> dict[str, object]:
    """Leave out what is empty, and put the rest into values that JSON has."""
    told: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            told[name] = value.isoformat()
        elif isinstance(value, Decimal):
            told[name] = str(value.normalize())
        elif value is not None:
            told[name] = value
    return told
