"""History: the imported events, in Parquet, and the one log that they make together with the live events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from service.adapters.parquet_groups import CurrentGroups
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Channel, Event, EventType, Impression, RecentAction
from service.recommender.person import Person
from service.recommender.ports import Appended, EventLog, VisitorLinks

_COLUMNS = ["event_id", "type", "item_id", "occurred_at", "channel", "text", "topic", "basket_id", "source"]


class ParquetHistory:
    """Events of one person out of the canonical Parquet files, found by the statistics of their row groups.

    Parameters
    ----------
    imported : the row groups that are current
    links : tells which visitors a customer was
    """

    def __init__(self, imported: CurrentGroups, links: VisitorLinks) -> None:
        self._imported, self._links = imported, links

    def find(self, person: Person, event_ids: Sequence[str]) -> Mapping[str, Event]:
        """Look up events of a person by their ids; unknown ones are left out."""
        table = self._of(person, ds.field("event_id").isin(list(event_ids)))
        return {event.event_id: event for event in _events(person, table)}

    def latest(self, person: Person, actions: Sequence[tuple[EventType, str]]) -> Mapping[tuple[EventType, str], Event]:
        """Find the newest event of each action of a person."""
        table = self._of(person, ds.field("item_id").isin([item_id for _, item_id in actions]))
        wanted = set(actions)
        found: dict[tuple[EventType, str], Event] = {}
        for event in _events(person, table):
            key = (event.type, event.item_id or "")
            if key in wanted and (key not in found or found[key].occurred_at <= event.occurred_at):
                found[key] = event
        return found

    def _of(self, person: Person, narrower: ds.Expression) -> pa.Table:
        """Rows of a person: a customer's are those too that they brought in as a visitor, a visitor's those since."""
        if person.is_customer:
            theirs, links = ds.field("customer_id") == person.id, self._links.of_customer(person)
            for link in links:
                theirs |= _of_visitor(link.visitor) & (ds.field("occurred_at") <= link.through)
        else:
            theirs, links = _of_visitor(person), ()
            if (own := self._links.of_visitors([person]).get(person)) is not None:
                theirs &= ds.field("occurred_at") > own.through
        owner, disowned = (person.id if person.is_customer else None), bool(links) or not person.is_customer
        try:
            return self._imported.now().read(_COLUMNS, owner, theirs & narrower, disowned=disowned)
        except (OSError, pa.ArrowException) as error:
            raise EventsUnavailable(f"The history could not be read ({type(error).__name__}).") from error


def _of_visitor(visitor: Person) -> ds.Expression:
    return ds.field("customer_id").is_null() & (ds.field("visitor_id") == visitor.id)


def _events(person: Person, table: pa.Table) -> list[Event]:
    if table.num_rows:
        table = table.take(pc.sort_indices(table, [("occurred_at", "ascending")]))
    return [
        Event(
            event_id=row["event_id"], person=person, type=EventType(row["type"]), occurred_at=row["occurred_at"],
            item_id=row["item_id"], channel=Channel(row["channel"]), text=row["text"], topic=row["topic"],
            basket_id=row["basket_id"], source=row["source"],
        )
        for row in table.to_pylist()
    ]


class JoinedEventLog:
    """An `EventLog` whose look-ups reach back into history; it is written to, and followed, in the live log alone."""

    def __init__(self, live: EventLog, history: ParquetHistory) -> None:
        self._live, self._history = live, history

    def append(self, events: Sequence[Event], recorded_at: datetime, most_a_minute: int | None = None) -> Appended:
        """Keep events in the live log."""
        return self._live.append(events, recorded_at, most_a_minute)

    def after(self, sequence: int, limit: int, *, again: bool = False) -> Sequence[tuple[int, Event]]:
        """Read the live log on."""
        return self._live.after(sequence, limit, again=again)

    def last_sequence(self) -> int:
        """Return the newest sequence of the live log."""
        return self._live.last_sequence()

    def recorded_before(self, moment: datetime) -> int:
        """Find where the live log was at a moment."""
        return self._live.recorded_before(moment)

    def recent(self, person: Person, after_sequence: int, limit: int) -> Sequence[RecentAction]:
        """Read a person's newest live actions."""
        return self._live.recent(person, after_sequence, limit)

    def recent_of(self, people: Collection[Person], limit: int) -> Mapping[Person, Sequence[RecentAction]]:
        """Read the newest live actions of many people."""
        return self._live.recent_of(people, limit)

    def impressions(self, person: Person, since: datetime, limit: int) -> Sequence[Impression]:
        """Read what a person was shown lately, out of the live log; the features count what lies in history."""
        return self._live.impressions(person, since, limit)

    def find(self, person: Person, event_ids: Sequence[str]) -> Mapping[str, Event]:
        """Look events up in the live log, then in history."""
        found = dict(self._live.find(person, event_ids))
        missing = [event_id for event_id in event_ids if event_id not in found]
        return {**self._history.find(person, missing), **found} if missing else found

    def latest(self, person: Person, actions: Sequence[tuple[EventType, str]]) -> Mapping[tuple[EventType, str], Event]:
        """Find the newest event of each action in both."""
        newest = dict(self._history.latest(person, actions))
        for key, event in self._live.latest(person, actions).items():
            if key not in newest or event.occurred_at >= newest[key].occurred_at:
                newest[key] = event
        return newest
