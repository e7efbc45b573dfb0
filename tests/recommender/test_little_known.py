"""Who bought hardly anything is shown more of what everybody buys than the ranker alone would show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.decision import decide
from service.recommender.explanation import explain
from service.recommender.little_known import FEW_PURCHASES, ReservedRanker, ranker_for
from service.recommender.ranking_features import COLUMN, FEATURE_NAMES
from tests.deletion import evidence, fall_without
from tests.recommender.odd_shops import asked, live, somebody
from tests.trained_shop import trained_shop

SHOP, _ = trained_shop()


def purchases(size):
    return somebody(*(("PURCHASE", 20 + 20 * n, 3 + n, 1) for n in range(size)))


def test_popularity_and_return_are_added_to_what_the_ranker_says():
    features = np.zeros((3, len(FEATURE_NAMES)), np.float32)
    features[1, COLUMN["buyers_28"]] = 2
    features[2, COLUMN["repeat_rate"]] = 0.5
    added = ReservedRanker(SHOP.ranker).ranking_scores(features) - SHOP.ranker.ranking_scores(features)
    np.testing.assert_allclose(added, [0, 1.4, 3.0], atol=1e-5)


def test_what_is_not_known_of_an_item_adds_nothing():
    features = np.full((2, len(FEATURE_NAMES)), np.nan, np.float32)
    assert np.isfinite(ReservedRanker(SHOP.ranker).ranking_scores(features)).all()


def test_from_enough_purchases_on_the_ranker_is_believed():
    assert ranker_for(purchases(FEW_PURCHASES + 1).actions, SHOP.ranker) is SHOP.ranker
    assert isinstance(ranker_for(purchases(FEW_PURCHASES).actions, SHOP.ranker), ReservedRanker)
    assert isinstance(ranker_for(somebody(("VIEW", 20, 1)).actions, SHOP.ranker), ReservedRanker)
    assert ranker_for(purchases(1).actions, None) is None


@pytest.mark.parametrize("size", [1, 3])
def test_a_newcomer_is_shown_what_more_people_buy(size):
    class Flat:
        feature_names = FEATURE_NAMES

        def ranking_scores(self, features):
            return np.zeros(len(features), np.float32)

    few, many = (
        decide(asked(), purchases(count), replace(SHOP, ranker=Flat()), live()).rows[:20]
        for count in (size, FEW_PURCHASES + 1)
    )
    assert SHOP.items.buyers_28[few].mean() > 2 * SHOP.items.buyers_28[many].mean()


def test_reasons_given_to_a_newcomer_rest_on_the_score_that_ranked():
    profile = purchases(3)
    ranking = decide(asked(), profile, SHOP, live())
    rows = ranking.rows[:20].tolist()
    cited = list(evidence(ranking, rows, live()))
    assert cited
    assert all(fall_without(ranking, profile, row, gone) > 0 for row, gone in cited)
    assert all(reasons for reasons in explain(ranking, rows, live().zone))
