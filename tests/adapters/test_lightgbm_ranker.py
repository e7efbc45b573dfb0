from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.examples import Examples
from index.ranker import RankerSettings, fit_ranker
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.recommender.errors import RankerUnavailable
from service.recommender.ranking_features import COLUMN, FEATURE_NAMES

DRAW = np.random.default_rng(4)
FEATURES = DRAW.normal(size=(4_000, len(FEATURE_NAMES))).astype(np.float32)
BOUGHT = (FEATURES[:, COLUMN["own_count"]] + 0.3 * DRAW.normal(size=4_000) > 1.2).astype(np.int8)
EXAMPLES = Examples(FEATURES, BOUGHT, np.full(40, 100))
SETTINGS = RankerSettings(trees=20, least_in_leaf=5)


@pytest.fixture(scope="module")
def trained():
    return fit_ranker(EXAMPLES, SETTINGS)


def test_the_saved_text_scores_exactly_as_the_trained_model(trained) -> None:
    ranker = LightgbmRanker(trained.text)
    np.testing.assert_array_equal(ranker.ranking_scores(FEATURES), trained.ranking_scores(FEATURES))
    assert ranker.feature_names == FEATURE_NAMES
    assert ranker.ranking_scores(FEATURES[:3]).dtype == np.float32
    assert ranker.ranking_scores(FEATURES[:0]).shape == (0,)


def test_it_learns_what_decides_and_says_so(trained) -> None:
    scores = LightgbmRanker(trained.text).ranking_scores(FEATURES)
    assert scores[BOUGHT == 1].mean() > scores[BOUGHT == 0].mean() + 1
    assert max(trained.importance, key=trained.importance.__getitem__) == "own_count"
    assert sum(trained.importance.values()) == pytest.approx(1)


def test_training_again_gives_the_same_text(trained) -> None:
    assert fit_ranker(EXAMPLES, SETTINGS).text == trained.text


def test_missing_values_are_scored(trained) -> None:
    assert np.isfinite(LightgbmRanker(trained.text).ranking_scores(np.full((2, len(FEATURE_NAMES)), np.nan, "f4"))).all()


@pytest.mark.parametrize("text", ["", "no model", "tree\nversion=v4\n"])
def test_a_text_that_is_no_model_is_the_ranker_being_unavailable(text: str) -> None:
    with pytest.raises(RankerUnavailable, match="no LightGBM model"):
        LightgbmRanker(text)


def test_features_that_do_not_fit_are_the_ranker_being_unavailable(trained) -> None:
    with pytest.raises(RankerUnavailable, match="could not score"):
        LightgbmRanker(trained.text).ranking_scores(FEATURES[:, :3])


def test_many_threads_use_one_model_at_once(trained) -> None:
    ranker = LightgbmRanker(trained.text)
    whole = ranker.ranking_scores(FEATURES)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda at: ranker.ranking_scores(FEATURES[at : at + 50]), range(0, 4_000, 50)))
    np.testing.assert_array_equal(np.concatenate(parts), whole)
