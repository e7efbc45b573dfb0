"""Rows of a table that were kept long enough: found in the order of their key, removed in short transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    case,
    delete,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import tuple_ as columns_of

from service.adapters.sql_database import reader, writing
from service.adapters.sql_faults import faults_as
from service.recommender.errors import EventsUnavailable
from service.recommender.retention import Kind

BATCH = 1_000
"""Rows that go in one transaction, for which other writers wait."""
Rules = Callable[[datetime], Mapping[Kind, ColumnElement[bool]]]
"""Conditions, by the kind whose period is over; of several that hold of a row the first names it."""


class SqlRetained:
    """A table on SQLite or PostgreSQL.

    Parameters
    ----------
    engine : one that may take minutes for a statement: each step looks through the rows that stay, too
    rules : what is too old at a moment
    before : told of rows (as far as their key and `also` say) that are about to go
    """

    def __init__(
        self, engine: Engine, table: Table, rules: Rules, *, also: Sequence[Column[Any]] = (),
        before: Callable[[Sequence[Row[Any]]], None] = lambda _: None,
    ) -> None:
        self._engine, self._table, self._rules = engine, table, rules
        self._key = tuple(table.primary_key.columns)
        self._also, self._before = tuple(also), before

    @property
    def name(self) -> str:
        """The table's name."""
        return self._table.name

    def overdue(self, now: datetime) -> Mapping[str, int]:
        """Count what would go, by kind.

        Raises
        ------
        EventsUnavailable
        """
        rules = self._rules(now)
        if not rules:
            return {}
        found = select(_label(rules).label("kind")).where(or_(*rules.values())).subquery()
        counted = select(found.c.kind, func.count()).group_by(found.c.kind)
        with faults_as(EventsUnavailable), reader(self._engine).connect() as connection:
            return {str(kind): int(number) for kind, number in connection.execute(counted)}

    def sweep(self, now: datetime) -> Iterator[Mapping[str, int]]:
        """Remove what is too old, `BATCH` rows at a time; see `Retained.sweep`.

        Raises
        ------
        EventsUnavailable
        """
        rules = self._rules(now)
        if not rules:
            return
        last: Sequence[Any] | None = None
        while rows := self._next(rules, last):
            self._before(rows)
            kinds = {tuple(row[: len(self._key)]): row[-1] for row in rows}
            last = tuple(rows[-1][: len(self._key)])
            with faults_as(EventsUnavailable), writing(self._engine) as connection:
                gone = self._remove(connection, or_(*rules.values()), list(kinds))
            yield Counter(kinds[key] for key in gone)

    def _next(self, rules: Mapping[Kind, ColumnElement[bool]], last: Sequence[Any] | None) -> Sequence[Row[Any]]:
        named = select(*self._key, *self._also, _label(rules))
        wanted: Select[Any] = named.where(or_(*rules.values())).order_by(*self._key).limit(BATCH)
        if last is not None:
            ends = [literal(value, column.type) for column, value in zip(self._key, last, strict=True)]
            wanted = wanted.where(columns_of(*self._key) > columns_of(*ends))
        with faults_as(EventsUnavailable), reader(self._engine).connect() as connection:
            return connection.execute(wanted).all()

    def _remove(
        self, connection: Connection, too_old: ColumnElement[bool], keys: Sequence[tuple[Any, ...]],
    ) -> list[tuple[Any, ...]]:
        """Remove rows that are still too old: feedback that was given once more meanwhile stays."""
        among = columns_of(*self._key).in_(keys) if len(self._key) > 1 else self._key[0].in_([key for (key,) in keys])
        gone = delete(self._table).where(among, too_old).returning(*self._key)
        return [tuple(row) for row in connection.execute(gone)]


def _label(rules: Mapping[Kind, ColumnElement[bool]]) -> ColumnElement[str]:
    return case(*((condition, literal(kind.value)) for kind, condition in rules.items()))
