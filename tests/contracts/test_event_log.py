"""What every event log keeps to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.errors import InvalidArgument
from service.recommender.events import Channel, Event, EventType, Impression, Mark
from service.recommender.person import Person
from service.recommender.ports import EventLog
from tests.conftest import DATABASES
from tests.fakes import START, FakeEventLog

ALICE = Person.customer("alice")
BOB = Person.visitor("alice")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
amounts = st.decimals(0, 10**13, places=4, allow_nan=False)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
events = st.builds(
    Event,
    event_id=texts,
    person=st.builds(Person.customer, texts) | st.builds(Person.visitor, texts),
    type=st.sampled_from(EventType),
    occurred_at=times,
    item_id=st.none() | texts,
    channel=st.sampled_from(Channel),
    quantity=st.none() | amounts,
    amount=st.none() | amounts,
    discount=st.none() | amounts,
    value=st.none() | amounts,
    text=st.none() | texts,
    topic=st.none() | texts,
    basket_id=st.none() | texts,
    message_id=st.none() | texts,
    offer_code=st.none() | texts,
    in_reply_to=st.none() | texts,
    token=st.none() | texts,
    source=st.sampled_from(["live", "simulated"]),
)
against_one_log = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["fake", *DATABASES])
def log(request) -> EventLog:
    if request.param == "fake":
        return FakeEventLog()
    return SqlEventLog(request.getfixturevalue(f"{request.param}_engine"))


def view(event_id: str, item_id: str | None = "milk", person: Person = ALICE, **other) -> Event:
    given = {"type": EventType.VIEW, "occurred_at": START, **other}
    return Event(event_id=event_id, person=person, item_id=item_id, **given)


def test_an_empty_log_ends_at_zero(log):
    assert log.last_sequence() == 0
    assert list(log.after(0, 10)) == []
    assert log.append([], START).sequences == {}


@against_one_log
@given(event=events)
def test_what_is_read_is_what_was_kept(log, event):
    person = Person.customer(f"{event.person.id}-{log.last_sequence()}")
    kept = Event(**{**{name: getattr(event, name) for name in Event.__slots__}, "person": person})
    sequence = log.append([kept], START).sequences[0]
    assert list(log.after(sequence - 1, 1)) == [(sequence, kept)]
    assert log.find(person, [kept.event_id]) == {kept.event_id: kept}


example = count()


@against_one_log
@given(
    batches=st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=8), max_size=6),
)
def test_each_event_is_kept_once_however_often_it_is_sent(log, batches):
    run, start = next(example), log.last_sequence()
    kept: dict[tuple[str, str], Event] = {}
    for number, batch in enumerate(batches):
        sent = [
            view(f"e{of}", f"item-{number}-{at}", Person.customer(f"{run}-{who}")) for at, (who, of) in enumerate(batch)
        ]
        appended = log.append(sent, START)
        assert appended.sequences.keys() | appended.duplicates == set(range(len(sent)))
        assert not appended.sequences.keys() & appended.duplicates
        for index, event in enumerate(sent):
            is_new = kept.setdefault((event.person.key, event.event_id), event) is event
            assert is_new == (index in appended.sequences)
    rows = log.after(start, 1000)
    assert {(event.person.key, event.event_id): event for _, event in rows} == kept
    assert len(rows) == len(kept)
    assert all(before < after for (before, _), (after, _) in pairwise(rows))


def test_of_equal_ids_in_one_batch_the_first_counts(log):
    appended = log.append([view("one", "milk"), view("one", "bread"), view("two")], START)
    assert set(appended.sequences) == {0, 2}
    assert appended.duplicates == {1}
    assert log.find(ALICE, ["one"])["one"].item_id == "milk"


def test_a_customer_and_a_visitor_of_one_name_are_two_people(log):
    assert len(log.append([view("one"), view("one", person=BOB)], START).sequences) == 2
    assert log.find(BOB, ["one"])["one"].person == BOB


def test_pages_in_log_order_without_gap_or_repeat(log):
    log.append([view(f"e{number}") for number in range(25)], START)
    log.append([view("e3"), view("last")], START)
    read, sequence = [], 0
    while page := log.after(sequence, 7):
        assert len(page) <= 7
        sequence = page[-1][0]
        read += [event.event_id for _, event in page]
    assert read == [f"e{number}" for number in range(25)] + ["last"]
    assert log.last_sequence() == sequence


def test_recent_are_the_newest_actions_searches_and_topics_oldest_first(log):
    log.append(
        [
            view("a", "milk"),
            view("of-another", "milk", BOB),
            view("searched", None, type=EventType.SEARCH, text="tea"),
            view("elsewhere", None, topic="a video on knives"),
            view("opened", None, type=EventType.EMAIL_OPEN, message_id="m1"),
            view("only-shown", "tea", type=EventType.IMPRESSION),
            view("b", "bread", type=EventType.PURCHASE, quantity=Decimal(3), amount=Decimal("1.00")),
            view("c", "jam", type=EventType.SHARE, topic="Grocery > Jam"),
        ],
        START,
    )
    recent = log.recent(ALICE, 0, 10)
    assert [(one.event_id, one.type, one.item_id, one.topic) for one in recent] == [
        ("a", EventType.VIEW, "milk", None),
        ("searched", EventType.SEARCH, "", "tea"),
        ("elsewhere", EventType.VIEW, "", "a video on knives"),
        ("b", EventType.PURCHASE, "bread", None),
        ("c", EventType.SHARE, "jam", "Grocery > Jam"),
    ]
    assert recent[0].occurred_at == START
    assert [one.event_id for one in log.recent(ALICE, 0, 2)] == ["b", "c"]
    assert [one.event_id for one in log.recent(ALICE, recent[3].sequence, 10)] == ["c"]
    assert list(log.recent(ALICE, 0, 0)) == []
    assert list(log.recent(Person.customer("nobody"), 0, 10)) == []


@against_one_log
@given(st.lists(events, max_size=30), st.integers(1, 4))
def test_the_newest_of_many_people_are_those_of_each_alone(log, given, limit):
    log.append([*given, view("bot", mark=Mark.BOT)], START)
    people = {one.person for one in given} | {ALICE, BOB, Person.customer("nobody")}
    found = log.recent_of(people, limit)
    assert {one: list(theirs) for one, theirs in found.items()} == {
        one: theirs for one in people if (theirs := list(log.recent(one, 0, limit)))
    }
    assert log.recent_of([], limit) == {}


def test_what_became_a_customers_comes_last_among_their_newest(log):
    log.append([view("of-visitor", "tea", BOB), view("a"), view("b", "bread")], START)
    if isinstance(log, FakeEventLog):
        log.move(BOB, ALICE)
    else:
        SqlVisitorLinks(log._engine).link(BOB, ALICE, START)
    assert [one.event_id for one in log.recent_of([ALICE, BOB], 2)[ALICE]] == ["b", "of-visitor"]
    assert BOB not in log.recent_of([ALICE, BOB], 2)


@pytest.mark.parametrize(
    ("quantity", "amount", "price"),
    [("4", "5.00", 1.25), (None, "5.00", 5.0), ("0", "5.00", 5.0), ("4", None, None), ("3", "1", 1 / 3)],
)
def test_the_price_of_an_action_is_what_one_piece_cost(log, quantity, amount, price):
    numbers = {"quantity": quantity and Decimal(quantity), "amount": amount and Decimal(amount)}
    log.append([view("paid", type=EventType.PURCHASE, **numbers)], START)
    assert log.recent(ALICE, 0, 1)[0].price == price


def test_finds_events_of_the_person_asked_for_alone(log):
    log.append([view("one"), view("two"), view("three", person=BOB)], START)
    assert log.find(ALICE, ["two", "three", "none"]).keys() == {"two"}
    assert log.find(ALICE, []) == {}
    assert log.find(ALICE, [f"none-{number}" for number in range(2_000)]) == {}


def test_latest_is_the_event_that_happened_last_of_each_action(log):
    log.append(
        [
            view("newer", "milk", occurred_at=START),
            view("older", "milk", occurred_at=START - timedelta(days=1)),
            view("same-time-later-in-log", "bread"),
            view("same-time-latest-in-log", "bread", topic="baking"),
            view("bought", "milk", type=EventType.PURCHASE, occurred_at=START - timedelta(days=9)),
            view("of-another", "milk", BOB, occurred_at=START + timedelta(days=1)),
        ],
        START,
    )
    bread, milk, bought = (EventType.VIEW, "bread"), (EventType.VIEW, "milk"), (EventType.PURCHASE, "milk")
    latest = log.latest(ALICE, [bread, milk, bought, (EventType.PURCHASE, "bread"), (EventType.VIEW, "none")])
    assert {action: event.event_id for action, event in latest.items()} == {
        milk: "newer",
        bread: "same-time-latest-in-log",
        bought: "bought",
    }
    assert log.latest(ALICE, []) == {}


def marks(log, after: int = 0) -> dict[str, Mark | None]:
    return {event.event_id: event.mark for _, event in log.after(after, 1_000)}


def test_what_is_said_again_is_kept_marked_and_counts_nowhere(log):
    later = START + timedelta(seconds=20)
    log.append([view("a"), view("twice-in-a-batch"), view("shown", "tea", type=EventType.IMPRESSION)], START)
    appended = log.append(
        [view("again", occurred_at=later), view("shown-again", "tea", type=EventType.IMPRESSION, occurred_at=later),
         view("of-another", person=BOB, occurred_at=later), view("bought", type=EventType.PURCHASE, occurred_at=later)], later,
    )
    assert set(appended.sequences) == {0, 1, 2, 3}
    repeated = {"twice-in-a-batch", "again", "shown-again"}
    assert marks(log) == {
        one: Mark.REPEAT if one in repeated else None
        for one in ("a", "twice-in-a-batch", "shown", "again", "shown-again", "of-another", "bought")
    }
    assert [one.event_id for one in log.recent(ALICE, 0, 10)] == ["a", "bought"]
    assert list(log.impressions(ALICE, START, 10)) == [Impression("tea", START)]
    assert log.latest(ALICE, [(EventType.VIEW, "milk")])[EventType.VIEW, "milk"].event_id == "a"
    assert log.find(ALICE, ["again"])["again"].mark is Mark.REPEAT


def test_what_is_said_again_later_counts_again(log):
    for minutes in range(4):
        log.append([view(f"e{minutes}", occurred_at=START + timedelta(minutes=minutes))], START)
    assert set(marks(log).values()) == {None}


def test_old_events_are_held_against_old_ones(log):
    long_ago = START - timedelta(days=9)
    log.append([view("a", occurred_at=long_ago), view("now")], START)
    log.append([view("b", occurred_at=long_ago + timedelta(seconds=9))], START)
    assert marks(log) == {"a": None, "now": None, "b": Mark.REPEAT}


def test_a_bot_is_known_by_its_pace_over_several_batches_and_for_an_hour(log):
    def batch(first: int, at: datetime, person: Person = ALICE) -> list[Event]:
        return [view(f"{person.kind}{n}", f"p{n}", person, occurred_at=at) for n in range(first, first + 5)]

    moments = [START, START + timedelta(seconds=30), START + timedelta(minutes=30), START + timedelta(hours=3)]
    for number, at in enumerate(moments):
        log.append([*batch(5 * number, at), *batch(5 * number, START + timedelta(hours=5 * number), BOB)], at, 8)
    told = list(marks(log).items())
    assert [mark for event_id, mark in told if event_id.startswith("c")] == [None] * 8 + [Mark.BOT] * 7 + [None] * 5
    assert {mark for event_id, mark in told if event_id.startswith("v")} == {None}
    log.append(batch(20, START + timedelta(minutes=31)), START)
    assert [one.event_id for one in log.recent(ALICE, 0, 4)] == ["c21", "c22", "c23", "c24"]


def test_what_came_marked_stays_marked(log):
    log.append([view("crawled", mark=Mark.BOT), view("read")], START)
    assert marks(log) == {"crawled": Mark.BOT, "read": None}


@pytest.mark.parametrize("text", ["half\ud800", "nul\x00"])
def test_refuses_text_that_no_database_holds_and_keeps_nothing_of_the_batch(log, text):
    with pytest.raises(InvalidArgument):
        log.append([view("good"), view("bad", text=text)], START)
    assert log.last_sequence() == 0


def test_many_threads_with_overlapping_batches_keep_each_event_once(log):
    batches = [[view(f"e{(start + step) % 60}") for step in range(30)] for start in range(0, 160, 5)]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda batch: log.append(batch, START), batches))
    assert sum(len(outcome.sequences) for outcome in outcomes) == 60
    assert sorted(event.event_id for _, event in log.after(0, 100)) == sorted(f"e{number}" for number in range(60))


def test_what_was_shown_is_read_since_a_moment_and_the_newest_of_it(log):
    def shown(number: int, hours: float, item_id: str | None = "milk", person: Person = ALICE) -> Event:
        at = START + timedelta(hours=hours)
        return view(f"i{number}", item_id, person, type=EventType.IMPRESSION, occurred_at=at, topic="dairy")

    log.append([
        shown(1, -1), shown(2, 0), shown(3, 5, "bread"), shown(4, 2), shown(5, 1, None), shown(6, 1, person=BOB), view("v"),
    ], START)
    found = [Impression("milk", START), Impression("bread", START + timedelta(hours=5)),
             Impression("milk", START + timedelta(hours=2))]
    assert list(log.impressions(ALICE, START, 10)) == found
    assert list(log.impressions(ALICE, START, 2)) == found[1:]
    assert list(log.impressions(ALICE, START + timedelta(hours=6), 10)) == []
    assert list(log.impressions(Person.customer("nobody"), START, 10)) == []


def test_tells_where_it_was_at_a_moment(log):
    assert log.recorded_before(START) == 0
    hours = [0, 0, 1, 2, 2, 5, 9]
    sequences = [log.append([view(f"e{n}", f"p{n}")], START + timedelta(hours=hour)).sequences[0] for n, hour in enumerate(hours)]
    for moment in range(11):
        before = [one for one, hour in zip(sequences, hours, strict=True) if hour < moment]
        assert log.recorded_before(START + timedelta(hours=moment)) == max(before, default=0)
