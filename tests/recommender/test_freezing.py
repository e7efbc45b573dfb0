"""Freezing: a list goes on where it ended, on any replica, for its owner alone, and for half an hour."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import InvalidCursor, SlateExpired, SlatesUnavailable
from service.recommender.feedback import FeedbackKind
from service.recommender.freezing import Remembered
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.question import RelatedIntent
from tests.fakes import FakeSlateStore
from tests.recommender.odd_shops import only, the_shop
from tests.small_recommender import SmallRecommender, small_recommender

WHO = Person.customer("3")


@pytest.fixture
def shop(clock):
    return small_recommender(clock, snapshot=the_shop())


def republish(shop, snapshot=None):
    """As another replica, or after a publish: nothing is remembered in process."""
    shop.recommender.replace(snapshot or replace(shop.recommender.snapshot))


def page(shop, first=5, after=None, who=WHO, **question):
    recommender = shop.recommender
    return recommender.recommend(recommender.open(who), recommender.question(**question), Window(first, after))


def ids(found):
    return [entry.item_id for entry in found.entries]


def test_the_latest_are_remembered_and_no_more():
    kept = Remembered(2)
    for name in ("a", "b", "a", "c"):
        kept.put(name, name.upper())
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ("A", None, "C")
    kept.clear()
    assert kept.get("a") is None


@pytest.mark.parametrize("elsewhere", [False, True])
def test_ten_pages_are_one_order_wherever_they_are_cut(shop, elsewhere):
    first = page(shop)
    whole, after = ids(first), first.entries[-1].cursor
    for _ in range(9):
        if elsewhere:
            republish(shop)
        following = page(shop, after=after)
        whole += ids(following)
        after = following.entries[-1].cursor
    assert whole == list(first.listing.slate.item_ids[:50])


def test_a_list_that_loses_items_in_a_publish_skips_none_and_repeats_none(shop):
    first = page(shop, 10)
    gone = {entry.row for entry in first.entries[:4]}
    left = [row for row in range(len(shop.snapshot.catalogue)) if row not in gone]
    republish(shop, only(shop.snapshot, left))
    following = page(shop, 10, after=first.entries[-1].cursor)
    assert ids(following) == list(first.listing.slate.item_ids[10:20])
    assert [entry.position for entry in following.entries] == list(range(11, 21))
    assert len(following.listing.reasons([entry.row for entry in following.entries])) == 10


def test_a_shop_that_loses_everything_ends_its_lists_quietly(shop):
    after = page(shop).entries[-1].cursor
    republish(shop, only(shop.snapshot, []))
    assert ids(page(shop, after=after)) == []


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_list_lives_for_half_an_hour(shop, clock, elsewhere):
    after = page(shop).entries[-1].cursor
    clock.advance(timedelta(minutes=29, seconds=59))
    if elsewhere:
        republish(shop)
    assert ids(page(shop, after=after))
    clock.advance(timedelta(seconds=1))
    with pytest.raises(SlateExpired, match="first page"):
        page(shop, after=after)


@pytest.mark.parametrize("minutes", [0, 7, 20, 29])
def test_a_list_of_everybody_lives_for_half_an_hour_whoever_asked_for_it_before(shop, clock, minutes):
    page(shop, who=None)
    clock.advance(timedelta(minutes=minutes))
    after = page(shop, who=None).entries[-1].cursor
    clock.advance(timedelta(minutes=29))
    republish(shop)
    assert ids(page(shop, who=None, after=after))


def test_lists_of_everybody_are_one_and_lists_of_persons_are_not(shop):
    assert page(shop, who=None).listing.slate.id == page(shop, who=Person.visitor("new")).listing.slate.id
    assert page(shop).listing.slate.id != page(shop).listing.slate.id


def test_two_lists_of_the_same_items_are_two(clock):
    shop = small_recommender(clock, snapshot=the_shop())
    together = the_shop().items.together[3]
    path = the_shop().catalogue.path
    others = [int(row) for row in together if path[row] != path[3]][:3]
    republish(shop, only(the_shop(), sorted([3, *others])))
    recommender = shop.recommender
    found = [
        recommender.related("p3", intent, recommender.question(), Window(5)).listing for intent in RelatedIntent
    ]
    same = [one for one in found if one.slate.item_ids == found[-1].slate.item_ids]
    assert len(same) > 1
    assert len({one.slate.id for one in same}) == len(same)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_cursor_is_for_its_owner_alone(shop, elsewhere):
    after = page(shop).entries[-1].cursor
    if elsewhere:
        republish(shop)
    for other in (Person.customer("4"), Person.visitor("3"), None):
        with pytest.raises(InvalidCursor):
            page(shop, who=other, after=after)


def test_without_a_slate_store_the_list_still_pages_here(shop):
    class Broken(FakeSlateStore):
        def put(self, _slate):
            raise SlatesUnavailable("broken")

    shop.recommender._freezer.slates = Broken()
    first = page(shop)
    assert first.listing.degraded == ("SLATES",)
    assert ids(page(shop, after=first.entries[-1].cursor))


def test_what_was_hidden_meanwhile_is_left_out_of_ads_too_with_consent_for_ads_alone(shop):
    shop.consents.record(WHO, [Decision(Purpose.PERSONALISE_CONTENT, False, shop.clock.now(), "test", "No.")])
    first = page(shop, 2, kind=ItemKind.AD)
    hidden = first.listing.slate.item_ids[2]
    shop.feedback.record(WHO, FeedbackKind.HIDE_ITEM, hidden, shop.clock.now())
    assert hidden not in ids(page(shop, 5, after=first.entries[-1].cursor, kind=ItemKind.AD))


def test_a_publish_between_opening_and_asking_confuses_no_rows(shop):
    recommender = shop.recommender
    visit = recommender.open(WHO)
    before = ids(recommender.recommend(visit, recommender.question(), Window(10)))
    republish(shop, only(shop.snapshot, np.arange(len(shop.snapshot.catalogue))[:40:-1].tolist()))
    page_one = recommender.recommend(visit, recommender.question(), Window(10))
    home = recommender.home(visit, recommender.question(placement="home"), Window(3))
    assert ids(page_one) == before
    assert recommender.shelf(visit, home.shelves[0].id) is not None
    assert recommender.recommend(recommender.open(WHO), recommender.question(), Window(10)).listing.snapshot is recommender.snapshot


def test_what_is_replaced_is_not_kept_in_memory(shop):
    page(shop)
    shop.recommender.home(shop.recommender.open(WHO), shop.recommender.question(), Window(3))
    old = replace(shop.recommender.snapshot)
    republish(shop, old)
    page(shop)
    watched = weakref.ref(old)
    republish(shop, the_shop())
    del old
    gc.collect()
    assert watched() is None


def test_reasons_after_a_restart_are_those_of_before(shop: SmallRecommender):
    first = page(shop, 20)
    before = first.listing.reasons([entry.row for entry in first.entries[10:]])
    republish(shop)
    again = page(shop, 10, after=first.entries[9].cursor)
    assert [entry.item_id for entry in again.entries] == [entry.item_id for entry in first.entries[10:]]
    assert again.listing.reasons([entry.row for entry in again.entries]) == before
