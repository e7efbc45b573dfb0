"""Re-ranking: always a permutation; variety and calibration only as far as they are asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.recommender.reranking import FIRST, LONGEST_RUN, WINDOW, diversify, explore, spread

NO_TARGET = np.zeros(4, np.float32)


def lists(draw_scores):
    return st.integers(0, 90).flatmap(lambda size: st.tuples(
        arrays.arrays(np.float32, size, elements=draw_scores),
        arrays.arrays(np.float32, (size, 2), elements=st.floats(-1, 1, width=32)),
        arrays.arrays(np.int64, size, elements=st.integers(0, 3)),
    ))


wild = lists(st.floats(width=32))
tame = lists(st.floats(-100, 100, width=32))
targets = arrays.arrays(np.float32, 4, elements=st.floats(0, 1, width=32))


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@given(wild, targets, st.floats(0, 1), st.integers(0, 100))
def test_it_is_always_a_permutation(given_list, target, balance, window):
    scores, vectors, category = given_list
    order = diversify(scores, unit(vectors), category, target, balance, window)
    assert sorted(order.tolist()) == list(range(scores.size))


@given(tame, targets)
def test_without_balance_the_order_stays(given_list, target):
    scores, vectors, category = given_list
    assert diversify(scores, unit(vectors), category, target, 0.0).tolist() == list(range(scores.size))


@given(tame, st.floats(0.01, 1))
def test_below_the_window_the_order_stays(given_list, balance):
    scores, vectors, category = given_list
    order = diversify(-np.sort(-scores), unit(vectors), category, NO_TARGET, balance, 5)
    assert (np.diff(order[5:]) > 0).all()


def test_the_best_comes_first_however_much_variety():
    scores, same = np.float32([5, 4, 3]), np.float32([[1, 0], [1, 0], [0, 1]])
    assert diversify(scores, same, np.zeros(3, np.int64), NO_TARGET, 0.7).tolist() == [0, 2, 1]


def test_categories_come_in_their_shares():
    size = 40
    scores, category = np.linspace(1, 0.98, size).astype(np.float32), (np.arange(size) >= 20).astype(np.int64)
    mixed = diversify(scores, np.zeros((size, 2), np.float32), category, np.float32([0.25, 0.75, 0, 0]), 1.0, 20)
    assert np.bincount(category[mixed[:20]]).tolist() == pytest.approx([5, 15], abs=1)


@given(st.lists(st.integers(0, 3), max_size=40))
def test_no_category_fills_more_than_three_of_the_first_places_in_a_row_while_there_are_others(categories):
    order = spread(np.array(categories, np.int64)).tolist()
    assert sorted(order) == list(range(len(categories)))
    for place in range(LONGEST_RUN, min(FIRST, len(order))):
        run = {categories[at] for at in order[place - LONGEST_RUN : place + 1]}
        left = {categories[at] for at in order[place:]}
        assert len(run) > 1 or run in ({0}, left)
    for kind in set(categories):
        mine = [at for at in order if categories[at] == kind]
        assert mine == sorted(mine)
    if all(one != other for one, other in itertools.pairwise(categories)):
        assert order == sorted(order)


@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_what_is_tried_stands_within_bounds_and_is_drawn_the_same_again(size, seed, tail):
    order, tried = np.arange(size), np.arange(max(size - 3, 0), max(size - 3, 0) + tail)
    found, position, propensity = explore(order, tried, seed)
    assert explore(order, tried, seed)[0].tolist() == found.tolist()
    assert len(set(found.tolist())) == found.size
    assert set(order.tolist()) <= set(found.tolist())
    if position is None:
        assert found.tolist() == order.tolist()
        assert tail == 0 or size <= 18
    else:
        assert 8 <= position <= 18
        assert found[position - 1] in tried
        assert propensity == pytest.approx(1 / tail)


def test_every_item_is_tried_as_often_as_its_propensity_says():
    tried = np.array([100, 101, 102, 103])
    drawn = [int(np.setdiff1d(explore(np.arange(30), tried, seed)[0], np.arange(30))[0]) for seed in range(800)]
    assert np.bincount(drawn)[100:] == pytest.approx([200] * 4, abs=45)
    assert WINDOW > 18
