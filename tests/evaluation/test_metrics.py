"""Expectations worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.evaluation import list_metrics, metrics
from service.evaluation.bootstrap import intervals
from service.evaluation.protocols.given_split import masked_occasions
from tests.evaluation.small_trials import interactions

HITS = np.array([[True, False, True, False], [False, False, False, False], [True, True, True, True]])
SIZES = np.array([3, 2, 9])
LOG3, LOG5 = np.log2(3), np.log2(5)
FULL = 1 + 1 / LOG3 + 1 / 2 + 1 / LOG5


@pytest.mark.parametrize(("measure", "expected"), [
    (metrics.recall, [2 / 3, 0, 4 / 9]),
    (metrics.ndcg, [(1 + 1 / 2) / (1 + 1 / LOG3 + 1 / 2), 0, FULL / FULL]),
    (metrics.hit, [1, 0, 1]),
    (metrics.reciprocal_rank, [1, 0, 1]),
    (metrics.average_precision, [(1 + 2 / 3) / 3, 0, 1]),
])
def test_accuracy_by_hand(measure, expected):
    np.testing.assert_allclose(measure(HITS, SIZES), expected)


@pytest.mark.parametrize("measure", [
    metrics.recall, metrics.ndcg, metrics.hit, metrics.reciprocal_rank, metrics.average_precision,
])
def test_where_nothing_was_taken_nothing_is_said(measure):
    assert np.isnan(measure(np.zeros((1, 3), bool), np.array([0]))).all()


@settings(max_examples=60)
@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6), st.integers(0, 4))
def test_moving_a_hit_up_never_lowers_and_all_stay_within_bounds(rows, extra):
    hits = np.array(rows)
    sizes = hits.sum(axis=1) + extra
    sorted_hits = -np.sort(-hits.astype(int), axis=1) > 0
    for measure in (metrics.recall, metrics.ndcg, metrics.hit, metrics.reciprocal_rank, metrics.average_precision):
        before, after = measure(hits, sizes), measure(sorted_hits, sizes)
        there = sizes > 0
        assert (after[there] >= before[there] - 1e-12).all()
        assert ((before[there] >= 0) & (after[there] <= 1 + 1e-12)).all()


def test_hits_are_found_in_ones_own_truth_alone():
    history = interactions((0, 9, 0, 0), n_people=2, n_items=10)
    occasions = masked_occasions(history, np.array([0, 0, 1]), np.array([3, 4, 5]))
    items = np.array([[5, 3, -1], [5, 4, -1]])
    np.testing.assert_array_equal(metrics.hits_of(items, occasions), [[False, True, False], [True, False, False]])
    only_first = np.array([True, False, False])
    np.testing.assert_array_equal(metrics.hits_of(items, occasions, only_first).any(axis=1), [True, False])


def test_the_character_of_lists_by_hand():
    items = np.array([[0, 1], [2, -1]])
    assert list_metrics.coverage(items, 4) == 0.75
    popularity = np.float32([7, 3, 0, 0])
    np.testing.assert_allclose(list_metrics.novelty(items, popularity, 7), [(0 + 1) / 2, 3])
    np.testing.assert_allclose(list_metrics.popularity_share(items, popularity), [0.5, 0])
    paths = np.array([[0, 1], [0, 2], [3, 4], [-1, -1]])
    np.testing.assert_allclose(list_metrics.diversity(items, paths), [0.5, np.nan])
    np.testing.assert_allclose(list_metrics.diversity(np.array([[0, 2, 3]]), paths), [1])


def test_calibration_by_hand():
    category = np.array([0, 0, 1, -1])
    past = np.array([0, 0, 1]), np.array([0, 2, 3])
    found = list_metrics.calibration(np.array([[0, 1], [0, 1]]), category, past)
    # p = (½, ½), q̃ = (.99 + .005, .005)
    assert found[0] == pytest.approx(0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005))
    assert np.isnan(found[1])
    balanced = list_metrics.calibration(np.array([[0, 2]]), category, (np.array([0, 0]), np.array([0, 2])))
    assert balanced[0] == pytest.approx(0)


def test_intervals_cover_the_mean_of_the_normal_theory():
    marks = np.random.default_rng(3).normal(5, 2, (400, 1))
    [one] = intervals(marks, seed=1)
    half = 1.96 * marks.std() / 20
    assert one.low == pytest.approx(marks.mean() - half, abs=0.04)
    assert one.high == pytest.approx(marks.mean() + half, abs=0.04)
    assert [one] == intervals(marks, seed=1)
    assert [one] != intervals(marks, seed=2)


def test_people_without_a_measure_are_left_out_and_a_measure_without_people_is_nan():
    marks = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    first, second, third = intervals(marks, seed=1)
    assert first.mean == 2
    assert second.mean == second.low == second.high == 4
    assert np.isnan([third.mean, third.low, third.high]).all()
