"""Which part of a list a page is: both ends, both directions, and bounds that are told by the argument's name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.errors import InvalidArgument, InvalidCursor
from service.recommender.paging import Places, Window, check_size
from service.recommender.person import Person
from service.recommender.question import MOST_ITEMS
from tests.small_recommender import small_recommender

THERE = st.lists(st.integers(1, 60), unique=True).map(sorted)


@given(THERE, st.integers(0, 20), st.integers(0, 61), st.none() | st.integers(1, 62), st.booleans())
def test_a_page_is_a_run_of_what_lies_between_its_cursors(there, size, after, before, backwards):
    shown, has_next, has_previous = Places(size, after, before, backwards=backwards).among(np.array(there, int))
    between = [one for one in there if one > after and (before is None or one < before)]
    wanted = between[:size] if not backwards else between[len(between) - min(size, len(between)) :]
    assert shown.tolist() == wanted
    if wanted:
        assert has_next == (there[-1] > wanted[-1])
        assert has_previous == (there[0] < wanted[0])


@pytest.mark.parametrize("size", [-1, MOST_ITEMS + 1])
@pytest.mark.parametrize(("backwards", "name"), [(False, "first"), (True, "last")])
def test_a_page_has_its_bounds(size, backwards, name):
    with pytest.raises(InvalidArgument, match=f"{name} is {size}"):
        Window(size, backwards=backwards).check()
    with pytest.raises(InvalidArgument, match=f"first is {size}"):
        check_size(size)


def test_cursors_of_two_lists_make_no_page(clock):
    shop = small_recommender(clock)
    recommender, visit = shop.recommender, shop.recommender.open(Person.customer("3"))
    one, other = (recommender.recommend(visit, recommender.question(), Window(5)).entries for _ in range(2))
    with pytest.raises(InvalidCursor, match="two lists"):
        recommender.recommend(visit, recommender.question(), Window(5, one[0].cursor, other[3].cursor))
    between = recommender.recommend(visit, recommender.question(), Window(5, one[0].cursor, one[3].cursor))
    assert [entry.item_id for entry in between.entries] == [entry.item_id for entry in one[1:3]]
