"""What the database keeps no longer than its period, table by table, on a clock that is moved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, select, update

from service.adapters import sql_retained
from service.adapters.sql_alone import alone
from service.adapters.sql_attributions import SqlAttributions
from service.adapters.sql_audit import SqlAuditLog
from service.adapters.sql_changes import SqlChangeLog
from service.adapters.sql_changes_retained import WATERMARK
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_cursors import SqlCursors
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_personal import knows_people
from service.adapters.sql_retention import SqlRetention
from service.adapters.sql_showings import SqlShowings
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_tables import attributions, cursors, metadata, visitor_links
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.attribution import Attributed
from service.recommender.audit import Action, first_broken
from service.recommender.consent import Decision, Purpose, granted
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from service.recommender.retention import OF_EVENTS, Cutoffs, Kind, Retention
from service.recommender.signing import Showing
from service.recommender.slate import Slate
from tests.fakes import START, FakeClock

ANN, BEN, VAL = Person.customer("ann"), Person.customer("ben"), Person.visitor("val")
DAY = timedelta(days=1)
TEN = dict.fromkeys(Kind, 10)
IMPERSONAL = {"documents", "cursors"}
"""Tables that speak of nobody."""


class Shop:
    """A database, how long it keeps what, and a clock to move."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.clock = protect(engine, b"a key for tests alone"), FakeClock()
        self.log, self.consents, self.feedback = SqlEventLog(engine), SqlConsentLedger(engine), SqlFeedbackStore(engine)
        self.audit, self.links = SqlAuditLog(engine), SqlVisitorLinks(engine)
        self.gone: Cutoffs = {}
        self.exported = 0
        self.forgotten: list[tuple[Person, tuple[int, ...]]] = []

    def retention(self, days: Mapping[Kind, int] = TEN) -> Retention:
        rules = SqlRetention(self.engine, days, ZoneInfo("Asia/Tokyo"), lambda: self.exported, lambda: self.gone)
        live = rules.live_events(lambda who, sequences: self.forgotten.append((who, tuple(sequences))))
        return Retention([live, *rules.others()], self.audit, self.clock)

    def removes(self, days: Mapping[Kind, int] = TEN) -> Mapping[str, int]:
        """What a run removes, which is what it said before."""
        retention = self.retention(days)
        counted = retention.count()
        swept = retention.enforce()
        assert (swept.removed, swept.waiting) == (counted, ())
        assert Counter(retention.count()).total() == 0
        return swept.removed

    def did(self, person: Person, name: str, kind: EventType = EventType.VIEW, ago: float = 0) -> None:
        at = self.clock.now() - ago * DAY
        self.log.append([Event(name, person, kind, at, None if kind is EventType.SEARCH else "milk", text="tea")], at)

    def left(self) -> set[str]:
        return {event.event_id for _, event in self.log.after(0, 10_000)}


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine)


def test_every_table_that_speaks_of_people_has_a_rule(shop):
    ruled = {place.name for place in shop.retention().places}
    assert ruled >= {table.name for table in metadata.tables.values() if knows_people(table)}
    assert ruled | IMPERSONAL == set(metadata.tables)


def test_each_kind_of_event_goes_by_its_own_period_and_what_is_younger_stays(shop):
    for name, kind, ago in (
        ("bought", EventType.PURCHASE, 31), ("seen", EventType.IMPRESSION, 11), ("asked", EventType.SEARCH, 21),
        ("bought lately", EventType.PURCHASE, 29), ("seen lately", EventType.IMPRESSION, 9), ("asked lately", EventType.SEARCH, 19),
    ):
        shop.did(ANN, name, kind, ago)
    days = {Kind.ACTIONS: 30, Kind.SEARCHES: 20, Kind.IMPRESSIONS: 10}
    assert shop.removes(days) == {"actions": 1, "searches": 1, "impressions": 1}
    assert shop.left() == {"bought lately", "seen lately", "asked lately"}
    shop.clock.advance(2 * DAY)
    assert shop.removes(days) == {"actions": 1, "searches": 1, "impressions": 1}
    assert shop.left() == set()


def test_nothing_goes_that_is_kept_for_ever(shop):
    for kind in (EventType.PURCHASE, EventType.IMPRESSION, EventType.SEARCH):
        shop.did(ANN, kind, kind, 5000)
        shop.did(VAL, kind, kind, 5000)
    shop.consents.record(ANN, [Decision(Purpose.MEASURE, one, START - 5000 * DAY, "page", "May we?") for one in (True, False)])
    assert shop.removes(dict.fromkeys(Kind, 0)) == {}
    assert shop.left() == {EventType.PURCHASE, EventType.IMPRESSION, EventType.SEARCH}


def test_of_visitors_less_may_be_kept_than_of_customers(shop):
    shop.did(VAL, "theirs", ago=11)
    shop.did(ANN, "anns", ago=11)
    assert shop.removes({Kind.VISITORS: 10, Kind.ACTIONS: 30}) == {"visitors": 1}
    assert shop.left() == {"anns"}


def test_events_leave_the_database_once_they_are_in_history_and_never_before(shop):
    for name in ("first", "second"):
        shop.did(ANN, name, ago=20)
    shop.did(ANN, "third", ago=9)
    assert shop.removes({Kind.MOVED: 10}) == {}
    shop.exported = 1
    assert shop.removes({Kind.MOVED: 10}) == {"moved": 1}
    shop.exported = shop.log.last_sequence()
    assert shop.removes({Kind.MOVED: 10}) == {"moved": 1}
    assert shop.left() == {"third"}


def test_what_was_made_of_events_is_told_before_they_go(shop):
    shop.did(ANN, "one", ago=11)
    shop.did(BEN, "two", ago=11)
    shop.did(ANN, "three", ago=11)
    there = []
    rules = SqlRetention(shop.engine, TEN, ZoneInfo("UTC"), lambda: 0, dict)
    for step in rules.live_events(lambda *told: there.append((*told, len(shop.left())))).sweep(shop.clock.now()):
        assert step == {"actions": 3}
    assert there == [(ANN, {1, 3}, 3), (BEN, {2}, 3)]


def test_readers_of_the_log_go_on_where_they_were(shop):
    """Sequences are never given again, so no cursor has to know that events went."""
    readers = SqlCursors(shop.engine)
    for number in range(5):
        shop.did(ANN, f"old {number}", ago=11)
    assert readers.lead("reader", "me", START, START + DAY) == 0
    readers.advance("reader", "me", shop.log.last_sequence())
    shop.removes()
    assert shop.log.last_sequence() == 0
    shop.did(ANN, "new")
    known = readers.lead("reader", "me", START, START + DAY)
    assert known == 5
    assert [event.event_id for _, event in shop.log.after(known, 10)] == ["new"]


def test_a_run_that_is_broken_off_is_finished_by_the_next(shop, monkeypatch):
    monkeypatch.setattr(sql_retained, "BATCH", 4)
    for number in range(30):
        shop.did(ANN, f"e{number}", ago=11 if number % 3 else 9)
    live = shop.retention().places[0]
    assert next(live.sweep(shop.clock.now())) == {"actions": 4}
    assert len(shop.left()) == 26
    assert shop.removes() == {"actions": 16}
    assert shop.left() == {f"e{number}" for number in range(0, 30, 3)}


def test_what_is_acknowledged_meanwhile_stays(shop, monkeypatch):
    monkeypatch.setattr(sql_retained, "BATCH", 5)
    for number in range(60):
        shop.did(ANN, f"old {number}", ago=11)
    stop, taken = Signal(), []

    def write() -> None:
        while not stop.is_set() and len(taken) < 500:
            try:
                shop.did(BEN, f"new {len(taken)}", ago=9)
            except EventsUnavailable:  # the machine is too busy: it was told so
                continue
            taken.append(f"new {len(taken)}")

    writer = Thread(target=write)
    writer.start()
    for step in shop.retention().places[0].sweep(shop.clock.now()):
        assert step == {"actions": 5}
    stop.set()
    writer.join()
    assert shop.left() == set(taken)
    assert taken


def test_a_decision_is_kept_while_it_holds_and_as_proof_afterwards(shop):
    def decide(granted: bool, ago: float) -> None:  # noqa: FBT001
        shop.consents.record(ANN, [Decision(Purpose.MEASURE, granted, START - ago * DAY, "page", f"{ago}")])

    decide(True, 40)
    decide(False, 30)
    assert shop.removes() == {"consents": 1}
    assert [one.wording for one in shop.consents.decisions(ANN)] == ["30"]  # a withdrawal outlives every period
    assert shop.consents.import_grants({ANN.id: frozenset({Purpose.MEASURE})}, START) == 0
    decide(True, 9)
    assert shop.removes() == {"consents": 1}
    assert shop.removes() == {}


def test_a_visitors_decisions_go_together_and_they_are_asked_anew(shop):
    for granted_, ago in ((True, 40), (False, 30)):
        shop.consents.record(VAL, [Decision(Purpose.MEASURE, granted_, START - ago * DAY, "page", "May we?")])
    shop.consents.record(VAL, [Decision(Purpose.PERSONALISE_CONTENT, True, START - 9 * DAY, "page", "May we?")])
    assert shop.removes({Kind.VISITORS: 10}) == {"visitors": 2}
    assert granted(shop.consents.decisions(VAL)) == {Purpose.PERSONALISE_CONTENT}


def test_no_consent_comes_back_since_its_withdrawal_went_first(shop):
    """The clock of whoever wrote the withdrawal was behind: by its time it is older than what it withdraws."""
    for granted_, ago in ((True, 5), (False, 11)):
        shop.consents.record(VAL, [Decision(Purpose.MEASURE, granted_, START - ago * DAY, "page", "May we?")])
    assert shop.removes() == {}
    assert granted(shop.consents.decisions(VAL)) == frozenset()


def test_a_wish_goes_by_its_period_and_a_forgotten_action_with_the_last_trace_of_it(shop):
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "milk", START - 11 * DAY)
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "tea", START - 9 * DAY)
    forget = {"type": EventType.PURCHASE, "through": START - 11 * DAY}
    shop.feedback.record(ANN, FeedbackKind.FORGET_ACTION, "milk", START - 11 * DAY, **forget)
    assert shop.removes() == {"feedback": 1}
    shop.gone = dict.fromkeys(OF_EVENTS, START - 12 * DAY)
    assert shop.removes() == {}
    shop.gone = dict.fromkeys(OF_EVENTS, START - 10 * DAY)
    assert shop.removes() == {"feedback": 1}
    assert shop.feedback.restrictions(ANN).hidden == {"tea"}


def test_a_wish_that_is_said_again_meanwhile_stays(shop):
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "milk", START - 11 * DAY)
    place = next(one for one in shop.retention().places if one.name == "feedback")
    found = place._next

    def said_again(*arguments):
        rows = found(*arguments)
        shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "milk", START)
        return rows

    place._next = said_again
    assert [dict(step) for step in place.sweep(START)] == [{}]
    assert shop.feedback.restrictions(ANN).hidden == {"milk"}


def test_a_link_stays_for_as_long_as_history_may_have_what_the_visitor_did(shop):
    shop.links.link(VAL, ANN, START - 100 * DAY)
    with shop.engine.begin() as connection:
        connection.execute(update(visitor_links).values(through=START - 100 * DAY))
    for gone in ({}, {Kind.ACTIONS: START}, dict.fromkeys(OF_EVENTS, START - 101 * DAY)):
        shop.gone = gone
        assert "links" not in shop.removes()
    shop.gone = dict.fromkeys(OF_EVENTS, START - 99 * DAY)
    assert shop.removes()["links"] == 1
    assert shop.links.all() == []


def test_counts_of_campaigns_and_expired_lists_go(shop):
    showings, slates = SqlShowings(shop.engine), SqlSlateStore(shop.engine, shop.clock)
    for ago in (0, 9, 10, 11, 12):
        showings.claim(Person.customer(f"{ago}"), (START - ago * DAY).date(), "slate", ["tea"], 3)
    slates.put(Slate("one", ANN.key, "home", ("milk",), START + timedelta(minutes=30)))
    slates.close()
    assert shop.removes() == {"showings": 2}
    shop.clock.advance(timedelta(minutes=30))
    assert shop.removes() == {"slates": 1}


def test_the_change_log_keeps_no_name_for_longer_than_two_periods(shop):
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "milk", START)
    days = {Kind.CHANGES: 1}
    assert shop.removes(days) == {}
    shop.feedback.record(BEN, FeedbackKind.HIDE_ITEM, "milk", START)
    assert shop.removes(days) == {}
    shop.clock.advance(DAY)
    assert shop.removes(days) == {"changes": 1}
    log = SqlChangeLog(shop.engine)
    ((last, who),) = log.after(0, 10)
    assert who == BEN
    shop.clock.advance(DAY)
    assert shop.removes(days) == {"changes": 1}
    assert log.last_sequence() == 0
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "tea", START)
    assert [person for _, person in log.after(last, 10)] == [ANN]  # whoever watches hears of it all the same
    with shop.engine.connect() as connection:
        assert connection.execute(select(cursors.c.name)).scalars().all() == [WATERMARK]


def test_the_audit_log_is_cut_at_its_beginning_and_holds(shop):
    for _ in range(3):
        shop.audit.record(Action.TOLD, "service:crm", ANN, {}, shop.clock.now())
        shop.clock.advance(6 * DAY)
    assert shop.removes() == {"audit": 2}
    lines = list(shop.audit.lines())
    assert [line.action for line in lines] == ["TOLD", "RETENTION"]
    assert first_broken(lines) is None
    shop.clock.advance(100 * DAY)
    shop.retention().enforce()
    lines = list(shop.audit.lines())
    assert [(line.action, json.loads(line.detail)) for line in lines] == [("RETENTION", {"audit": 2}), ("RETENTION", {"audit": 1})]
    assert first_broken(lines) is None  # never wholly: the next line is bound to the newest


def test_what_went_is_on_record_place_by_place(shop):
    shop.did(ANN, "old", ago=11)
    shop.feedback.record(ANN, FeedbackKind.HIDE_ITEM, "milk", START - 11 * DAY)
    shop.removes()
    lines = list(shop.audit.lines())
    assert [json.loads(line.detail) for line in lines] == [{"actions": 1}, {"feedback": 1}]
    assert {(line.action, line.actor, line.subject, line.at) for line in lines} == {("RETENTION", "service:konomi retention", "", START)}


def test_a_place_that_does_not_answer_is_named_and_keeps_nothing_else_waiting(shop):
    class Deaf:
        name = "the deaf one"

        def overdue(self, _now):
            return {}

        def sweep(self, _now):
            yield {"half": 1}
            raise EventsUnavailable("It does not answer.")

    shop.did(ANN, "old", ago=11)
    whole = shop.retention()
    swept = replace(whole, places=[Deaf(), *whole.places]).enforce()
    assert swept.waiting == ("the deaf one",)
    assert swept.removed == {"half": 1, "actions": 1}
    assert [json.loads(line.detail) for line in shop.audit.lines()] == [{"half": 1}, {"actions": 1}]


def test_receipts_go_and_a_tombstone_outlives_them(shop):
    book = SqlErasureBook(shop.engine)
    for person, done in ((ANN, True), (BEN, False)):
        receipt = book.begin(person, ["events"], shop.clock.now())
        order = book.order(receipt)
        assert order is not None
        if done:
            book.note(order, "events", 1)
            book.complete(order, shop.clock.now())
    shop.clock.advance(11 * DAY)
    days = {Kind.RECEIPTS: 10}
    assert shop.removes(days) == {"receipts": 1, "receipt_steps": 1}
    assert book.is_erased(ANN)
    assert shop.removes({Kind.TOMBSTONES: 10}) == {"tombstones": 1}
    assert not book.is_erased(ANN)
    assert book.is_erased(BEN)  # whose erasure is not done
    assert len(book.orders()) == 1


def test_one_run_at_a_time(shop):
    answers = []
    with alone(shop.engine) as first:
        def second() -> None:
            with alone(shop.engine) as may:
                answers.append(may)

        other = Thread(target=second)
        other.start()
        other.join()
    with alone(shop.engine) as third:
        answers.append(third)
    assert (first, answers) == (True, [False, True])


def test_rows_are_found_past_any_number_that_stay(shop, monkeypatch):
    monkeypatch.setattr(sql_retained, "BATCH", 2)
    showings = next(table for name, table in metadata.tables.items() if name == "showings")
    today = START.date().toordinal()
    rows = [
        {"person_key": f"c:{who}", "day": today - 20 * (who % 3 == 0), "campaign_id": f"{campaign}", "slate_id": "one"}
        for who in range(9) for campaign in range(3)
    ]
    with shop.engine.begin() as connection:
        connection.execute(insert(showings), rows)
    assert shop.removes() == {"showings": 9}




def test_what_led_to_what_was_bought_goes_with_it(shop):
    def taken(person: Person, name: str, ago: float) -> None:
        shop.did(person, name, EventType.PURCHASE, ago)
        at = shop.clock.now() - ago * DAY
        SqlAttributions(shop.engine).keep([Attributed(
            shop.log.last_sequence(), person, name, EventType.PURCHASE, "milk", at, None, None, EventType.CLICK, at,
            Showing("slate", 1, "home", "milk"),
        )])

    taken(ANN, "long ago", 31)
    taken(ANN, "lately", 11)
    taken(VAL, "theirs", 11)
    shop.removes({Kind.ACTIONS: 30, Kind.VISITORS: 10})
    with shop.engine.connect() as connection:
        assert connection.execute(select(attributions.c.event_id)).scalars().all() == ["lately"]
