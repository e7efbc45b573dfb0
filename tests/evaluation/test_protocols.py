from __future__ import annotations

import gzip

import numpy as np
import pytest

from service.evaluation.errors import DataUnusable
from service.evaluation.occasions import Allowed
from service.evaluation.protocols.given_split import given_split, read_pairs
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.protocols.leave_one_out import leave_one_out
from tests.evaluation.small_trials import DAY, interactions


def asked(occasions, index):
    rows = slice(occasions.start[index], occasions.end[index])
    truth = occasions.truth[occasions.truth_start[index] : occasions.truth_start[index + 1]]
    return occasions.history.item[rows].tolist(), truth.tolist()


def test_the_last_of_three_baskets_is_held_out_with_its_distinct_items():
    trial = last_basket(interactions(
        (0, 1, 1, 0), (0, 2, 2, 1), (0, 1, 3, 2), (0, 7, 3, 2), (0, 7, 3, 2),
        (1, 5, 1, 3), (1, 5, 2, 4),
    ), ["c:a", "c:b"])
    assert trial.occasions.keys == ["c:a"]
    assert trial.occasions.at.tolist() == [3 * DAY]
    assert asked(trial.occasions, 0) == ([1, 2], [1, 7])
    assert trial.occasions.truth_is_repeat.tolist() == [True, False]
    assert trial.occasions.allowed is Allowed.ALL


def test_the_last_basket_is_the_one_that_began_last_whatever_its_number():
    trial = last_basket(interactions((0, 1, 9, 0), (0, 2, 2, 1), (0, 3, 3, 2)))
    assert asked(trial.occasions, 0) == ([2, 3], [1])


def test_nobody_with_three_baskets_is_said():
    with pytest.raises(DataUnusable, match="3 baskets"):
        last_basket(interactions((0, 1, 1, 0), (0, 2, 2, 1)))


def test_the_item_whose_first_time_came_last_is_left_out_even_if_older_ones_came_again_later():
    trial = leave_one_out(interactions((0, 1, 1, 0), (0, 2, 2, 1), (0, 3, 3, 2), (0, 1, 4, 3)))
    assert asked(trial.occasions, 0) == ([1, 2], [3])
    assert trial.occasions.allowed is Allowed.NEW


def test_of_what_came_together_one_is_left_out_and_the_rest_is_no_history():
    trial = leave_one_out(interactions((0, 1, 1, 0), (0, 2, 2, 1), (0, 3, 2, 1)))
    assert asked(trial.occasions, 0) == ([1], [3])


def test_who_has_nothing_before_is_not_asked():
    trial = leave_one_out(interactions((0, 1, 1, 0), (0, 2, 1, 0), (1, 1, 1, 1), (1, 2, 2, 2)))
    assert trial.occasions.person.tolist() == [1]
    with pytest.raises(DataUnusable, match="two items"):
        leave_one_out(interactions((0, 1, 1, 0)))


def test_what_the_asked_do_from_their_moment_on_is_nowhere_in_what_may_be_learnt():
    trial = leave_one_out(interactions((0, 1, 1, 0), (0, 2, 2, 1), (0, 1, 4, 3), (1, 2, 9, 4)))
    assert trial.without_held_out().item.tolist() == [1, 2]


def test_a_given_split_is_read_plain_or_gzipped(tmp_path):
    train, test = tmp_path / "train.txt", tmp_path / "test.txt.gz"
    train.write_text("0 1 2\n3 4\n", encoding="ascii")
    test.write_bytes(gzip.compress(b"3 5 0\n0 9\n7\n"))
    trial = given_split(train, test)
    assert trial.interactions.n_items == 10
    assert trial.occasions.person.tolist() == [0, 3]
    assert asked(trial.occasions, 0) == ([1, 2], [9])
    assert asked(trial.occasions, 1) == ([4], [0, 5])
    assert trial.occasions.allowed is Allowed.NEW
    assert not trial.is_timed


@pytest.mark.parametrize(("content", "said"), [
    ("0 1\n2 x\n", "line 2"), ("0 -1\n", "line 1"), ("5\n", "no line"), ("", "no line"), ("0 1.5", "line 1"),
])
def test_a_file_of_another_format_is_refused_with_its_line(tmp_path, content, said):
    path = tmp_path / "train.txt"
    path.write_text(content, encoding="ascii")
    with pytest.raises(DataUnusable, match=said):
        read_pairs(path)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DataUnusable, match=r"gone\.txt"):
        read_pairs(tmp_path / "gone.txt")


def test_a_sample_of_people_is_seeded_and_all_are_still_learnt_from():
    rows = [(person, day, day, 10 * person + day) for person in range(9) for day in range(4)]
    trial = last_basket(interactions(*rows))
    few, again, other = trial.sampled(3, 1), trial.sampled(3, 1), trial.sampled(3, 2)
    assert few.occasions.person.tolist() == again.occasions.person.tolist() != other.occasions.person.tolist()
    assert len(few.occasions) == 3
    assert len(few.interactions) == len(trial.interactions)
    np.testing.assert_array_equal(trial.sampled(99, 1).occasions.person, trial.occasions.person)
