"""What happened lately: no trend by one person alone, no ad over its budget."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.catalogue import ItemKind
from service.recommender.events import Event, EventType
from service.recommender.live import FEWEST_PEOPLE, HALF_LIFE_HOURS
from service.recommender.person import Person
from tests.fakes import START
from tests.recommender.odd_shops import bent, live, only, the_shop

SHOP = the_shop()
AD = SHOP.catalogue.row_of["a0"]
BID = float(SHOP.catalogue.bid[AD])
_numbers = count()


def event(who, item_id="p399", kind=EventType.PURCHASE, at=START):
    return Event(f"e{next(_numbers)}", Person.visitor(who), kind, at, item_id)


def hot(counted, now=START, kind=ItemKind.PRODUCT):
    return SHOP.catalogue.row_of["p399"] == counted.trending(kind, SHOP, now)[0]


def crowd(size, item_id="p399", kind=EventType.PURCHASE, at=START):
    return [event(f"crowd-{n}", item_id, kind, at) for n in range(size)]


def test_what_many_want_trends_at_once():
    counted = live()
    assert not hot(counted)
    counted.observe(crowd(20), SHOP)
    assert hot(counted)


@pytest.mark.parametrize("kind", [EventType.PURCHASE, EventType.VIEW, EventType.ADD_TO_CART])
def test_nobody_makes_a_trend_alone(kind):
    counted = live()
    before = counted.trending(ItemKind.PRODUCT, SHOP, START).tolist()
    for hour in range(48):
        counted.observe([event("eager", kind=kind, at=START - timedelta(hours=hour)) for _ in range(5)], SHOP)
    assert counted.trending(ItemKind.PRODUCT, SHOP, START).tolist() == before


def test_a_handful_of_people_is_the_least():
    counted = live()
    before = counted.trending(ItemKind.PRODUCT, SHOP, START).tolist()
    counted.observe(crowd(FEWEST_PEOPLE - 1), SHOP)
    assert counted.trending(ItemKind.PRODUCT, SHOP, START).tolist() == before
    counted.observe([event("one more")], SHOP)
    assert hot(counted)


def test_a_person_counts_once_an_hour():
    once, often = live(), live()
    once.observe(crowd(9), SHOP)
    often.observe([one for _ in range(4) for one in crowd(9)], SHOP)
    assert once.heat(ItemKind.PRODUCT, SHOP, START) == often.heat(ItemKind.PRODUCT, SHOP, START)


def test_it_keeps_nobodys_name():
    counted = live()
    counted.observe(crowd(FEWEST_PEOPLE), SHOP)
    assert hot(counted)
    assert "crowd" not in repr(counted)


def test_heat_halves_with_its_half_life():
    counted = live()
    counted.observe(crowd(10), SHOP)
    row = SHOP.catalogue.row_of["p399"]
    later = START + timedelta(hours=HALF_LIFE_HOURS)
    now, then = (counted.heat(ItemKind.PRODUCT, SHOP, at)[row] for at in (START, later))
    assert then == pytest.approx(now / 2)
    assert not hot(counted, START + timedelta(days=3))


def test_what_comes_in_late_counts_as_old():
    counted = live()
    counted.observe(crowd(10, at=START), SHOP)
    row = SHOP.catalogue.row_of["p399"]
    before = counted.heat(ItemKind.PRODUCT, SHOP, START)[row]
    late = [event(f"offline-{n}", at=START - timedelta(days=20)) for n in range(100)]
    counted.observe(late, SHOP)
    assert counted.heat(ItemKind.PRODUCT, SHOP, START)[row] == pytest.approx(before)


def test_what_is_unknown_shown_or_without_item_counts_nothing():
    counted = live()
    counted.observe([event("x", "gone"), event("x", None, EventType.SEARCH), *crowd(9, kind=EventType.IMPRESSION)], SHOP)
    assert counted.heat(ItemKind.PRODUCT, SHOP, START) == {}


def test_each_kind_trends_by_itself():
    counted = live()
    counted.observe(crowd(9, "c3", EventType.CLICK), SHOP)
    assert counted.trending(ItemKind.CONTENT, SHOP, START)[0] == SHOP.catalogue.row_of["c3"]
    assert SHOP.catalogue.row_of["c3"] not in counted.trending(ItemKind.PRODUCT, SHOP, START)


def test_a_shop_without_items_has_no_trend():
    counted = live()
    counted.observe(crowd(9), SHOP)
    nothing = only(SHOP, [])
    assert counted.trending(ItemKind.PRODUCT, nothing, START).size == 0
    assert counted.has_budget(nothing, np.empty(0, np.int64), START).size == 0


def budgeted(amount):
    budgets = SHOP.catalogue.daily_budget.copy()
    budgets[AD] = amount
    return bent(SHOP, daily_budget=budgets)


EVENING = START.replace(hour=14)  # 23:00 in Tokyo
ROWS = np.array([AD])


def test_a_click_costs_although_the_ad_was_looked_at_before():
    shop, counted = budgeted(BID * 1.5), live()
    assert counted.has_budget(shop, ROWS, EVENING)[0]
    counted.observe([event("x", "a0", EventType.VIEW, EVENING), event("x", "a0", EventType.CLICK, EVENING)], shop)
    assert not counted.has_budget(shop, ROWS, EVENING)[0]


@given(clicks=st.integers(0, 60), budget=st.integers(0, 1_000))
def test_the_budget_of_a_day_is_never_exceeded(clicks, budget):
    shop, counted, spent = budgeted(budget / 100), live(), 0.0
    for number in range(clicks):
        if counted.has_budget(shop, ROWS, EVENING)[0]:
            counted.observe([event(f"v{number % 3}", "a0", EventType.CLICK, EVENING)], shop)
            spent += BID
    assert spent <= budget / 100 + 1e-6


def test_a_budget_is_paced_over_the_day_of_the_shop():
    shop, counted = budgeted(BID * 20), live()
    morning = START.replace(hour=15)  # midnight in Tokyo
    counted.observe(crowd(5, "a0", EventType.CLICK, morning), shop)
    assert not counted.has_budget(shop, ROWS, morning)[0]
    assert counted.has_budget(shop, ROWS, morning + timedelta(hours=12))[0]


def test_a_new_day_has_its_own_budget():
    shop, counted = budgeted(BID * 2), live()
    counted.observe(crowd(3, "a0", EventType.CLICK, EVENING), shop)
    assert not counted.has_budget(shop, ROWS, EVENING)[0]
    assert counted.has_budget(shop, ROWS, EVENING + timedelta(hours=9))[0]


def test_an_ad_without_a_budget_is_not_bounded():
    counted = live()
    shop = budgeted(np.nan)
    counted.observe(crowd(500, "a0", EventType.CLICK, EVENING), shop)
    assert counted.has_budget(shop, ROWS, EVENING)[0]
