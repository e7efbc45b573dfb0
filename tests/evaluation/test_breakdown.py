"""Groups of the report: what is told of some never tells the few who are not in them."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.evaluation.breakdown import telling
from service.recommender.segment_sizes import SMALLEST


def masks(*sizes, people=200, start=0):
    """Groups that follow one another."""
    edges = np.cumsum([start, *sizes])
    place = np.arange(people)
    return [(place >= low) & (place < high) for low, high in pairwise(edges)]


def named(*groups):
    return {f"g{number}": mask for number, mask in enumerate(groups)}


@pytest.mark.parametrize(("sizes", "told"), [
    ((100, 100), {"g0", "g1"}), ((100, 51, 49), {"g0"}), ((100, 95, 5), {"g0"}), ((151, 49), set()), ((49,), set()), ((150,), {"g0"}),
])
def test_a_small_group_is_not_told_by_its_complement(sizes, told):
    assert set(telling([named(*masks(*sizes))])) == told


def test_of_two_groups_that_differ_by_a_few_one_is_told():
    (most,), (nearly,), (fewer,) = masks(120), masks(117), masks(60)
    assert set(telling([{"club": most}, {"vip": nearly}, {"late": fewer}])) == {"club", "late"}
    assert set(telling([{"club": most}, {"same": most}])) == {"club", "same"}
    (shifted,) = masks(120, start=3)
    assert set(telling([{"club": most}, {"shifted": shifted}])) == {"club", "shifted"}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 120), max_size=4), max_size=3), st.lists(st.integers(0, 400), max_size=4), st.integers(0, 2**32 - 1))
def test_no_difference_of_groups_that_are_told_is_of_a_few(partitions, overlapping, seed):
    draw, people = np.random.default_rng(seed), 400
    place = draw.permutation(people)
    families = [{f"{n}.{key}": mask[place] for key, mask in named(*masks(*sizes, people=people)).items()}
                for n, sizes in enumerate(partitions)]
    families += [{f"shop {n}": np.arange(people) < size} for n, size in enumerate(overlapping)]
    found = telling(families)
    whole = np.ones(people, np.bool_)
    for one, other in combinations([*found.values(), whole], 2):
        for small, large in ((one, other), (other, one)):
            apart = int((large & ~small).sum())
            assert (small & ~large).any() or apart == 0 or apart >= SMALLEST
    for family in families:
        outside = people - sum(int(found[name].sum()) for name in family if name in found)
        assert outside == 0 or outside >= SMALLEST
