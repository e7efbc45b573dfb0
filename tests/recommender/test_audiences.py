"""Audiences: whatever segments an ad names together, it reaches nobody or many, and leaves out nobody or many."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommender.auction import meant_for, targeted
from service.recommender.profile import Profile
from service.recommender.segment_sizes import SMALLEST, SegmentSizes
from service.recommender.segmentation import Segmentation
from service.recommender.segments import belongings
from tests.recommender.odd_shops import PURPOSES, SOMEBODY, the_shop

SHOP = the_shop()
(AD,) = SHOP.catalogue.rows_of(["a3"])
BANDS, REGIONS, BROUGHT = ["1", "2", "3", None], ["N", "S", "W", None], ["vip", "club", "region.N", "late"]


@st.composite
def crowds(draw):
    """People with what they told and where the shop put them; some kinds of them rare, some kinds nearly all."""
    size = draw(st.integers(0, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parts = [rng.dirichlet([draw(st.sampled_from([0.05, 0.3, 2.0])) for _ in told]) for told in (BANDS, REGIONS)]
    chance = [draw(st.sampled_from([0.0, 0.03, 0.3, 0.6, 0.97, 1.0])) for _ in BROUGHT]
    return [
        {
            "age_band": BANDS[rng.choice(4, p=parts[0])], "region": REGIONS[rng.choice(4, p=parts[1])],
            "shop_segments": [key for key, part in zip(BROUGHT, chance, strict=True) if rng.random() < part],
        }
        for _ in range(size)
    ]


def counted(people):
    by_rule = Counter(one.key for traits in people for one in belongings(traits, Segmentation()))
    by_shop = Counter(key for traits in people for key in traits["shop_segments"])
    return SegmentSizes(len(people), by_rule, len(people), by_shop).published()


def shop_with(sizes, *named):
    targets = [named if row == AD else () for row in range(len(SHOP.catalogue))]
    return replace(SHOP, catalogue=replace(SHOP.catalogue, segments=targets), segmentation=Segmentation(sizes=sizes))


def somebody_with(traits):
    return Profile(SOMEBODY, PURPOSES, traits=traits)


NAMES = ["age.1", "age.2", "age.3", "region.N", "region.S", "region.W", "vip", "club", "late", "gone", "lifecycle.new"]


@settings(max_examples=60, deadline=None)
@given(crowds(), st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
def test_no_combination_reaches_a_few_or_all_but_a_few(people, named):
    shop, ad = shop_with(counted(people), *named), np.array([AD])
    reached = sum(bool(targeted(somebody_with(traits), shop, ad)[0]) for traits in people)
    assert reached == 0 or reached >= SMALLEST
    assert not reached or len(people) - reached == 0 or len(people) - reached >= SMALLEST


@settings(max_examples=40, deadline=None)
@given(crowds(), st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
def test_what_an_ad_says_whom_it_is_for_is_whom_it_reaches(people, named):
    shop, ad = shop_with(counted(people), *named), np.array([AD])
    for traits in people[:40]:
        key = meant_for(somebody_with(traits), shop, int(AD))
        assert (key is not None) == bool(targeted(somebody_with(traits), shop, ad)[0])
        assert key is None or key in named


@pytest.mark.parametrize(("named", "audience"), [
    (["vip"], {"vip"}), (["vip", "few"], {"vip"}), (["vip", "club"], {"vip"}), (["club", "late"], {"club", "late"}),
    (["age.1", "age.2"], {"age.1", "age.2"}), (["age.1", "age.2", "late"], {"age.1", "age.2"}),
    (["age.2", "late"], {"age.2", "late"}), (["all", "vip"], {"all"}), (["few"], set()), ([], set()),
])
def test_of_what_may_overlap_the_largest_that_surely_leave_many_outside_stay(named, audience):
    sizes = SegmentSizes(900, {"age.1": 600, "age.2": 250}, 1_000,
                         {"vip": 700, "club": 300, "late": 60, "few": 20, "all": 1_000})
    assert sizes.audience(named) == audience
