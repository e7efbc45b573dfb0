"""What a bot did, and what is said twice, is told by rules that hold in whatever batches it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from service.recommender.events import Event, EventType, Mark
from service.recommender.marking import NOTHING_EARLIER, REPEATED_WITHIN, STAYS_A_BOT, Earlier, Marker, saying
from service.recommender.person import Person
from service.recommender.robots import is_robot
from tests.fakes import START, earlier_of

ANN, BOB = Person.customer("ann"), Person.visitor("bob")
SECOND = timedelta(seconds=1)
SHOWING, OTHER = {"token": "t1"}, {"token": "t2"}
FIRST = Event("e0", ANN, EventType.VIEW, START, "milk")


def marks(*events, earlier=NOTHING_EARLIER, most=None):
    marker = Marker(earlier)
    return [marker.mark(one, saying(one), most) for one in events]


def again(after, **other):
    return replace(FIRST, event_id=f"again-{after}-{sorted(other)}", occurred_at=START + after, **other)


@pytest.mark.parametrize(("after", "marked"), [
    (timedelta(0), Mark.REPEAT), (REPEATED_WITHIN, Mark.REPEAT), (-REPEATED_WITHIN, Mark.REPEAT),
    (REPEATED_WITHIN + SECOND, None), (-REPEATED_WITHIN - SECOND, None),
])
def test_of_what_is_said_twice_within_half_a_minute_the_first_counts(after, marked):
    assert marks(FIRST, again(after)) == [None, marked]
    assert marks(again(after), earlier=earlier_of([FIRST])) == [marked]


@pytest.mark.parametrize("other", [
    {"item_id": "tea"}, {"person": BOB}, {"type": EventType.CLICK}, {"text": "nice"}, {"topic": "dairy"}, {"value": Decimal(4)},
    {"amount": Decimal("1.10")}, {"quantity": Decimal(2)}, {"basket_id": "b2"}, {"offer_code": "o"}, {"message_id": "m"},
])
def test_what_says_something_else_is_no_repetition(other):
    assert marks(FIRST, again(SECOND, **other)) == [None, None]


def test_the_same_over_another_channel_or_with_another_token_is_a_repetition_but_of_what_was_shown():
    assert marks(FIRST, again(SECOND, **OTHER)) == [None, Mark.REPEAT]
    shown = replace(FIRST, type=EventType.IMPRESSION, **SHOWING)
    assert marks(shown, replace(shown, event_id="e1"), replace(shown, event_id="e2", **OTHER)) == [None, Mark.REPEAT, None]


def test_amounts_are_the_same_however_they_are_written():
    paid = replace(FIRST, amount=Decimal("1.5"))
    assert marks(paid, replace(paid, event_id="e1", amount=Decimal("1.5000"))) == [None, Mark.REPEAT]


def test_a_repetition_hides_no_later_one_that_counts():
    clicks = [again(timedelta(seconds=20 * number)) for number in range(5)]
    assert marks(*clicks) == [None, Mark.REPEAT, None, Mark.REPEAT, None]


def fast(count, gap, person=ANN, kind=EventType.VIEW, start=START):
    return [Event(f"f{n}", person, kind, start + n * gap, f"p{n}") for n in range(count)]


def test_who_does_more_in_a_minute_than_a_person_can_is_a_bot_from_then_on_for_an_hour():
    quick = fast(15, timedelta(seconds=5))
    assert marks(*quick, most=10) == [None] * 10 + [Mark.BOT] * 5
    last = quick[-1].occurred_at
    late = [replace(FIRST, event_id="l1", occurred_at=last + STAYS_A_BOT),
            replace(FIRST, event_id="l2", item_id="tea", occurred_at=last + STAYS_A_BOT * 2 + SECOND)]
    assert marks(*quick, *late, most=10)[-2:] == [Mark.BOT, None]
    assert marks(*late, earlier=Earlier(bots={ANN.key: last}), most=10) == [Mark.BOT, None]


def test_whoever_goes_at_the_pace_of_a_person_is_none():
    assert set(marks(*fast(60, timedelta(seconds=6)), most=10)) == {None}


def test_a_bot_spoils_nobody_elses_events():
    mixed = [one for pair in zip(fast(30, SECOND), fast(30, timedelta(seconds=7), BOB), strict=True) for one in pair]
    told = list(zip(mixed, marks(*mixed, most=10), strict=True))
    assert [reason for one, reason in told if one.person == BOB] == [None] * 30
    assert [reason for one, reason in told if one.person == ANN] == [None] * 10 + [Mark.BOT] * 20


def test_purchases_make_nobody_a_bot_and_hammering_on_one_thing_does():
    assert marks(*fast(50, timedelta(0), kind=EventType.PURCHASE), FIRST, most=10) == [None] * 51
    hammered = [again(timedelta(milliseconds=number)) for number in range(12)]
    assert marks(*hammered, most=10) == [None, *[Mark.REPEAT] * 9, Mark.BOT, Mark.BOT]


def test_whoever_answers_for_the_events_is_believed():
    assert set(marks(*fast(50, timedelta(0)), earlier=Earlier(bots={ANN.key: START}))) == {None}


def test_what_a_robot_sends_is_marked_as_it_came_and_makes_a_bot_of_whom_it_names():
    robot = replace(FIRST, mark=Mark.BOT)
    assert marks(robot, again(SECOND, item_id="tea"), most=10) == [Mark.BOT, Mark.BOT]
    assert marks(robot, again(SECOND)) == [Mark.BOT, None]


@pytest.mark.parametrize("seed", range(5))
def test_batches_make_no_difference(seed):
    draw = np.random.default_rng(seed)
    people, gaps = [ANN, BOB, Person.customer("c")], draw.exponential(1.0, 400).cumsum()
    events = [Event(f"e{n}", people[draw.integers(3)], EventType.VIEW, START + gaps[n] * SECOND, f"p{draw.integers(40)}") for n in range(400)]
    whole = [replace(one, mark=reason) for one, reason in zip(events, marks(*events, most=20), strict=True)]
    assert len({one.mark for one in whole}) == 3
    kept = []
    for at in range(0, len(events), 17):
        batch = events[at : at + 17]
        reasons = marks(*batch, earlier=earlier_of(kept), most=20)
        kept += [replace(one, mark=reason) for one, reason in zip(batch, reasons, strict=True)]
    assert kept == whole


@pytest.mark.parametrize("agent", [
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp)", "facebookexternalhit/1.1", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
    "Screaming Frog SEO Spider/21.0", "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)", "my-crawler",
])
def test_crawlers_name_themselves(agent):
    assert is_robot(agent)


@pytest.mark.parametrize("agent", [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "okhttp/4.12.0",
    "ShopApp/7 CFNetwork/1568.200.51 Darwin/24.1.0", "python-httpx/0.28", "curl/8.5.0", "Dart/3.5 (dart:io)", "", None,
    "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36", "Mozilla/5.0 (Talbott Edition)",
])
def test_browsers_apps_and_programs_of_services_are_no_robots(agent):
    assert not is_robot(agent)


def test_a_name_of_any_length_is_read_at_once():
    assert not is_robot("x" * 10_000_000 + "bot")
