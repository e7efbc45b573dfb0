"""The live event log on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Engine, Row, Select, bindparam, case, func, select, type_coerce

from service.adapters.sql_database import reader
from service.adapters.sql_event_writer import EventWriter
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import events
from service.adapters.sql_types import UNITS
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Channel, Event, EventType, Impression, Mark, RecentAction
from service.recommender.person import Person
from service.recommender.ports import Appended

_TYPES = {one.value: one for one in EventType}
_CHANNELS = {one.value: one for one in Channel}
_SAME_NAME = tuple(one.name for one in fields(Event) if one.name != "person")
_EVENT = [events.c.sequence, events.c.person_key, *(events.c[name] for name in _SAME_NAME)]
_OF_PERSON = events.c.person_key == bindparam("person")
_AFTER = events.c.sequence > bindparam("after")
_TOPIC = case((events.c.type == EventType.SEARCH.value, events.c.text), else_=events.c.topic)
_COUNTS = events.c.mark.is_(None)
_IS_ACTION = (events.c.item_id.is_not(None) | _TOPIC.is_not(None)) & (events.c.type != EventType.IMPRESSION.value)

_IS_NEWS = events.c.linked_from.is_(None) | (events.c.linked_from > bindparam("after"))

_WHOLE_PAGE = select(*_EVENT).where(_AFTER).order_by(events.c.sequence).limit(bindparam("limit"))
_PAGE = _WHOLE_PAGE.where(_IS_NEWS)
_FIRST_FROM = (
    select(events.c.sequence, events.c.recorded_at)
    # What was moved to a customer came last in the log, and was recorded when the visitor did it.
    .where(events.c.sequence >= bindparam("sequence"), events.c.linked_from.is_(None))
    .order_by(events.c.sequence)
    .limit(1)
)
_LAST = select(func.coalesce(func.max(events.c.sequence), 0))
_RECENT = (
    select(
        events.c.sequence,
        events.c.event_id,
        events.c.type,
        func.coalesce(events.c.item_id, ""),
        events.c.occurred_at,
        type_coerce(events.c.amount, BigInteger),  # both in the same unit, so that the quotient needs no decimals
        type_coerce(events.c.quantity, BigInteger),
        _TOPIC,
    )
    .where(_OF_PERSON, _AFTER, _IS_ACTION, _COUNTS)
    .order_by(events.c.sequence.desc())
    .limit(bindparam("limit"))
)
_IMPRESSIONS = (
    select(events.c.item_id, events.c.occurred_at)
    .where(
        _OF_PERSON, events.c.type == EventType.IMPRESSION.value, events.c.item_id.is_not(None),
        events.c.occurred_at >= bindparam("since"), _COUNTS,
    )
    .order_by(events.c.sequence.desc())
    .limit(bindparam("limit"))
)
_FIND = select(*_EVENT).where(_OF_PERSON, events.c.event_id.in_(bindparam("event_ids", expanding=True)))
_OF_ITEMS = (
    select(*_EVENT)
    .where(_OF_PERSON, events.c.item_id.in_(bindparam("item_ids", expanding=True)), _COUNTS)
    .order_by(events.c.occurred_at, events.c.sequence)
)


class SqlEventLog:
    """Events on SQLite or PostgreSQL; safe to use from several threads.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        self._writer = EventWriter(engine)

    def append(self, events: Sequence[Event], recorded_at: datetime, most_a_minute: int | None = None) -> Appended:
        """Keep events in one transaction; of equal ids within the batch the first counts. See `EventLog.append`.

        Raises
        ------
        EventsUnavailable
        InvalidArgument
            If a text or number is one that a database cannot hold.
        """
        return self._writer.append(events, recorded_at, most_a_minute)

    def after(self, sequence: int, limit: int, *, again: bool = False) -> Sequence[tuple[int, Event]]:
        """Read events in log order, from the first after `sequence`; see `EventLog.after`.

        Raises
        ------
        EventsUnavailable
        """
        rows = self._read(_WHOLE_PAGE if again else _PAGE, after=sequence, limit=limit)
        return [(row.sequence, _event_of(row)) for row in rows]

    def last_sequence(self) -> int:
        """Return the sequence of the newest event; 0 where there is none.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return int(connection.execute(_LAST).scalar_one())

    def recorded_before(self, moment: datetime) -> int:
        """Find where the log was at a moment, by halves; see `EventLog.recorded_before`.

        Raises
        ------
        EventsUnavailable
        """
        low, high = 0, self.last_sequence()
        while low < high:
            middle = (low + high + 1) // 2
            at = self._read(_FIRST_FROM, sequence=middle)
            if at and at[0].recorded_at < moment:
                low = at[0].sequence
            else:
                high = middle - 1
        return low

    def recent(self, person: Person, after_sequence: int, limit: int) -> Sequence[RecentAction]:
        """Read a person's newest actions, oldest first; what was merely shown (IMPRESSION) is no action.

        Raises
        ------
        EventsUnavailable
        """
        rows = self._read(_RECENT, person=person.key, after=after_sequence, limit=limit)
        return [_recent_of(row) for row in reversed(rows)]

    def impressions(self, person: Person, since: datetime, limit: int) -> Sequence[Impression]:
        """Read what a person was shown since a moment, in log order; the newest `limit` of it.

        Raises
        ------
        EventsUnavailable
        """
        rows = self._read(_IMPRESSIONS, person=person.key, since=since, limit=limit)
        return [Impression(row.item_id, row.occurred_at) for row in reversed(rows)]

    def find(self, person: Person, event_ids: Sequence[str]) -> Mapping[str, Event]:
        """Look up events of a person by their ids; unknown ones are left out.

        Raises
        ------
        EventsUnavailable
        """
        if not event_ids:
            return {}
        rows = self._read(_FIND, person=person.key, event_ids=list(event_ids))
        return {row.event_id: _event_of(row) for row in rows}

    def latest(self, person: Person, actions: Sequence[tuple[EventType, str]]) -> Mapping[tuple[EventType, str], Event]:
        """Find the newest event of each action (type, item_id) of a person, by when it happened, then by sequence.

        Raises
        ------
        EventsUnavailable
        """
        if not actions:
            return {}
        wanted = set(actions)
        rows = self._read(_OF_ITEMS, person=person.key, item_ids=sorted({item_id for _, item_id in wanted}))
        newest = {(_TYPES[row.type], row.item_id): row for row in rows}
        return {action: _event_of(row) for action, row in newest.items() if action in wanted}

    def _read(self, statement: Select[Any], **values: object) -> Sequence[Row[Any]]:
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return connection.execute(statement, values).all()


def _event_of(row: Row[*tuple[Any, ...]]) -> Event:
    _, person_key, *found = row
    values: dict[str, Any] = dict(zip(_SAME_NAME, found, strict=True))
    values["type"] = _TYPES[values["type"]]
    values["channel"] = _CHANNELS[values["channel"]]
    values["mark"] = None if values["mark"] is None else Mark(values["mark"])
    return Event(person=Person.of_key(person_key), **values)


def _recent_of(row: Row[*tuple[Any, ...]]) -> RecentAction:
    sequence, event_id, type_, item_id, occurred_at, amount, quantity, topic = row
    price = None if amount is None else amount / (quantity or UNITS)
    return RecentAction(sequence, event_id, _TYPES[type_], item_id, occurred_at, price, topic)
