from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from service.evaluation.best import best_items, rank_by
from service.evaluation.protocols.given_split import masked_occasions
from tests.evaluation.small_trials import interactions


@given(st.lists(st.sampled_from([-2.5, -1.0, -0.0, 0.0, 1e-30, 0.5, 3.0, np.inf, -np.inf]), min_size=1, max_size=12),
       st.integers(1, 14))
def test_the_best_are_those_of_a_stable_sort(marks, k):
    row = np.array([marks], np.float32)
    expected = [int(i) for i in np.argsort(-row[0], kind="stable") if row[0][i] > -np.inf][:k]
    assert best_items(row, k)[0].tolist() == expected + [-1] * (k - len(expected))


def occasions():
    history = interactions((0, 0, 0, 0), (0, 1, 0, 0), (1, 5, 0, 0), n_people=2, n_items=6)
    return masked_occasions(history, np.array([0, 1]), np.array([3, 3])).asked()


POPULARITY = np.float32([9, 1, 2, 2, 8, 7])


def test_ties_and_what_fills_up_go_by_popularity_and_seen_items_are_left_out():
    marks = csr_array(np.float32([[5, 0, 1, 1, 0, 1], [0, 0, 0, 0.5, 0, 9]]))
    ranked = rank_by(lambda block: marks[block.person], occasions(), POPULARITY, 4)
    assert ranked.tolist() == [[5, 2, 3, 4], [3, 0, 4, 2]]


def test_without_filling_a_list_ends_where_the_marks_end():
    marks = csr_array(np.float32([[5, 0, 1, 0, 0, 0], [0, 0, 0, 0.5, 0, 9]]))
    ranked = rank_by(lambda block: marks[block.person], occasions(), POPULARITY, 3, fill=False)
    assert ranked.tolist() == [[2, -1, -1], [3, -1, -1]]


def test_sparse_and_dense_marks_give_the_same_lists():
    draw = np.random.default_rng(5)
    marks = draw.integers(0, 3, (2, 6)).astype(np.float32)
    dense = rank_by(lambda block: marks[block.person], occasions(), POPULARITY, 5)
    sparse = rank_by(lambda block: csr_array(marks)[block.person], occasions(), POPULARITY, 5)
    np.testing.assert_array_equal(dense, sparse)
