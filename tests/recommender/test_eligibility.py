"""Eligibility: each rule by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.discretion import category_of_page
from service.recommender.eligibility import eligible, servable, within
from service.recommender.feedback import NO_RESTRICTIONS, Restrictions
from service.recommender.question import ItemFilter, PageContext
from tests.recommender.odd_shops import NOW, asked, bent, the_shop, without_categories

SHOP = the_shop()
ROWS = np.arange(400)
ALL = np.ones(len(SHOP.catalogue), np.bool_)


@pytest.fixture(scope="module")
def plain():
    """The shop with nothing that any rule forbids."""
    size = len(SHOP.catalogue)
    return bent(SHOP, in_stock=ALL, sensitive=~ALL, available_from=np.zeros(size, np.int64)).catalogue


def test_without_a_rule_everything_may_be_shown(plain):
    assert eligible(plain, ROWS, asked(), NO_RESTRICTIONS).all()


def test_what_is_out_of_stock_is_left_out(plain):
    assert servable(replace(plain, in_stock=np.arange(len(plain)) != 7), ROWS, NOW).tolist() == [row != 7 for row in ROWS]


@pytest.mark.parametrize(("since", "until", "shown"), [
    (NOW, NOW + 1, True), (NOW + 1, NOW + 9, False), (NOW - 9, NOW, False), (NOW - 9, NOW + 9, True),
])
def test_dates_begin_with_their_first_second_and_end_before_their_last(plain, since, until, shown):
    size = len(plain)
    dated = replace(plain, available_from=np.full(size, since), available_until=np.full(size, until))
    assert servable(dated, ROWS, NOW).all() == shown
    assert servable(dated, ROWS, NOW).any() == shown


@pytest.mark.parametrize(("narrow", "fits"), [
    (ItemFilter(category="grocery > drinks"), lambda c, r: c.texts.category[r][1] == "Drinks"),
    (ItemFilter(category="Tea"), lambda c, r: c.texts.category[r][2] == "Tea"),
    (ItemFilter(category="No such"), lambda *_: False),
    (ItemFilter(category=" > "), lambda *_: False),
    (ItemFilter(brand=("hearth", "QUILL")), lambda c, r: c.texts.brand[r] in {"Hearth", "Quill"}),
    (ItemFilter(tags=("everyday", "none")), lambda *_: True),
    (ItemFilter(tags=("none",)), lambda *_: False),
    (ItemFilter(price_from=5.0), lambda c, r: c.price[r] >= 5),
    (ItemFilter(price_to=5.0), lambda c, r: c.price[r] <= 5),
    (ItemFilter(on_sale=True), lambda c, r: c.discount_rate[r] > 0),
    (ItemFilter(on_sale=False), lambda c, r: c.discount_rate[r] == 0),
    (ItemFilter(exclude_item_ids=("p3", "unknown")), lambda _, r: r != 3),
])
def test_each_filter_by_itself(plain, narrow, fits):
    assert within(plain, ROWS, asked(filter=narrow)).tolist() == [bool(fits(plain, row)) for row in ROWS]


def test_an_item_without_a_price_is_in_no_price_range(plain):
    priceless = replace(plain, price=np.full(len(plain), np.nan, np.float32))
    assert not within(priceless, ROWS, asked(filter=ItemFilter(price_from=0.0))).any()
    assert not within(priceless, ROWS, asked(filter=ItemFilter(price_to=1e9))).any()


def test_what_is_on_the_page_or_in_the_cart_is_not_shown_again(plain):
    page = PageContext(cart_item_ids=("p1", "gone"), item_id="p2")
    assert np.flatnonzero(~within(plain, ROWS, asked(context=page))).tolist() == [1, 2]


def test_what_is_hidden_is_left_out(plain):
    hidden = Restrictions(hidden=frozenset({"p5", "gone"}))
    assert np.flatnonzero(~eligible(plain, ROWS, asked(), hidden)).tolist() == [5]


def test_sensitive_items_are_shown_in_their_own_category_alone(plain):
    discreet = replace(plain, sensitive=np.isin(np.arange(len(plain)), [0, 1]))
    everywhere = eligible(discreet, ROWS, asked(), NO_RESTRICTIONS)
    on_page_of_tea = eligible(discreet, ROWS, asked(context=PageContext(item_id="p20")), NO_RESTRICTIONS)
    among_coffee = eligible(discreet, ROWS, asked(filter=ItemFilter(category="Coffee")), NO_RESTRICTIONS)
    assert not everywhere[:2].any()
    assert on_page_of_tea[:2].tolist() == [True, False]
    assert among_coffee[:2].tolist() == [False, True]


def test_a_page_without_a_category_opens_no_sensitive_items():
    bare = without_categories(bent(SHOP, in_stock=ALL, sensitive=np.arange(len(ALL)) < 5)).catalogue
    page = asked(context=PageContext(item_id="p20"))
    assert category_of_page(bare, page).size == 0
    assert not eligible(bare, ROWS, page, NO_RESTRICTIONS)[:5].any()


def test_no_rows_are_no_rows(plain):
    none = np.empty(0, np.int64)
    assert eligible(plain, none, asked(filter=ItemFilter(brand=("Hearth",), tags=("x",))), NO_RESTRICTIONS).size == 0
