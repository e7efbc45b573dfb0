from __future__ import annotations

import numpy as np

from tests.evaluation.small_trials import DAY, interactions


def test_equal_items_of_one_basket_are_one_entry_and_of_two_baskets_two():
    joined = interactions((0, 4, 1, 0), (0, 4, 1, 0), (0, 4, 2, 1))
    assert joined.at.tolist() == [DAY, 2 * DAY]
    assert joined.quantity.tolist() == [2, 1]


def test_entries_are_sorted_by_person_and_time_whatever_the_order_they_come_in():
    mixed = interactions((1, 0, 5, 2), (0, 3, 9, 1), (1, 2, 3, 3), (0, 1, 4, 0))
    assert mixed.person.tolist() == [0, 0, 1, 1]
    assert mixed.item.tolist() == [1, 3, 2, 0]
    assert mixed.starts.tolist() == [0, 2, 4]


def test_before_is_strict():
    two = interactions((0, 0, 1, 0), (0, 1, 2, 1))
    assert two.before(2 * DAY).item.tolist() == [0]
    assert two.before(2 * DAY).n_items == 2


def test_the_matrix_counts_and_took_does_not():
    twice = interactions((0, 1, 1, 0), (0, 1, 2, 1), (1, 0, 1, 2))
    np.testing.assert_array_equal(twice.matrix().toarray(), [[0, 2], [1, 0]])
    np.testing.assert_array_equal(twice.took.toarray(), [[0, 1], [1, 0]])
    assert twice.popularity.tolist() == [1, 2]


def test_nothing_at_all_is_no_error():
    nothing = interactions(n_people=2, n_items=3)
    assert nothing.matrix().shape == (2, 3)
    assert nothing.starts.tolist() == [0, 0, 0]
