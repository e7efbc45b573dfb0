"""Sizes: no segment that is told gives away a small group, neither inside it nor outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.segment_sizes import SMALLEST, SegmentSizes, withhold

families = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 300), max_size=7)


@pytest.mark.parametrize(("sizes", "everybody", "told"), [
    ({"a": 50}, 100, {"a"}), ({"a": 49}, 100, set()), ({"a": 50}, 99, set()), ({"a": 51}, 100, set()),
    ({"a": 60}, 60, {"a"}), ({"a": 49}, 49, set()), ({}, 500, set()), ({}, 0, set()),
    ({"a": 300, "b": 60, "c": 6}, 366, {"a"}), ({"a": 300, "b": 60, "c": 6}, 410, {"a", "b"}),
    ({"a": 60, "b": 60, "c": 3}, 123, {"b"}), ({"a": 60, "b": 3}, 63, set()),
])
def test_who_is_in_none_that_is_told_is_nobody_or_many(sizes, everybody, told):
    assert set(withhold(sizes, everybody)) == told


@given(families, st.integers(0, 120))
def test_nobody_is_singled_out_inside_or_outside(sizes, unknown):
    everybody = sum(sizes.values()) + unknown
    told = withhold(sizes, everybody)
    assert all(size >= SMALLEST for size in told.values())
    rest = everybody - sum(told.values())
    assert not told or rest == 0 or rest >= SMALLEST


@given(families, st.integers(0, 120), families, st.integers(0, 120))
def test_every_family_by_itself(first, unknown, second, others):
    people = max(sum(first.values()), sum(second.values())) + min(unknown, others)
    by_rule = {f"one.{key}": size for key, size in first.items()} | {f"two.{key}": size for key, size in second.items()}
    told = SegmentSizes(people, by_rule).told
    for family in ("one.", "two."):
        mine = [size for key, size in told.items() if key.startswith(family)]
        assert not mine or people == sum(mine) or people - sum(mine) >= SMALLEST


def test_a_shops_segments_overlap_and_stand_each_by_itself():
    sizes = SegmentSizes(0, {}, 120, {"vip": 60, "club": 70, "nearly-all": 119, "all": 120, "few": 49})
    assert sizes.told == {"vip": 60, "club": 70, "all": 120}


def test_a_key_that_the_shop_gave_is_the_shops():
    sizes = SegmentSizes(500, {"region.North": 200, "region.South": 200}, 500, {"region.North": 60, "age.1": 7})
    assert sizes.told == {"region.North": 60, "region.South": 200}
    assert sizes.told_by_rule == {"region.South": 200}


@pytest.mark.parametrize("people", [0, 1, 49])
def test_a_shop_of_fewer_than_fifty_has_no_segments(people):
    sizes = SegmentSizes(people, {"lifecycle.active": people, "age.35-44": people}, people, {"vip": people})
    assert sizes.told == {}


@given(families, st.integers(0, 120), families, st.integers(0, 500))
def test_nothing_is_kept_of_what_is_not_told(by_rule, unknown, by_shop, others):
    sizes = SegmentSizes(sum(by_rule.values()) + unknown, by_rule, max(by_shop.values(), default=0) + others, by_shop)
    kept = sizes.published()
    assert kept.told == sizes.told
    assert {**kept.by_rule, **kept.by_shop} == kept.told
    assert kept.published() == kept


@given(st.integers(0, 900), families, st.integers(0, 900), families)
def test_what_is_written_is_read_back(people, by_rule, customers, by_shop):
    sizes = SegmentSizes(people, by_rule, customers, by_shop)
    assert SegmentSizes.of_json(sizes.as_json()) == sizes


@pytest.mark.parametrize("other", [None, [], {}, {"vip": 70}, {"people": 3, "by_rule": 7, "customers": 1, "by_shop": {}}, "x",
                                   {"people": None, "by_rule": {}, "customers": 1, "by_shop": {}}])
def test_anything_else_is_refused(other):
    with pytest.raises(ValueError, match="no segment sizes"):
        SegmentSizes.of_json(other)
