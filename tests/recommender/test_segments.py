"""Segments: their boundaries, and none of a few people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.segments import SMALLEST, segments_of, shop_segments, sized
from service.recommender.wording import LANGUAGES, Message, say

NAN = float("nan")


def keys(**traits):
    return {one.key for one in segments_of(traits)}


@pytest.mark.parametrize(("traits", "key"), [
    ({"recency_days": 28}, "lifecycle.active"), ({"recency_days": 42}, "lifecycle.active"),
    ({"recency_days": 42.1}, "lifecycle.at_risk"), ({"recency_days": 112}, "lifecycle.at_risk"),
    ({"recency_days": 112.1}, "lifecycle.lapsed"), ({"recency_days": 91, "mean_gap_days": 3}, "lifecycle.at_risk"),
    ({"recency_days": 29, "mean_gap_days": 3}, "lifecycle.at_risk"),
    ({"recency_days": 5, "first_order_at": 0, "last_order_at": 30 * 86_400}, "lifecycle.new"),
    ({"recency_days": 5.1, "first_order_at": 0, "last_order_at": 30 * 86_400}, "lifecycle.active"),
    ({"frequency_91": 13}, "frequency.often"), ({"frequency_91": 12}, "frequency.sometimes"),
    ({"mean_basket_value": 50.0}, "value.high"), ({"mean_basket_value": 15.0}, "value.low"),
    ({"discounted_share": 0.5}, "discount.seeker"), ({"region": "Kanto"}, "region.Kanto"),
])
def test_the_boundary_belongs_to_one_segment(traits, key):
    assert keys(**traits) == {key}


@pytest.mark.parametrize("traits", [
    {}, {"recency_days": NAN}, {"recency_days": None}, {"recency_days": "3"}, {"frequency_91": 0}, {"region": ""},
    {"mean_basket_value": 15.01}, {"mean_basket_value": 49.99}, {"discounted_share": 0.49}, {"region": None},
    {"recency_days": float("inf")},
])
def test_what_is_not_known_puts_nobody_anywhere(traits):
    assert keys(**traits) == set()


@given(st.dictionaries(
    st.sampled_from(["recency_days", "frequency_91", "first_order_at", "last_order_at", "mean_gap_days",
                     "mean_basket_value", "discounted_share", "age_band", "household"]),
    st.one_of(st.none(), st.floats(0, 1e9), st.just(NAN), st.integers(0, 10**6), st.text(st.characters(codec="utf-8"), max_size=5)),
))
def test_every_segment_is_said_in_every_language(traits):
    for one in segments_of(traits, "USD"):
        for language in LANGUAGES:
            assert say(one.because, language)
            assert isinstance(one.title, Message)
            assert say(one.title, language)


def test_segments_of_fewer_people_are_not_shown():
    found = [*segments_of({"frequency_91": 13}), *shop_segments(["vip", "tiny", "gone"], {"vip": {"en": "Club"}})]
    shown = sized(found, {"frequency.often": SMALLEST, "vip": 900, "tiny": SMALLEST - 1})
    assert [(one.key, one.size) for one in shown] == [("frequency.often", SMALLEST), ("vip", 900)]
    assert shown[1].title == {"en": "Club"}
