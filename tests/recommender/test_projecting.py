"""The projector brings the features to where the log is, whatever stops it, and however many of it run."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.recommender.projecting import BATCH, TENURE, Projector
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
    return Projector(shop.log, cursors, push or shop.recorder.project, shop.clock, holder, 0.001)


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
    assert projector(shop, cursors).look() == shop.log.last_sequence()
    assert kept(shop) == recomputed(shop)
    pushes = sum(shop.features.pushes.values())
    assert projector(shop, cursors).look() == 0
    assert sum(shop.features.pushes.values()) == pushes


@pytest.mark.parametrize("fault", [FeaturesUnavailable("away"), ConsentsUnavailable("away"), EventsUnavailable("away")])
def test_what_could_not_be_pushed_is_pushed_by_a_later_look(shop, cursors, fault):
    happens(shop)
    calls = iter(range(1_000))

    def failing(person):
        if next(calls) == 5:
            raise fault
        shop.recorder.project(person)

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

    def mortal(person):
        if next(pushed) == dies_at:
            raise Killed
        shop.recorder.project(person)

    happens(shop)
    first, second = projector(shop, cursors, push=mortal), projector(shop, cursors, "two")
    try:
        first.look()
        happens(shop, seed=8)
        first.look()
    except Killed:
        pass
    assert second.look() == 0
    shop.clock.advance(TENURE)
    happens(shop, seed=9)
    second.look()
    assert kept(shop) == recomputed(shop)


def test_of_two_one_leads_and_the_other_takes_over_when_it_stops(shop, cursors):
    first, second = projector(shop, cursors), projector(shop, cursors, "two")
    happens(shop)
    assert first.look() > 0
    happens(shop, seed=8)
    assert second.look() == 0
    first.stop()
    assert second.look() > 0
    assert kept(shop) == recomputed(shop)


def test_one_that_lost_the_lead_while_it_worked_moves_nothing(shop, cursors):
    happens(shop, 10)

    def slow(person):
        shop.recorder.project(person)
        shop.clock.advance(TENURE + timedelta(seconds=1))
        now = shop.clock.now()
        cursors.lead("recent_actions", "two", now, now + TENURE * 100)

    assert projector(shop, cursors, push=slow).look() == 0
    assert projector(shop, cursors, "two").look() == shop.log.last_sequence()


def test_without_consent_nothing_is_pushed(shop, cursors):
    stranger = Person.customer("stranger")
    shop.log.append([Event("e", stranger, EventType.VIEW, shop.clock.now(), "p1")], shop.clock.now())
    projector(shop, cursors).look()
    assert stranger not in shop.features.pushed
