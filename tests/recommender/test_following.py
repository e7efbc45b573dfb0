"""Following goes on whatever fails, and nothing waits for what does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Event, EventType
from service.recommender.following import Follower
from service.recommender.live import REMEMBERED, Live
from service.recommender.person import Person
from tests.recommender.odd_shops import the_shop
from tests.small_recommender import small_recommender

WHO = Person.customer("3")


@pytest.fixture
def shop(clock):
    return small_recommender(clock, snapshot=the_shop())


def follower(shop, reload=lambda: None, events=None):
    return Follower(shop.recommender, events or shop.log, shop.live, reload, 0.001)


def crowd(shop, item_id="p399"):
    shop.log.append([Event(f"{item_id}-{n}", Person.visitor(f"v{n}"), EventType.PURCHASE, shop.clock.now(), item_id)
                     for n in range(20)], shop.clock.now())


def hottest(shop):
    return shop.snapshot.catalogue.item_ids[shop.live.trending(ItemKind.PRODUCT, shop.snapshot, shop.clock.now())[0]]


def test_a_look_counts_what_is_new_once(shop):
    crowd(shop)
    looking = follower(shop)
    looking.look()
    heat = shop.live.heat(ItemKind.PRODUCT, shop.snapshot, shop.clock.now())
    looking.look()
    assert hottest(shop) == "p399"
    assert shop.live.heat(ItemKind.PRODUCT, shop.snapshot, shop.clock.now()) == heat


def test_a_start_reads_no_more_than_what_still_has_heat(shop):
    crowd(shop, "p398")
    shop.clock.advance(REMEMBERED + timedelta(seconds=1))
    before = shop.log.last_sequence()
    crowd(shop)
    read = []

    class Watched:
        recorded_before = staticmethod(shop.log.recorded_before)

        @staticmethod
        def after(sequence, limit):
            page = shop.log.after(sequence, limit)
            read.extend(at for at, _ in page)
            return page

    follower(shop, events=Watched()).look()
    assert read == list(range(before + 1, shop.log.last_sequence() + 1))
    assert hottest(shop) == "p399"


def test_what_a_start_leaves_out_would_make_no_difference(shop):
    crowd(shop, "p398")
    whole = Live(shop.zone)
    whole.observe([event for _, event in shop.log.after(0, 10_000)], shop.snapshot)
    later = shop.clock.now() + REMEMBERED
    assert whole.heat(ItemKind.PRODUCT, shop.snapshot, later) == {}


def test_what_is_published_is_served(shop):
    fresh = replace(shop.snapshot)
    given = iter([None, fresh, None])
    looking = follower(shop, lambda: next(given))
    looking.look()
    assert shop.recommender.snapshot is not fresh
    looking.look()
    looking.look()
    assert shop.recommender.snapshot is fresh


@pytest.mark.parametrize("fault", [EventsUnavailable("away"), RuntimeError("unforeseen")])
def test_a_broken_publish_stops_neither_counting_nor_following(shop, fault):
    crowd(shop)
    looks = threading.Semaphore(0)

    def broken():
        looks.release()
        raise fault

    looking = follower(shop, broken)
    looking.start()
    assert all(looks.acquire(timeout=10) for _ in range(3))
    looking.stop()
    assert hottest(shop) == "p399"


def test_a_log_that_is_away_stops_no_publish(shop):
    class Away:
        def recorded_before(self, _moment):
            raise EventsUnavailable("away")

    fresh, looks = replace(shop.snapshot), threading.Semaphore(0)

    def reload():
        looks.release()
        return fresh

    looking = follower(shop, reload, Away())
    looking.start()
    assert all(looks.acquire(timeout=10) for _ in range(3))
    looking.stop()
    assert shop.recommender.snapshot is fresh


def test_it_stops_although_it_never_started(shop):
    follower(shop).stop()
