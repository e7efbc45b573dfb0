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


def test_each_persons_entries_end_at_their_own_moment():
    shop = interactions((0, 1, 1, 0), (0, 2, 2, 1), (0, 3, 2, 1), (1, 1, 1, 2), (1, 1, 9, 3), (2, 4, 5, 4))
    people, moments = np.array([0, 2]), np.array([2, 5]) * DAY
    assert shop.is_before(people, moments).tolist() == [True, False, False, True, True, False]
    assert shop.ends_before(people, moments).tolist() == [1, 5]
    assert shop.ends_before(np.array([1]), np.array([10 * DAY])).tolist() == [5]


def test_the_first_entry_of_a_label_is_one_a_person_and_keeps_the_order_of_time():
    shop = interactions((0, 7, 1, 5), (0, 8, 2, 5), (0, 7, 3, 1), (1, 7, 2, 6))
    assert shop.first_of_each(shop.basket).at.tolist() == [DAY, 3 * DAY, 2 * DAY]
    assert shop.first_of_each(shop.basket).basket.tolist() == [5, 1, 6]
    assert shop.first_of_each(shop.item).at.tolist() == [DAY, 2 * DAY, 2 * DAY]


def test_the_matrix_counts_and_took_does_not():
    twice = interactions((0, 1, 1, 0), (0, 1, 2, 1), (1, 0, 1, 2))
    np.testing.assert_array_equal(twice.matrix().toarray(), [[0, 2], [1, 0]])
    np.testing.assert_array_equal(twice.took.toarray(), [[0, 1], [1, 0]])
    assert twice.popularity.tolist() == [1, 2]


def test_nothing_at_all_is_no_error():
    nothing = interactions(n_people=2, n_items=3)
    assert nothing.matrix().shape == (2, 3)
    assert nothing.starts.tolist() == [0, 0, 0]
