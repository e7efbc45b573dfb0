"""The projector brings the features to where the log is, whatever stops it, and however many of it run."""

from __future__ import annotations

import threading
from datetime import timedelta

import numpy as np
import pytest

from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
from service.recommender.events import Event, EventType, Mark
from service.recommender.person import Person
from service.recommender.projecting import BATCH, TENURE, Projector
from service.recommender.recent_actions import AT_ONCE, NAME, RecentActions
from service.recommender.visit import MOST_RECENT
from tests.fakes import FakeCursors
from tests.recommender.odd_shops import the_shop
from tests.small_recommender import small_recommender

PEOPLE = [Person.customer(str(number)) for number in range(12)]


@pytest.fixture
def shop(clock):
    return small_recommender(clock, snapshot=the_shop())


@pytest.fixture
def cursors():
    return FakeCursors()


def projector(shop, cursors, holder="one", push=None):
    return Projector(shop.log, cursors, [RecentActions(push or shop.recorder.project)], shop.clock, holder, 0.001)


def looked(projector):
    return projector.look()[NAME]


def happens(shop, size=40, seed=7):
    draw = np.random.default_rng(seed)
    kinds = [EventType.VIEW, EventType.CLICK, EventType.PURCHASE, EventType.IMPRESSION]
    shop.log.append([
        Event(f"{seed}-{number}", PEOPLE[draw.integers(len(PEOPLE))], kinds[draw.integers(4)], shop.clock.now(),
              f"p{draw.integers(100)}")
        for number in range(size)
    ], shop.clock.now())


def recomputed(shop):
    """What the features must say, out of the log alone."""
    return {person: tuple(shop.log.recent(person, 0, MOST_RECENT)) for person in PEOPLE}


def kept(shop):
    return {person: shop.features.pushed.get(person, ()) for person in PEOPLE}


def test_features_equal_those_recomputed_from_the_log(shop, cursors):
    happens(shop, BATCH + 40)
    assert looked(projector(shop, cursors)) == shop.log.last_sequence()
    assert kept(shop) == recomputed(shop)
    pushes = sum(shop.features.pushes.values())
    assert looked(projector(shop, cursors)) == 0
    assert sum(shop.features.pushes.values()) == pushes


@pytest.mark.parametrize("fault", [FeaturesUnavailable("away"), ConsentsUnavailable("away"), EventsUnavailable("away")])
def test_what_could_not_be_pushed_is_pushed_by_a_later_look(shop, cursors, fault):
    happens(shop)
    calls = iter(range(1_000))

    def failing(people):
        for person in people:
            if next(calls) == 5:
                raise fault
            shop.recorder.project([person])

    looking = projector(shop, cursors, push=failing)
    with pytest.raises(type(fault)):
        looking.look()
    looking.look()
    assert kept(shop) == recomputed(shop)


@pytest.mark.parametrize("dies_at", range(0, 24, 3))
def test_another_goes_on_where_one_that_died_was(shop, cursors, dies_at):
    class Killed(BaseException):
        pass

    pushed = iter(range(1_000))

    def mortal(people):
        for person in people:
            if next(pushed) == dies_at:
                raise Killed
            shop.recorder.project([person])

    happens(shop)
    first, second = projector(shop, cursors, push=mortal), projector(shop, cursors, "two")
    try:
        first.look()
        happens(shop, seed=8)
        first.look()
    except Killed:
        pass
    assert looked(second) == 0
    shop.clock.advance(TENURE)
    happens(shop, seed=9)
    second.look()
    assert kept(shop) == recomputed(shop)


def test_of_two_one_leads_and_the_other_takes_over_when_it_stops(shop, cursors):
    first, second = projector(shop, cursors), projector(shop, cursors, "two")
    happens(shop)
    assert looked(first) > 0
    happens(shop, seed=8)
    assert looked(second) == 0
    first.stop()
    assert looked(second) > 0
    assert kept(shop) == recomputed(shop)


def test_one_that_lost_the_lead_while_it_worked_moves_nothing(shop, cursors):
    happens(shop, 10)

    def slow(people):
        shop.recorder.project(people)
        shop.clock.advance(TENURE + timedelta(seconds=1))
        now = shop.clock.now()
        cursors.lead(NAME, "two", now, now + TENURE * 100)

    assert looked(projector(shop, cursors, push=slow)) == 0
    assert looked(projector(shop, cursors, "two")) == shop.log.last_sequence()


def test_people_are_pushed_together_but_never_too_many(shop):
    people = [Person.customer(f"c{number}") for number in range(2 * AT_ONCE + 1)]
    pushed = []
    RecentActions(pushed.append).apply([
        (2 * number + again, Event(f"{number}-{again}", person, EventType.VIEW, shop.clock.now(), "p1"))
        for number, person in enumerate(people) for again in (1, 2)
    ])
    assert [one for some in pushed for one in some] == people
    assert [len(some) for some in pushed] == [AT_ONCE, AT_ONCE, 1]


def test_of_a_page_only_those_who_consent_are_pushed(shop, cursors):
    stranger = Person.customer("stranger")
    shop.log.append([
        Event("e", stranger, EventType.VIEW, shop.clock.now(), "p1"),
        Event("f", PEOPLE[0], EventType.VIEW, shop.clock.now(), "p1"),
    ], shop.clock.now())
    projector(shop, cursors).look()
    assert PEOPLE[0] in shop.features.pushed
    assert stranger not in shop.features.pushed


class Noted:
    """A projection that only notes what it is told; `was_told` is set once that goes `until` a sequence."""

    def __init__(self, name, fault=None, *, until=0):
        self.name, self.fault, self.until = name, fault, until
        self.told, self.was_told = [], threading.Event()

    def apply(self, page):
        if self.fault is not None:
            raise self.fault
        self.told += [event.event_id for _, event in page]
        if page[-1][0] >= self.until:
            self.was_told.set()


def test_each_projection_has_a_cursor_and_a_leader_of_its_own(shop, cursors):
    one, other = Noted("one"), Noted("other")
    happens(shop, 10)
    assert Projector(shop.log, cursors, [one], shop.clock, "first").look() == {"one": shop.log.last_sequence()}
    whole = shop.log.last_sequence()
    assert Projector(shop.log, cursors, [one, other], shop.clock, "second").look() == {"one": 0, "other": whole}
    assert len(one.told) == len(other.told) == whole


def test_one_that_fails_keeps_no_other_from_going_on(shop, cursors):
    happens(shop, 10)
    broken, sound = Noted("broken", FeaturesUnavailable("away")), Noted("sound", until=shop.log.last_sequence())
    both = Projector(shop.log, cursors, [broken, sound], shop.clock, "first", 0.001)
    both.start()
    assert sound.was_told.wait(10)
    both.stop()
    assert (len(broken.told), len(sound.told)) == (0, shop.log.last_sequence())
    broken.fault = None
    assert Projector(shop.log, cursors, [broken], shop.clock, "second").look() == {"broken": shop.log.last_sequence()}


def test_what_a_visitor_did_is_told_again_as_the_customers(shop, cursors):
    visitor, customer = Person.visitor("v"), PEOPLE[0]
    shop.log.append([Event("as-visitor", visitor, EventType.VIEW, shop.clock.now(), "p1")], shop.clock.now())
    noted = Noted("one")
    looking = Projector(shop.log, cursors, [noted], shop.clock, "first")
    looking.look()
    shop.log.move(visitor, customer)
    looking.look()
    assert noted.told.count("as-visitor") == 2


def test_projections_that_stand_at_the_same_place_read_the_log_once(shop, cursors, monkeypatch):
    asked, after = [], shop.log.after

    def noted(*place, **how):
        asked.append(place)
        assert not both._pages, "of an earlier round nothing is held"
        return after(*place, **how)

    monkeypatch.setattr(shop.log, "after", noted)
    happens(shop, 2 * BATCH)
    both = Projector(shop.log, cursors, [Noted("one"), Noted("other")], shop.clock, "first")
    whole = shop.log.last_sequence()
    assert both.look() == {"one": whole, "other": whole}
    places = [place for place, _ in asked]
    assert len(places) == len(set(places))
    happens(shop, 10, seed=8)
    assert both.look() == {"one": 10, "other": 10}


def test_what_counts_nowhere_is_pushed_for_nobody(shop):
    pushed = []
    RecentActions(pushed.extend).apply([
        (1, Event("a", PEOPLE[0], EventType.VIEW, shop.clock.now(), "p1", mark=Mark.BOT)),
        (2, Event("b", PEOPLE[1], EventType.VIEW, shop.clock.now(), "p1")),
        (3, Event("c", PEOPLE[2], EventType.IMPRESSION, shop.clock.now(), "p1")),
    ])
    assert pushed == [PEOPLE[1]]
