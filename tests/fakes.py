"""In-memory implementations of the ports, each held to the same contract suite as the real one."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from threading import Lock

from service.recommender.consent import Decision, Purpose, granted
from service.recommender.errors import InvalidArgument
from service.recommender.events import Event, EventType, Impression, Mark, RecentAction
from service.recommender.feedback import FeedbackKind, ForgottenAction, Restrictions
from service.recommender.marking import Earlier, Marker, paced, saying
from service.recommender.person import Person, VisitorLink
from service.recommender.ports import Appended
from service.recommender.slate import Slate

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class FakeClock:
    """Time that stands still until a test moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


def earlier_of(events: Iterable[Event]) -> Earlier:
    """What a log of some events knows that bears on new ones."""
    earlier = Earlier()
    for event in events:
        if event.counts:
            earlier.said.setdefault(saying(event), []).append(event.occurred_at)
        if paced(event):
            insort(earlier.moments.setdefault(event.person.key, []), event.occurred_at)
        if event.mark is Mark.BOT:
            earlier.bots[event.person.key] = max(event.occurred_at, earlier.bots.get(event.person.key, event.occurred_at))
    return earlier


class FakeEventLog:
    def __init__(self) -> None:
        self._log: list[tuple[int, Event, int | None]] = []
        self._last = 0
        self._recorded: dict[int, datetime] = {}
        self._lock = Lock()

    def append(self, events: Sequence[Event], recorded_at: datetime, most_a_minute: int | None = None) -> Appended:
        for event in events:
            _check_storable(event.person.id, event.event_id, event.item_id, event.text, event.topic)
        with self._lock:
            appended = self._append(events, most_a_minute)
            self._recorded |= dict.fromkeys(appended.sequences.values(), recorded_at)
            return appended

    def _append(self, events: Sequence[Event], most_a_minute: int | None) -> Appended:
        earlier = earlier_of(event for _, event, linked_from in self._log if linked_from is None)
        there = {(event.person, event.event_id) for event in self._events}
        fresh: dict[int, Event] = {}
        for index, event in enumerate(events):
            if (event.person, event.event_id) not in there:
                there.add((event.person, event.event_id))
                fresh[index] = event
        marker = Marker(earlier)
        sequences = {
            index: self._keep(replace(event, mark=marker.mark(event, saying(event), most_a_minute)))
            for index, event in fresh.items()
        }
        return Appended(sequences, frozenset(range(len(events))) - sequences.keys())

    def _keep(self, event: Event, linked_from: int | None = None) -> int:
        self._last += 1
        self._log.append((self._last, event, linked_from))
        return self._last

    @property
    def _events(self) -> list[Event]:
        return [event for _, event, _ in self._log]

    def after(self, sequence: int, limit: int, *, again: bool = False) -> Sequence[tuple[int, Event]]:
        later = [(at, event, before) for at, event, before in self._log if at > sequence]
        return [(at, event) for at, event, before in later if again or before is None or before > sequence][:limit]

    def last_sequence(self) -> int:
        return self._log[-1][0] if self._log else 0

    def recorded_before(self, moment: datetime) -> int:
        return max((at for at, recorded_at in self._recorded.items() if recorded_at < moment), default=0)

    def move(self, visitor: Person, customer: Person) -> int:
        """Do what linking does to the log."""
        with self._lock:
            mine = [(at, event) for at, event, _ in self._log if event.person == visitor]
            known = {event.event_id for event in self._events if event.person == customer}
            self._log = [entry for entry in self._log if entry[1].person != visitor]
            fresh = [(at, event) for at, event in mine if event.event_id not in known]
            for at, event in fresh:
                self._keep(replace(event, person=customer), at)
            return len(fresh)

    def recent(self, person: Person, after_sequence: int, limit: int) -> Sequence[RecentAction]:
        actions = [
            RecentAction(sequence, one.event_id, one.type, one.item_id or "", one.occurred_at, _unit_price(one), topic)
            for sequence, one, _ in self._log
            if sequence > after_sequence
            for topic in [one.text if one.type is EventType.SEARCH else one.topic]
            if one.person == person and (one.item_id or topic) and one.type is not EventType.IMPRESSION and one.counts
        ]
        return actions[max(0, len(actions) - limit) :]

    def recent_of(self, people: Collection[Person], limit: int) -> Mapping[Person, Sequence[RecentAction]]:
        return {person: found for person in people if (found := self.recent(person, 0, limit))}

    def impressions(self, person: Person, since: datetime, limit: int) -> Sequence[Impression]:
        shown = [
            Impression(one.item_id, one.occurred_at)
            for one in self._events
            if one.person == person and one.type is EventType.IMPRESSION and one.item_id and one.occurred_at >= since and one.counts
        ]
        return shown[max(0, len(shown) - limit) :]

    def find(self, person: Person, event_ids: Sequence[str]) -> Mapping[str, Event]:
        return {one.event_id: one for one in self._events if one.person == person and one.event_id in event_ids}

    def latest(self, person: Person, actions: Sequence[tuple[EventType, str]]) -> Mapping[tuple[EventType, str], Event]:
        mine = (one for one in self._events if one.person == person and one.counts)
        of_person = sorted(mine, key=lambda one: one.occurred_at)
        newest = {(one.type, one.item_id or ""): one for one in of_person if one.item_id is not None}
        return {action: newest[action] for action in actions if action in newest}


class FakeChangeLog:
    def __init__(self) -> None:
        self._people: dict[Person, int] = {}
        self._last = 0

    def note(self, *people: Person) -> None:
        for person in people:
            self._last += 1
            self._people.pop(person, None)
            self._people[person] = self._last

    def after(self, sequence: int, limit: int) -> Sequence[tuple[int, Person]]:
        return [(at, person) for person, at in list(self._people.items()) if at > sequence][:limit]

    def last_sequence(self) -> int:
        return self._last


class FakeConsentLedger:
    def __init__(self, altered: FakeChangeLog | None = None) -> None:
        self._altered = altered or FakeChangeLog()
        self._lines: dict[Person, list[Decision]] = {}

    def decisions(self, person: Person) -> tuple[Decision, ...]:
        return tuple(self._lines.get(person, ()))

    def granting(self, people: Collection[Person], purpose: Purpose) -> frozenset[Person]:
        return frozenset(person for person in people if purpose in granted(self.decisions(person)))

    def record(self, person: Person, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            _check_storable(person.id, decision.source, decision.wording)
        if decisions:
            self._lines.setdefault(person, []).extend(decisions)
            self._altered.note(person)

    def granted_to(self, purpose: Purpose) -> frozenset[str]:
        return frozenset(person.key for person in self._lines if purpose in granted(self.decisions(person)))

    def import_grants(self, grants: Mapping[str, frozenset[Purpose]], decided_at: datetime) -> int:
        wanted = {Person.customer(customer_id): purposes for customer_id, purposes in grants.items()}
        appended = 0
        for person, purposes in wanted.items():
            lines = self.decisions(person)
            for purpose in Purpose:
                of_purpose = [line for line in lines if line.purpose is purpose]
                if any(line.source != "import" for line in of_purpose):
                    continue
                standing = bool(of_purpose) and of_purpose[-1].granted
                grant = purpose in purposes
                if grant != standing:
                    self.record(person, [Decision(purpose, grant, decided_at, "import", "Granted elsewhere.")])
                    appended += 1
        return appended


class FakeFeedbackStore:
    def __init__(self, altered: FakeChangeLog | None = None) -> None:
        self._altered = altered or FakeChangeLog()
        self._kept: dict[tuple[Person, FeedbackKind, str, EventType | None], tuple[datetime, datetime | None]] = {}

    def restrictions(self, person: Person) -> Restrictions:
        ordered = sorted(self._kept.items(), key=lambda kept: (kept[1][0], kept[0][2], kept[0][3] or ""))
        mine = [(key[1:], times) for key, times in ordered if key[0] == person]
        return Restrictions(
            hidden=frozenset(item_id for (kind, item_id, _), _ in mine if kind is FeedbackKind.HIDE_ITEM),
            fewer=tuple((item_id, at) for (kind, item_id, _), (at, _) in mine if kind is FeedbackKind.LESS_LIKE_THIS),
            forgotten=tuple(
                ForgottenAction(of_type, item_id, through)
                for (_, item_id, of_type), (_, through) in mine
                if of_type is not None and through is not None
            ),
        )

    def record(
        self,
        person: Person,
        kind: FeedbackKind,
        item_id: str,
        given_at: datetime,
        *,
        type: EventType | None = None,  # noqa: A002
        through: datetime | None = None,
    ) -> None:
        forgets = kind is FeedbackKind.FORGET_ACTION
        if forgets and (type is None or through is None):
            raise InvalidArgument("FORGET_ACTION needs the type of the action and the time of its latest repetition.")
        _check_storable(person.id, item_id)
        key = (person, kind, item_id, type if forgets else None)
        before_at, before_through = self._kept.get(key, (given_at, through))
        latest = max(through, before_through) if forgets and through and before_through else None
        self._kept[key] = (max(given_at, before_at), latest)
        self._altered.note(person)

    def undo(self, person: Person, kind: FeedbackKind, item_id: str, *, type: EventType | None = None) -> bool:  # noqa: A002
        of_type = type if kind is FeedbackKind.FORGET_ACTION else None
        there = self._kept.pop((person, kind, item_id, of_type), None) is not None
        if there:
            self._altered.note(person)
        return there

    def move(self, visitor: Person, customer: Person) -> None:
        """Do what linking does to feedback."""
        mine = {key: times for key, times in self._kept.items() if key[0] == visitor}
        for (_, kind, item_id, of_type), (at, through) in mine.items():
            self.record(customer, kind, item_id, at, type=of_type, through=through)
            del self._kept[visitor, kind, item_id, of_type]

    def forgotten(self) -> Sequence[tuple[Person, EventType, str, datetime]]:
        found = [
            (person, of_type, item_id, through)
            for (person, _, item_id, of_type), (_, through) in self._kept.items()
            if of_type is not None and through is not None
        ]
        return sorted(found, key=lambda one: (one[0].key, one[1], one[2]))


class FakeVisitorLinks:
    def __init__(
        self, log: FakeEventLog, feedback: FakeFeedbackStore, altered: FakeChangeLog | None = None,
    ) -> None:
        self._log, self._feedback, self._altered = log, feedback, altered or FakeChangeLog()
        self._links: dict[Person, VisitorLink] = {}

    def link(self, visitor: Person, customer: Person, at: datetime) -> int | None:
        _check_storable(visitor.id, customer.id)
        known = self._links.get(visitor)
        if known is not None and known.customer != customer:
            return None
        times = [event.occurred_at for _, event in self._log.after(0, 10**9) if event.person == visitor]
        through = max([at, *times, *([known.through] if known else [])])
        self._links[visitor] = VisitorLink(visitor, customer, through)
        self._feedback.move(visitor, customer)
        self._altered.note(visitor, customer)
        return self._log.move(visitor, customer)

    def of_visitors(self, visitors: Collection[Person]) -> Mapping[Person, VisitorLink]:
        return {visitor: self._links[visitor] for visitor in visitors if visitor in self._links}

    def of_customer(self, customer: Person) -> Sequence[VisitorLink]:
        return [link for link in self.all() if link.customer == customer]

    def all(self) -> Sequence[VisitorLink]:
        return sorted(self._links.values(), key=lambda link: link.visitor.id)


class FakeShowings:
    def __init__(self) -> None:
        self._held: dict[tuple[Person, date, str], set[str]] = {}

    def claim(self, person: Person, day: date, slate_id: str, campaigns: Collection[str], most: int) -> frozenset[str]:
        slates = {campaign: self._held.setdefault((person, day, campaign), set()) for campaign in campaigns}
        granted = frozenset(one for one, held in slates.items() if slate_id in held or len(held) < most)
        for one in granted:
            slates[one].add(slate_id)
        return granted

    def spent(self, person: Person, day: date, most: int) -> frozenset[str]:
        return frozenset(
            campaign for (who, when, campaign), held in self._held.items()
            if (who, when) == (person, day) and len(held) >= most
        )


class FakeCursors:
    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, str, datetime]] = {}

    def lead(self, name: str, holder: str, now: datetime, until: datetime) -> int | None:
        sequence, leader, leads_until = self._kept.get(name, (0, holder, now))
        if leader != holder and now < leads_until <= until + (until - now):
            return None
        self._kept[name] = (sequence, holder, until)
        return sequence

    def advance(self, name: str, holder: str, sequence: int) -> bool:
        if name not in self._kept or self._kept[name][1] != holder:
            return False
        self._kept[name] = (sequence, holder, self._kept[name][2])
        return True

    def resign(self, name: str, holder: str) -> None:
        if name in self._kept and self._kept[name][1] == holder:
            self._kept[name] = (self._kept[name][0], holder, datetime.min.replace(tzinfo=UTC))


class FakeSlateStore:
    def __init__(self) -> None:
        self._slates: dict[str, Slate] = {}

    def put(self, slate: Slate) -> None:
        self._slates.setdefault(slate.id, slate)

    def get(self, slate_id: str, now: datetime) -> Slate | None:
        slate = self._slates.get(slate_id)
        return slate if slate is not None and slate.expires_at > now else None


def _unit_price(event: Event) -> float | None:
    return None if event.amount is None else float(Fraction(event.amount) / Fraction(event.quantity or 1))


def _check_storable(*texts: str | None) -> None:
    for text in texts:
        if text is not None and ("\x00" in text or any("\ud800" <= one <= "\udfff" for one in text)):
            raise InvalidArgument("A text that a database cannot hold.")
