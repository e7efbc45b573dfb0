"""Scorers: each by what it is for, finite for everybody."""

from __future__ import annotations

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.events import EventType
from service.recommender.scoring import AdScorer, AnchorScorer, ContentScorer, DiscoveryScorer, ProductScorer
from tests.recommender.odd_shops import did, somebody, the_shop, view

SHOP = the_shop()
NOBODY = view(somebody(), SHOP)
FAN = view(somebody(("LIKE", 3), ("PURCHASE", 23, 9, 3)), SHOP)
PRODUCTS, CONTENTS, ADS = (SHOP.catalogue.of_kind(kind) for kind in ItemKind)


def scores(scorer, person, rows):
    return scorer.scores(scorer.features(person, rows))


@pytest.mark.parametrize("person", [NOBODY, FAN])
@pytest.mark.parametrize("scorer", [
    ProductScorer(personal=False), ProductScorer(personal=True), ContentScorer(SHOP), AdScorer(SHOP),
    DiscoveryScorer(SHOP), AnchorScorer(SHOP, 23), AnchorScorer(SHOP, None),
])
def test_every_item_has_a_finite_score(scorer, person):
    every = np.arange(len(SHOP.catalogue))
    assert scores(scorer, person, every).shape == every.shape
    assert np.isfinite(scores(scorer, person, every)).all()
    assert scores(scorer, person, every[:0]).size == 0


def mean_of(values, rows, same):
    alike = np.array([SHOP.catalogue.texts.category[row] == SHOP.catalogue.texts.category[3] for row in rows])
    return float(values[alike if same else ~alike].mean())


@pytest.mark.parametrize(("scorer", "rows"), [
    (ContentScorer(SHOP), CONTENTS), (AdScorer(SHOP), ADS), (DiscoveryScorer(SHOP), PRODUCTS),
    (ProductScorer(personal=True), PRODUCTS), (AnchorScorer(SHOP, 23), PRODUCTS),
])
def test_what_is_like_what_they_buy_scores_higher(scorer, rows):
    values = scores(scorer, FAN, rows)
    assert mean_of(values, rows, same=True) > mean_of(values, rows, same=False)


def test_what_many_buy_scores_higher_for_nobody():
    values = scores(ProductScorer(personal=False), NOBODY, PRODUCTS)
    assert np.corrcoef(values, np.log1p(SHOP.items.buyers_28[PRODUCTS]))[0, 1] > 0.8


def test_without_the_purchase_nothing_goes_with_it():
    scorer = AnchorScorer(SHOP, 23)
    assert scores(scorer, FAN, PRODUCTS).any()
    assert not scores(scorer, FAN.without([(EventType.PURCHASE, 23)]), PRODUCTS).any()


def test_an_ad_without_a_bid_is_worth_nothing():
    assert not scores(AdScorer(SHOP), FAN, PRODUCTS).any()
    assert len(did()) == 0
