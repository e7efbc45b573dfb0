"""A small shop's examples: more is kept of them, and simpler trees are grown."""

from __future__ import annotations

import numpy as np
import pytest

from index.catalogue import read_catalogue
from index.examples import Examples, examples_of
from index.learning import TrainingSettings, learn_embedding
from index.moments import moment, people_at
from index.ranker import FEWEST_LEAVES, RankerSettings, fit_ranker
from index.text_features import text_features
from service.recommender.ranking_features import FEATURE_NAMES
from tests.index.clustered_inputs import training_inputs


def lessons(groups, size=12, seed=3):
    """Two features decide, the others are noise."""
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(groups * size, len(FEATURE_NAMES))).astype(np.float32)
    wish = features[:, 0] * features[:, 1] + draw.normal(size=len(features))
    best = wish.reshape(groups, size) >= np.sort(wish.reshape(groups, size), axis=1)[:, -2:-1]
    return Examples(features, best.ravel().astype(np.int8), np.full(groups, size))


def leaves(ranker):
    return max(tree["num_leaves"] for tree in ranker.booster.dump_model()["tree_info"])


@pytest.mark.parametrize(("groups", "most"), [(60, FEWEST_LEAVES), (1_000, FEWEST_LEAVES), (3_000, 15), (13_000, 63)])
def test_trees_grow_with_the_groups_behind_them(groups, most):
    settings = RankerSettings(trees=5, least_in_leaf=20)
    assert leaves(fit_ranker(lessons(groups), settings)) == most
    assert leaves(fit_ranker(lessons(groups), RankerSettings(trees=5, least_in_leaf=20, leaves=4))) == 4


def test_caution_draws_the_same_again():
    lesson = lessons(200)
    assert fit_ranker(lesson, RankerSettings(trees=8)).text == fit_ranker(lesson, RankerSettings(trees=8)).text


def test_any_number_of_threads_makes_the_same_trees():
    lesson = lessons(3_000)
    one, two = (fit_ranker(lesson, RankerSettings(trees=20, threads=threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.ranking_scores(lesson.features), two.ranking_scores(lesson.features))


def test_of_few_people_everything_that_they_did_not_buy_is_kept():
    inputs = training_inputs()
    catalogue, at = read_catalogue(inputs.items, inputs.catalogue_version), inputs.cutoffs[-1]
    people = people_at(inputs, at, catalogue)
    embedding = learn_embedding(people.values(), catalogue, text_features(catalogue), TrainingSettings().embedding)
    then = moment(inputs, at, catalogue, embedding)
    few, some = len(then.learnable), len(then.learnable) // 2

    def kept(most_people, negatives):
        found = examples_of(then, most_people, negatives, seed=7)
        return float((found.grades == 0).sum()) / float(found.groups.size)

    everything = kept(few, 1.0)
    assert kept(10 * few, 0.1) == everything
    assert kept(5 * few, 0.1) == pytest.approx(everything / 2, rel=0.1)
    assert kept(some, 0.1) == pytest.approx(everything / 10, rel=0.2)
