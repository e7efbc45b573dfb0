"""Expected demand: how well an item's kind sells says how well it will."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.expected_demand import FEWEST_BUYERS, expected_demand
from service.recommender.item_features import ItemFeatures
from tests.recommender.odd_shops import bent, the_shop, with_texts, without_categories

SHOP = the_shop()
PRODUCTS = SHOP.catalogue.of_kind(ItemKind.PRODUCT)
SIZE = len(SHOP.catalogue)


def sales(buyers) -> ItemFeatures:
    """As many buyers of four weeks and of the quarter; none but of products."""
    buyers = np.where(SHOP.catalogue.kind == 0, buyers, 0).astype(np.float32)
    return replace(ItemFeatures.unsold(SIZE), buyers_28=buyers, buyers_91=buyers)


def spread(values: np.ndarray, codes: np.ndarray) -> tuple[float, float]:
    """Variance of the group means, and the mean variance within groups."""
    means = [values[codes == code].mean() for code in np.unique(codes)]
    return float(np.var(means)), float(np.mean([values[codes == code].var() for code in np.unique(codes)]))


@pytest.mark.parametrize("name", ["path", "brand", "department", "line"])
def test_the_group_that_makes_the_difference_is_found(name):
    codes = getattr(SHOP.catalogue, name)
    demand = np.random.default_rng(3).normal(3.5, 1.0, int(codes.max()) + 1).clip(2, 6)[codes]
    found = expected_demand(SHOP.catalogue, sales(np.expm1(demand)))[PRODUCTS]
    assert np.corrcoef(found, demand[PRODUCTS])[0, 1] > 0.9
    between, within = spread(found, codes[PRODUCTS])
    assert between > 4 * within


def test_of_one_category_the_price_says_who_buys_it():
    price = np.where(np.arange(SIZE) // 20 % 2, 2.0, 40.0).astype(np.float32)
    shop = bent(SHOP, price=price)
    found = expected_demand(shop.catalogue, sales(np.where(price < 10, 80, 8)))[PRODUCTS]
    assert found[price[PRODUCTS] < 10].min() > found[price[PRODUCTS] > 10].max() + 0.7


def test_what_an_item_sold_itself_hardly_moves_it_when_its_kind_is_large():
    plain = sales(np.full(SIZE, 20.0))
    hit = replace(plain, buyers_28=plain.buyers_28.copy())
    hit.buyers_28[PRODUCTS[0]] = 2_000
    moved = expected_demand(SHOP.catalogue, hit) - expected_demand(SHOP.catalogue, plain)
    assert moved[PRODUCTS[0]] < 0.5 * np.log(100)
    assert moved[PRODUCTS[0]] > 0


def test_an_unsold_item_is_expected_to_sell_as_its_kind_does():
    tea = SHOP.catalogue.path == SHOP.catalogue.path[20]
    buyers = np.where(tea, 200.0, 10.0)
    buyers[20] = 0
    found = expected_demand(SHOP.catalogue, sales(buyers))
    assert found[20] > found[PRODUCTS[~tea[PRODUCTS]]].max() + 1


def test_an_item_with_too_few_buyers_teaches_nothing():
    buyers = np.full(SIZE, FEWEST_BUYERS - 1.0)
    assert not expected_demand(SHOP.catalogue, sales(buyers)).any()
    buyers[PRODUCTS[:40]] = 50
    few = expected_demand(SHOP.catalogue, sales(buyers))
    buyers[PRODUCTS[40:]] = 0
    np.testing.assert_array_equal(few, expected_demand(SHOP.catalogue, sales(buyers)))


@pytest.mark.parametrize(
    "shop",
    [SHOP, without_categories(SHOP), with_texts(SHOP, brand=[None] * SIZE),
     bent(SHOP, price=np.full(SIZE, np.nan, np.float32)), bent(SHOP, price=np.full(SIZE, 3e38, np.float32))],
)
def test_whatever_is_missing_it_is_a_finite_number(shop):
    found = expected_demand(shop.catalogue, shop.items)
    assert found.shape == (SIZE,)
    assert np.isfinite(found).all()


def test_nothing_sold_means_nothing_expected():
    assert not expected_demand(SHOP.catalogue, ItemFeatures.unsold(SIZE)).any()
