"""What every candidate source keeps to."""

from __future__ import annotations

import numpy as np
import pytest

from index.build import build_index
from index.moments import ExactNeighbours
from service.adapters.faiss_candidates import FaissCandidates
from service.recommender.catalogue import ItemKind
from service.recommender.embedding import Embedding
from service.recommender.ports import CandidateSource
from tests.small_shop import FakeNeighbours

EVEN, ODD = np.arange(0, 40, 2), np.arange(1, 40, 2)
KINDS_OF_SOURCE = ("fake", "exact", "faiss", "faiss-inverted")


def checkerboard() -> Embedding:
    """Forty items: even rows lie along one axis, odd rows along the other, each a little shorter than the last."""
    vectors = np.zeros((40, 4), np.float32)
    vectors[EVEN, 0] = 2 - EVEN / 100
    vectors[ODD, 1] = 2 - ODD / 100
    return Embedding(vectors, np.ones(40, np.float32), np.ones(40, np.float32))


def source_of(kind: str, embedding: Embedding, rows: np.ndarray) -> CandidateSource:
    if kind == "fake":
        return FakeNeighbours(embedding, rows)
    if kind == "exact":
        return ExactNeighbours(embedding, rows)
    exact_up_to = 0 if kind == "faiss-inverted" and rows.size else 1_000
    answers = embedding.vectors[rows] * embedding.answer_scale[rows, None]
    built = build_index(ItemKind.PRODUCT, rows, answers, embedding.vectors, exact_up_to=exact_up_to)
    return FaissCandidates(built.index, np.arange(len(embedding.vectors)))


@pytest.fixture(params=KINDS_OF_SOURCE)
def source(request) -> CandidateSource:
    return source_of(request.param, checkerboard(), np.arange(40))


def test_on_a_checkerboard_neighbours_have_the_persons_own_colour(source) -> None:
    rows, _ = source.neighbours(np.float32([[1, 0, 0, 0], [0, 1, 0, 0]]), 20)
    np.testing.assert_array_equal(rows, [EVEN, ODD])


def test_scores_are_inner_products_best_first(source) -> None:
    people = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    rows, scores = source.neighbours(people, 12)
    exact = people @ checkerboard().vectors.T
    np.testing.assert_allclose(scores, np.take_along_axis(exact, rows, axis=1), rtol=1e-5)
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1)[:, :12], rtol=1e-5)
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)


def test_a_batch_answers_like_its_queries_one_by_one(source) -> None:
    people = np.random.default_rng(2).normal(size=(4, 4)).astype(np.float32)
    batch, _ = source.neighbours(people, 7)
    for one, rows in zip(people, batch, strict=True):
        np.testing.assert_array_equal(source.neighbours(one[None, :], 7)[0][0], rows)


def test_where_there_are_fewer_than_asked_for_only_those_come(source) -> None:
    rows, scores = source.neighbours(np.float32([[1, 1, 0, 0]]), 500)
    found = rows[0][rows[0] >= 0]
    assert sorted(found) == list(range(40))
    assert rows.shape == scores.shape


@pytest.mark.parametrize("kind", KINDS_OF_SOURCE)
def test_only_the_given_rows_are_found_and_none_is_an_answer(kind: str) -> None:
    some = np.array([3, 8, 13])
    rows, _ = source_of(kind, checkerboard(), some).neighbours(np.float32([[1, 1, 0, 0]]), 3)
    assert sorted(rows[0][rows[0] >= 0]) == some.tolist()
    empty, _ = source_of(kind, checkerboard(), np.empty(0, np.int64)).neighbours(np.float32([[1, 1, 0, 0]]), 3)
    assert not (empty >= 0).any()
