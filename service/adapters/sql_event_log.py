"""The live event log on SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, bindparam, func, select

from service.adapters.sql_database import reader
from service.adapters.sql_event_writer import EventWriter
from service.adapters.sql_faults import faults_as
from service.adapters.sql_recent_actions import OF_MANY, OF_ONE, action_of
from service.adapters.sql_tables import events
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Channel, Event, EventType, Impression, Mark, RecentAction
from service.recommender.person import Person
from service.recommender.ports import Appended

_TYPES = {one.value: one for one in EventType}
_CHANNELS = {one.value: one for one in Channel}
_FIELDS = [one.name for one in fields(Event)]
_EVENT = [events.c["person_key" if name == "person" else name] for name in _FIELDS]
"""The columns of an event in the order of its fields."""
_PERSON, _TYPE, _CHANNEL, _MARK = map(_FIELDS.index, ("person", "type", "channel", "mark"))
_OF_PERSON = events.c.person_key == bindparam("person")
_AFTER = events.c.sequence > bindparam("after")
_COUNTS = events.c.mark.is_(None)
_IS_NEWS = events.c.linked_from.is_(None) | (events.c.linked_from > bindparam("after"))

_WHOLE_PAGE = select(events.c.sequence, *_EVENT).where(_AFTER).order_by(events.c.sequence).limit(bindparam("limit"))
_PAGE = _WHOLE_PAGE.where(_IS_NEWS)
_FIRST_FROM = (
    select(events.c.sequence, events.c.recorded_at)
    # What was moved to a customer came last in the log, and was recorded when the visitor did it.
    .where(events.c.sequence >= bindparam("sequence"), events.c.linked_from.is_(None))
    .order_by(events.c.sequence)
    .limit(1)
)
_LAST = select(func.coalesce(func.max(events.c.sequence), 0))

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
        return [(row[0], _event_of(row[1:])) for row in rows]

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
        rows = self._read(OF_ONE, person=person.key, after=after_sequence, limit=limit)
        return [action_of(row) for row in reversed(rows)]

    def recent_of(self, people: Collection[Person], limit: int) -> Mapping[Person, Sequence[RecentAction]]:
        """Read the newest actions of many people in one go; see `EventLog.recent_of`.

        Raises
        ------
        EventsUnavailable
        """
        named: dict[str, Person] = {person.key: person for person in people}
        found: dict[Person, list[RecentAction]] = {}
        statement = OF_MANY[self._engine.dialect.name]
        for row in self._read(statement, people=json.dumps(list(named)), limit=limit):
            found.setdefault(named[row[0]], []).append(action_of(row[1:]))
        return found

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


def _event_of(row: Sequence[Any]) -> Event:
    values = list(row)
    values[_PERSON] = Person.of_key(values[_PERSON])
    values[_TYPE] = _TYPES[values[_TYPE]]
    values[_CHANNEL] = _CHANNELS[values[_CHANNEL]]
    values[_MARK] = None if values[_MARK] is None else Mark(values[_MARK])
    return Event(*values)
