"""Events on their way to the disk: those that come at the same time share a transaction, and are one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Engine, Select, Text, bindparam, cast, column, exc, func, select, true

from service.adapters.group_commit import GroupCommit
from service.adapters.sql_database import Turn, insert_into, writing
from service.adapters.sql_event_marks import earlier_than
from service.adapters.sql_faults import REFUSED_VALUES, faults_as
from service.adapters.sql_tables import events
from service.adapters.sql_tombstones import barred
from service.recommender.errors import EventsUnavailable, InvalidArgument
from service.recommender.events import Event
from service.recommender.marking import Marker, saying
from service.recommender.ports import Appended

MOST_TOGETHER = 2_000
"""Events of a transaction that several calls share, so that it ends well before a statement's time is over."""
_GIVEN_BY_DATABASE = frozenset({"sequence", "linked_from"})
_COLUMNS = {one.name: one for one in events.c if one.name not in _GIVEN_BY_DATABASE}
_OF_EVENT = tuple(name for name in _COLUMNS if name not in {"person_key", "recorded_at", "saying", "mark"})
_written = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


class _Call(NamedTuple):
    events: Sequence[Event]
    rows: Sequence[dict[str, Any]]
    """Of each event what is not NULL, by column, as the database keeps it."""
    most_a_minute: int | None


class EventWriter:
    """Appends to the log; safe to use from several threads.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept_as = {name: one.type.bind_processor(engine.dialect) for name, one in _COLUMNS.items()}
        self._insert = (
            insert_into(engine, events)
            .from_select(list(_COLUMNS), _rows_of_json(engine))
            .on_conflict_do_nothing(index_elements=[events.c.person_key, events.c.event_id])
            .returning(events.c.sequence, events.c.person_key, events.c.event_id)
        )
        self._group = GroupCommit(self._write, lambda call: len(call.rows), MOST_TOGETHER, apart=REFUSED_VALUES)

    def append(self, events: Sequence[Event], recorded_at: datetime, most_a_minute: int | None = None) -> Appended:
        """Keep events, all or none; of equal ids within the batch the first counts. See `EventLog.append`.

        Raises
        ------
        EventsUnavailable
        InvalidArgument
            If a text or number is one that a database cannot hold.
        """
        if not events:
            return Appended({}, frozenset())
        try:
            call = _Call(events, [self._row_of(event, recorded_at) for event in events], most_a_minute)
        except ValueError as error:
            raise InvalidArgument(str(error)) from error
        with faults_as(EventsUnavailable):
            try:
                return self._group.commit(call, self._engine.pool.timeout())  # type: ignore[attr-defined]
            except TimeoutError as error:
                raise exc.TimeoutError(str(error)) from error

    def _row_of(self, event: Event, recorded_at: datetime) -> dict[str, Any]:
        given = {"person_key": event.person.key, "recorded_at": recorded_at, "saying": saying(event)}
        given |= {name: value for name in _OF_EVENT if (value := getattr(event, name)) is not None}
        kept_as = self._kept_as
        return {name: value if (keep := kept_as[name]) is None else keep(value) for name, value in given.items()}

    def _write(self, calls: Sequence[_Call]) -> Sequence[Appended]:
        with writing(self._engine, Turn.EVENTS) as connection:
            until = barred(connection, {event.person.key for call in calls for event in call.events})
            refused = [_of_the_erased(call.events, until) for call in calls]
            first: dict[tuple[str, str], tuple[int, int]] = {}
            for number, call in enumerate(calls):
                for index, row in enumerate(call.rows):
                    if index not in refused[number]:
                        first.setdefault((row["person_key"], row["event_id"]), (number, index))
            sequences: Sequence[dict[int, int]] = [{} for _ in calls]
            rows = _marked(connection, calls, first.values()) if first else []
            for sequence, *key in connection.execute(self._insert, {"rows": _written(rows)}) if rows else ():
                number, index = first[tuple(key)]
                sequences[number][index] = sequence
        return [
            Appended(new, frozenset(range(len(call.rows))) - new.keys() - gone, gone)
            for call, new, gone in zip(calls, sequences, refused, strict=True)
        ]


def _marked(
    connection: Connection, calls: Sequence[_Call], places: Collection[tuple[int, int]],
) -> Sequence[Mapping[str, Any]]:
    """Mark the rows at some places, in their order, beside what the log has."""
    rows = [calls[number].rows[index] for number, index in places]
    given = [(calls[number].events[index], calls[number].most_a_minute) for number, index in places]
    paces = {event.person.key: most for event, most in given if most is not None}
    sayings = [row["saying"] for row in rows]
    marker = Marker(earlier_than(connection, [event for event, _ in given], sayings, paces))
    reasons = [marker.mark(event, said, most) for (event, most), said in zip(given, sayings, strict=True)]
    return [
        row if reason is None else {**row, "saying": None, "mark": reason.value}
        for row, reason in zip(rows, reasons, strict=True)
    ]


def _rows_of_json(engine: Engine) -> Select[Any]:
    """Read rows out of one parameter: its text stays the same for any number, and a driver has little to do."""
    rows = bindparam("rows", type_=Text)
    if engine.dialect.name == "sqlite":
        row = func.json_each(rows).table_valued("value").c.value
        # Without WHERE, SQLite would take ON CONFLICT for the ON of a join.
        return select(*(func.json_extract(row, f"$.{name}") for name in _COLUMNS)).where(true())
    columns = [column(name, one.type) for name, one in _COLUMNS.items()]
    given = func.json_to_recordset(cast(rows, JSON)).table_valued(*columns).render_derived(with_types=True)
    return select(*given.c)


def _of_the_erased(events: Sequence[Event], until: Mapping[str, datetime]) -> frozenset[int]:
    """Find, by index, what people did before they were erased, or anew while they have not come back."""
    if not until:
        return frozenset()
    return frozenset(
        index for index, event in enumerate(events)
        if event.person.key in until and event.occurred_at <= until[event.person.key]
    )
