from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from index.embedding import EmbeddingSettings, embed
from index.interactions import interaction_matrix
from service.recommender.actions import CODE, Actions
from service.recommender.embedding import Embedding
from service.recommender.events import EventType


def checkerboard(people: int = 40, items: int = 20) -> csr_array:
    """People of even number buy items of even number, the others the others; two in three, so that some are left."""
    person, item = np.indices((people, items))
    return csr_array(((person % 2 == item % 2) & ((person + item) % 3 > 0)).astype(np.float32))


def real_like(seed: int = 0, people: int = 300, items: int = 120) -> csr_array:
    draw = np.random.default_rng(seed)
    taste, answer = draw.normal(size=(people, 6)), draw.normal(size=(6, items))
    return csr_array((taste @ answer + draw.normal(size=(people, items)) > 2.5).astype(np.float32))


def actions(rows: list[int], kind: EventType = EventType.PURCHASE) -> Actions:
    size = len(rows)
    ones = np.ones(size, np.int64)
    return Actions(np.array(rows), np.full(size, CODE[kind], np.int8), np.ones(size, np.float32), ones, ones,
                   np.ones(size, np.float32), np.ones((size, 3), np.float32))


def test_on_a_checkerboard_everybody_is_offered_the_rest_of_their_own_colour() -> None:
    matrix = checkerboard()
    learned = embed(matrix, EmbeddingSettings(dimension=2))
    scores = (matrix @ (learned.vectors * learned.action_scale[:, None])) @ learned.answers.T
    scores[matrix.toarray() > 0] = -np.inf
    best = np.argsort(-scores, axis=1)[:, :2]
    assert (best % 2 == (np.arange(len(best)) % 2)[:, None]).all()


def test_adding_a_persons_actions_gives_the_vector_that_training_gives() -> None:
    matrix = real_like()
    learned = embed(matrix, EmbeddingSettings(dimension=16))
    trained = matrix @ (learned.vectors * learned.action_scale[:, None])
    serving = Embedding(learned.vectors, learned.action_scale, learned.answer_scale)
    for person in range(0, 300, 37):
        done = actions(np.flatnonzero(matrix[[person]].toarray()[0]).tolist())
        folded = serving.person_vector(done.item, done.interest_weight)
        np.testing.assert_allclose(folded, trained[person], atol=1e-5)
        orders = [np.argsort(-(learned.answers @ vector), kind="stable")[:10] for vector in (folded, trained[person])]
        np.testing.assert_array_equal(*orders)


def test_contributions_sum_to_the_score_and_are_what_taking_an_action_away_costs() -> None:
    matrix = real_like()
    learned = embed(matrix, EmbeddingSettings(dimension=16))
    serving = Embedding(learned.vectors, learned.action_scale, learned.answer_scale)
    rows = np.flatnonzero(matrix[[5]].toarray()[0])
    weights = np.linspace(-0.7, 1, rows.size).astype(np.float32)
    for item in (0, 17, 99):
        def score(kept: np.ndarray, item: int = item) -> float:
            vector = serving.person_vector(rows[kept], weights[kept])
            return float(serving.retrieval_scores(vector, np.array([item]))[0])

        everything = np.ones(rows.size, bool)
        parts = serving.added(rows, weights) @ serving.vectors[item] * serving.answer_scale[item]
        assert parts.sum() == pytest.approx(score(everything), abs=1e-5)
        for gone in range(rows.size):
            assert score(everything) - score(np.arange(rows.size) != gone) == pytest.approx(parts[gone], abs=1e-5)


def test_the_same_input_gives_the_same_bytes_whatever_the_number_of_threads() -> None:
    matrix, settings = real_like(), EmbeddingSettings(dimension=24)
    with threadpool_limits(limits=2):
        first = embed(matrix, settings)
    with threadpool_limits(limits=1):
        again = embed(matrix, settings)
    assert first.vectors.tobytes() == again.vectors.tobytes()
    assert embed(matrix, EmbeddingSettings(dimension=24, seed=8)).vectors.tobytes() != first.vectors.tobytes()


def test_the_decomposition_finds_what_an_exact_one_finds() -> None:
    matrix = checkerboard()
    settings = EmbeddingSettings(dimension=2, person_damping=0, item_damping=0)
    found = embed(matrix, settings).vectors
    exact = np.linalg.svd(matrix.toarray())[2][:2].T
    np.testing.assert_allclose(found @ found.T, exact @ exact.T, atol=1e-4)


def test_directions_beyond_the_rank_are_zero_instead_of_noise() -> None:
    two_tastes = csr_array(np.kron(np.eye(2), np.ones((20, 10))).astype(np.float32))
    vectors = embed(two_tastes, EmbeddingSettings(dimension=8)).vectors
    assert np.count_nonzero(np.abs(vectors).sum(axis=0)) == 2


@pytest.mark.parametrize("shape", [(0, 5), (3, 5), (1, 1), (50, 3)])
def test_a_shop_of_any_size_can_be_embedded(shape: tuple[int, int]) -> None:
    learned = embed(csr_array(np.ones(shape, np.float32)), EmbeddingSettings())
    assert learned.vectors.shape[0] == shape[1]
    assert np.isfinite(learned.vectors).all()
    assert np.isfinite(learned.answers).all()


def test_interest_is_summed_per_item_and_dislike_takes_an_item_out() -> None:
    bought, looked = actions([0, 1]), actions([1, 2], EventType.VIEW)
    disliked = actions([0], EventType.DISLIKE)
    parts = [bought, looked, disliked]
    person = Actions(*(np.concatenate([getattr(part, name) for part in parts]) for name in (
        "item", "type", "count", "first_at", "last_at", "last_price", "faded")))
    matrix = interaction_matrix([person, actions([3])], 4).toarray()
    np.testing.assert_allclose(matrix, [[0.3, 1.2, 0.2, 0], [0, 0, 0, 1]], atol=1e-6)
    assert interaction_matrix([person, actions([2], EventType.DISLIKE)], 4)[[1]].nnz == 0
    assert interaction_matrix([], 4).shape == (0, 4)
