"""Every baseline on worlds whose right answer is obvious, and by hand where it can be worked out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from index.embedding import EmbeddingSettings
from service.evaluation.baselines.implicit_als import ImplicitAls
from service.evaluation.baselines.item_knn import ItemKnn
from service.evaluation.baselines.most_popular import MostPopular
from service.evaluation.baselines.own_most_frequent import OwnMostFrequent
from service.evaluation.baselines.recency_weighted_frequency import RecencyWeightedFrequency
from service.evaluation.baselines.rp3beta import Rp3Beta
from service.evaluation.baselines.sparse_rows import largest_of_product
from service.evaluation.baselines.tifu_knn import TifuKnn, TifuSettings
from service.evaluation.occasions import Allowed
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.retrieval import Retrieval
from service.evaluation.running import check_lists
from tests.evaluation.small_trials import checkerboard, interactions

COLLABORATIVE = [ItemKnn(), Rp3Beta(), ImplicitAls(dimension=4, iterations=6), TifuKnn(TifuSettings(neighbours=10)),
                 Retrieval(EmbeddingSettings(dimension=2))]
PERSONAL = [OwnMostFrequent(filled=False), OwnMostFrequent(filled=True), RecencyWeightedFrequency()]
EVERYBODY = [MostPopular(), *PERSONAL, *COLLABORATIVE]


def lists(contender, trial, k=3, allowed=Allowed.ALL):
    contender.fit(trial.without_held_out(), 0)
    return contender.rank(trial.occasions.asked().among(allowed), k)


@pytest.mark.parametrize("contender", COLLABORATIVE, ids=lambda one: one.name)
def test_on_a_checkerboard_everybody_is_offered_the_rest_of_their_own_colour(contender):
    trial = last_basket(checkerboard(people=60, items=40, weeks=6))
    found = lists(contender, trial, k=3, allowed=Allowed.NEW)
    assert (found % 2 == trial.occasions.person[:, None] % 2).mean() > 0.98


@pytest.mark.parametrize("allowed", list(Allowed))
@pytest.mark.parametrize("contender", EVERYBODY, ids=lambda one: one.name)
def test_lists_are_lists_and_hold_only_what_is_allowed(contender, allowed):
    trial = last_basket(checkerboard(people=30, items=20, weeks=5))
    found = lists(contender, trial, k=25, allowed=allowed)
    check_lists(contender.name, found, trial.occasions.asked().among(allowed), 25)
    says_nothing = contender.name == "own-most-frequent" and allowed is Allowed.NEW
    assert (found >= 0).any() != says_nothing


@pytest.mark.parametrize("contender", EVERYBODY, ids=lambda one: one.name)
def test_nothing_learnt_is_no_error(contender):
    trial = last_basket(checkerboard(people=10, items=8, weeks=4))
    nothing = trial.interactions.keep(np.zeros(len(trial.interactions), bool))
    contender.fit(nothing, 0)
    assert contender.rank(trial.occasions.asked(), 3).shape == (10, 3)


@pytest.mark.parametrize("contender", EVERYBODY, ids=lambda one: one.name)
def test_the_same_data_give_the_same_lists(contender):
    trial = last_basket(checkerboard(people=30, items=20, weeks=5))
    np.testing.assert_array_equal(lists(contender, trial, 8), lists(contender, trial, 8))


HISTORY = interactions(
    (0, 1, 0, 0), (0, 2, 0, 0), (0, 1, 10, 1), (0, 3, 300, 2), (0, 4, 301, 3),  # the last is held out
    (1, 5, 0, 4), (1, 5, 1, 5), (1, 4, 2, 6), (1, 4, 3, 7), (2, 5, 0, 8), n_people=3, n_items=7,
)


def test_popularity_counts_baskets():
    found = lists(MostPopular(), last_basket(HISTORY), k=4)
    assert found[0].tolist() == [5, 1, 2, 3]  # 3, 2, 1, 1 (and 1 of item 4, the higher number)


def test_own_frequency_counts_baskets_and_fills_up_with_what_is_popular_or_not():
    trial = last_basket(HISTORY)
    assert lists(OwnMostFrequent(filled=False), trial, k=5)[0].tolist() == [1, 2, 3, -1, -1]
    assert lists(OwnMostFrequent(filled=True), trial, k=5)[0].tolist() == [1, 2, 3, 5, 4]


def test_what_was_bought_lately_outweighs_what_was_bought_twice_long_ago():
    found = lists(RecencyWeightedFrequency(), last_basket(HISTORY), k=3)
    # item 3: e^(-1/90) + .1 = 1.09; item 1: e^(-301/90) + e^(-291/90) + .2 = .27; item 2: .14
    assert found[0].tolist() == [3, 1, 2]


def test_cosine_is_that_of_people_in_common():
    knn = ItemKnn(shrinkage=0)
    shop = interactions((0, 0, 0, 0), (0, 1, 0, 0), (1, 0, 0, 1), (1, 2, 0, 1), (2, 1, 0, 2), n_people=3, n_items=3)
    knn.fit(shop, 0)
    np.testing.assert_allclose(knn._similarity.toarray(), [
        [1, 1 / 2, 1 / np.sqrt(2)], [1 / 2, 1, 0], [1 / np.sqrt(2), 0, 1],
    ], rtol=1e-6)


def test_a_walk_is_three_steps_damped_by_popularity():
    walk = Rp3Beta(alpha=1, beta=1)
    shop = interactions((0, 0, 0, 0), (0, 1, 0, 0), (1, 0, 0, 1), n_people=2, n_items=2)
    walk.fit(shop, 0)
    # from item 0: half to each person; person 0 goes on to either item, person 1 to item 0; item 0 has two people
    np.testing.assert_allclose(walk._walks.toarray(), [[(1 / 4 + 1 / 2) / 2, 1 / 4], [1 / 2 / 2, 1 / 2]], rtol=1e-6)


def test_least_squares_are_solved_exactly_given_enough_steps():
    trial = last_basket(checkerboard(people=12, items=10, weeks=4))
    als = ImplicitAls(dimension=3, iterations=4, unobserved=0.1, regularisation=0.01)
    als.fit(trial.without_held_out(), 0)
    counts = trial.occasions.past_matrix()
    assert counts.data.max() > 1
    solved = als._solve(counts, als._items, np.zeros((len(trial.occasions), 3), np.float32), 30)
    for row, taken in enumerate(counts.toarray()):
        own, count = als._items[taken > 0].astype(float), taken[taken > 0, None]
        left = own.T @ (count * own) + 0.1 * als._items.T @ als._items + 0.01 * (len(own) + 0.1 * 10) * np.eye(3)
        np.testing.assert_allclose(solved[row], np.linalg.solve(left, (count * own).sum(axis=0)), atol=1e-4)


def test_a_vector_is_mixed_with_that_of_the_nearest_other_person():
    shop = interactions(
        (0, 0, 0, 0), (0, 1, 1, 1), (0, 4, 9, 2),  # asked on day 9: vectors of what lies before
        (1, 0, 0, 3), (1, 1, 1, 4), (1, 2, 1, 4), (2, 3, 0, 5), n_people=3, n_items=5,
    )
    trial = last_basket(shop)
    tifu = TifuKnn(TifuSettings(within=0.5, neighbours=1))
    tifu.fit(trial.without_held_out(), 0)
    marks = tifu._marks(trial.occasions.asked()).toarray()[0]
    own, other = np.array([0.25, 0.5, 0, 0, 0]), np.array([0.25, 0.5, 0.5, 0, 0])  # person 1 is nearer than person 2
    np.testing.assert_allclose(marks, 0.7 * own + 0.3 * other, rtol=1e-6)


def test_the_largest_of_a_product_are_those_of_a_stable_sort():
    draw = np.random.default_rng(4)
    left, right = (csr_array(draw.integers(0, 3, (30, 30)).astype(np.float32)) for _ in range(2))
    kept, product = largest_of_product(left, right, 7), (left @ right).toarray()
    for row in range(30):
        best = np.argsort(-product[row], kind="stable")[:7]
        expected = np.where(np.isin(np.arange(30), best), product[row], 0)
        np.testing.assert_array_equal(kept[[row]].toarray()[0], expected)
