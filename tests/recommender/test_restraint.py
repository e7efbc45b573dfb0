"""Restraint: what one wants less of is out and comes back, what was shown in vain sinks and recovers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.events import Impression
from service.recommender.explanation import positions_without
from service.recommender.feedback import FEWER_FOR, RECOVERS_IN, Restrictions
from service.recommender.home import compose
from service.recommender.impressions import gather
from service.recommender.question import Intent, ItemFilter, PageContext
from service.recommender.restraint import lowered
from service.recommender.showings import MOST_OF_CAMPAIGN
from service.recommender.stored import StoredImpressions
from tests.fakes import START
from tests.recommender.odd_shops import DAY, NOW, PURPOSES, asked, live, somebody, the_shop

SHOP = the_shop()
IDS, PATH = SHOP.catalogue.item_ids, SHOP.catalogue.path
BUYER = somebody(*(("PURCHASE", row, 5 + row % 40, 1 + row % 4) for row in (3, 23, 43, 63, 4, 24, 44, 83, 103, 64)),
                 ("VIEW", 8, 1), ("LIKE", 28, 2))
KINDS = list(ItemKind)


def rows_of(profile=BUYER, **question):
    return decide(asked(**question), profile, SHOP, live()).rows.tolist()


def wanting_less(row, since=START, profile=BUYER):
    return replace(profile, restrictions=Restrictions(fewer=((IDS[row], since),)))


def having_seen(row, times=4, at=START, profile=BUYER):
    seen = gather(StoredImpressions(), [Impression(IDS[row], at)] * times, PURPOSES, SHOP.catalogue)
    return replace(profile, impressions=seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("intent", [Intent.FOR_YOU, Intent.ON_SALE, Intent.BUY_AGAIN])
def test_what_one_wants_less_of_is_out_for_two_weeks_and_its_category_with_it(kind, intent):
    top = rows_of(kind=kind, intent=intent)[0]
    less = wanting_less(top, START - timedelta(days=13, hours=23))
    rows = rows_of(less, kind=kind, intent=intent)
    assert top not in rows
    assert not (PATH[rows] == PATH[top]).any()
    assert rows or intent is Intent.BUY_AGAIN


@pytest.mark.parametrize("kind", [ItemKind.PRODUCT, ItemKind.CONTENT])
def test_then_it_comes_back_step_by_step(kind):
    usual = rows_of(kind=kind, diversity=0.0)
    places = []
    for days in (15, 22, 29, 41, 43):
        rows = rows_of(wanting_less(usual[0], START - timedelta(days=days)), kind=kind, diversity=0.0)
        places.append(rows.index(usual[0]))
    assert places == sorted(places, reverse=True)
    assert places[0] > places[-1] == 0
    assert rows == usual
    assert timedelta(days=42) == FEWER_FOR + RECOVERS_IN


@pytest.mark.parametrize("here", [
    {"filter": ItemFilter(category=SHOP.catalogue.paths[PATH[3]])}, {"context": PageContext(item_id="p123")},
])
def test_whoever_is_in_that_category_now_sees_it_all_the_same(here):
    rows = rows_of(wanting_less(3), **here)
    assert 3 in rows
    assert rows.index(3) > rows_of(**here).index(3) or (PATH[rows] == PATH[3]).all()


def test_an_item_without_a_category_stands_for_itself_alone():
    bare = replace(SHOP.catalogue, texts=replace(SHOP.catalogue.texts, category=[()] * len(SHOP.catalogue)))
    shop = replace(SHOP, catalogue=bare)
    usual = decide(asked(diversity=0.0), BUYER, shop, live()).rows.tolist()
    fewer = decide(asked(diversity=0.0), wanting_less(3), shop, live()).rows.tolist()
    assert 3 in usual
    assert 3 not in fewer
    assert len(set(usual) - set(fewer)) <= 2  # and what was tried in its place


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 2])
def test_what_was_shown_in_vain_sinks_and_comes_back_slowly(kind, place):
    usual = rows_of(kind=kind, diversity=0.0)
    row, places = usual[place], []
    for days in (0, 7, 14, 21, 28, 60):
        rows = rows_of(having_seen(row, at=START - timedelta(days=days)), kind=kind, diversity=0.0)
        places.append(rows.index(row) if row in rows else len(usual))  # another ad of its campaign may stand for it
    assert places == sorted(places, reverse=True)
    assert places[0] > place
    assert places[0] >= min(40, len(usual) // 2)
    assert places[-1] == place
    assert rows_of(having_seen(row, times=3, at=START - timedelta(days=1)), kind=kind) == rows_of(kind=kind)


def test_a_click_brings_it_back_at_once_and_is_what_brings_it_back():
    row = rows_of(diversity=0.0)[0]
    clicked = somebody(*(("PURCHASE", one, 5 + one % 40, 1 + one % 4) for one in (3, 23, 43, 63, 4, 24, 44, 83, 103, 64)),
                       ("CLICK", row, 0), ("VIEW", 8, 1), ("LIKE", 28, 2))
    worn = having_seen(row, profile=clicked, at=START - timedelta(hours=1))
    question = asked(diversity=0.0)

    def replay(profile):
        return decide(question, profile, SHOP, live()).rows.tolist()

    assert replay(worn).index(row) <= 1
    (without,) = positions_without(replay, worn, [(row, frozenset({("CLICK", row)}))])
    sunk = having_seen(row, at=START - timedelta(hours=1))
    assert without == replay(sunk).index(row) + 1 > 40


def test_what_is_shunned_is_not_tried():
    (place,) = decide(asked(), BUYER, SHOP, live()).explored
    ranking = decide(asked(), BUYER, SHOP, live())
    tried = int(ranking.rows[place - 1])
    tail = [row for row in ranking.rows.tolist()[120:] if row != tried]
    seen = [Impression(IDS[row], START) for row in (tried, *tail) for _ in range(4)]
    worn = replace(BUYER, impressions=gather(StoredImpressions(), seen, PURPOSES, SHOP.catalogue))
    again = decide(asked(), worn, SHOP, live())
    assert not {int(again.rows[place - 1]) for place in again.explored} & {tried, *tail}


def test_a_campaign_seen_often_enough_today_is_not_shown_again_today():
    best = rows_of(kind=ItemKind.AD)[0]
    campaign = SHOP.catalogue.texts.campaign_id
    for times, shown in ((MOST_OF_CAMPAIGN - 1, True), (MOST_OF_CAMPAIGN, False)):
        rows = rows_of(having_seen(best, times=times), kind=ItemKind.AD)
        assert (campaign[best] in {campaign[row] for row in rows}) == shown
    tomorrow = rows_of(having_seen(best, times=MOST_OF_CAMPAIGN), kind=ItemKind.AD, now=NOW + DAY)
    assert campaign[best] in {campaign[row] for row in tomorrow}


def test_a_home_page_keeps_to_it_on_every_shelf():
    def page(profile):
        plan = compose(asked(placement="home"), profile, profile, SHOP, live())
        return {shelf.key: shelf.ranking.rows.tolist() for shelf in plan.shelves}, plan.hero.rows.tolist()

    shelves, hero = page(BUYER)
    for key in ("trending", "for_you", "reading"):
        row = shelves[key][0]
        fewer, _ = page(wanting_less(row))
        assert all(PATH[one] != PATH[row] for rows in fewer.values() for one in rows)
        worn, _ = page(having_seen(row))
        assert row not in worn[key][:3]
    assert page(having_seen(hero[0]))[1] != hero


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=300), st.data())
def test_sinking_keeps_the_order_of_what_does_not_sink(values, data):
    scores = np.float32(values)
    sunk = np.float32([data.draw(st.sampled_from([0, 0, 0, 0.5, 1])) for _ in values])
    after = lowered(scores, sunk)
    assert (after[sunk == 0] == scores[sunk == 0]).all()
    assert (after <= scores).all()
    assert (lowered(scores, np.zeros_like(sunk)) == scores).all()
