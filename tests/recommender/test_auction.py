"""Ad slots: second price, one ad a campaign, never above the bid, and only for whom they are meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.auction import auction, meant_for, targeted
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.segmentation import Segmentation
from tests.recommender.odd_shops import somebody, the_shop

SHOP = the_shop()
ads = st.lists(st.tuples(
    st.floats(0, 1, width=32), st.one_of(st.just(float("nan")), st.floats(0, 50, width=32)), st.sampled_from("abcd"),
), max_size=12)


def held(entries):
    probability, bid, campaign = zip(*entries, strict=True) if entries else ((), (), ())
    rows = np.arange(len(entries), dtype=np.int64) + 100
    return auction(rows, np.array(probability, np.float32), np.array(bid, np.float32), list(campaign))


def test_the_winner_pays_what_the_next_one_is_worth():
    rows, value, price = held([(0.1, 2.0, "a"), (0.2, 3.0, "b"), (0.1, 1.0, "c")])
    assert rows.tolist() == [101, 100, 102]
    assert value == pytest.approx([0.6, 0.2, 0.1])
    assert price == pytest.approx([1.0, 1.0, 0.1])


def test_the_own_campaign_is_no_rival():
    rows, _, price = held([(0.2, 3.0, "a"), (0.2, 2.9, "a"), (0.1, 1.0, "b")])
    assert rows.tolist() == [100, 102]
    assert price[0] == pytest.approx(0.5)


@given(ads)
def test_one_ad_a_campaign_best_first_and_never_above_the_bid(entries):
    rows, value, price = held(entries)
    campaigns = [entries[row - 100][2] for row in rows]
    bids = np.nan_to_num(np.array([entries[row - 100][1] for row in rows], np.float32))
    assert sorted(campaigns) == sorted({campaign for *_, campaign in entries})
    assert (np.diff(value) <= 0).all()
    assert (price <= bids + 1e-6).all()
    assert (price >= 0.1 * bids - 1e-6).all()


@given(ads)
def test_more_money_never_costs_a_place(entries):
    for index, (probability, bid, _) in enumerate(entries[:3]):
        alone = [(p, b, str(n)) for n, (p, b, _) in enumerate(entries)]
        before = held(alone)[0].tolist().index(100 + index)
        alone[index] = (probability, float(np.nan_to_num(bid)) + 1, str(index))
        assert held(alone)[0].tolist().index(100 + index) <= before


def rows_for(*segments, sizes=None):
    shop = SHOP if sizes is None else replace(SHOP, segmentation=Segmentation(sizes=SegmentSizes(0, {}, 1_000, sizes)))
    rows = shop.catalogue.rows_of(["a0", "a7"])
    return targeted(somebody(traits={"shop_segments": list(segments)}), shop, rows).tolist()


def test_an_ad_for_a_segment_is_shown_to_its_people_alone():
    assert rows_for("vip") == [True, True]
    assert rows_for("others") == [True, False]
    assert rows_for() == [True, False]


def test_a_segment_of_a_few_people_is_not_targeted():
    assert rows_for("vip", sizes={"vip": 49}) == [True, False]
    assert rows_for("vip", sizes={"vip": 50}) == [True, True]
    assert rows_for("vip", sizes={}) == [True, False]


def test_an_ad_is_meant_for_the_largest_of_the_segments_that_both_name():
    catalogue = replace(SHOP.catalogue, segments=[("vip", "club", "few", "age.1")] * len(SHOP.catalogue))
    sizes = SegmentSizes(900, {"age.1": 70}, 900, {"vip": 60, "club": 80, "few": 3, "others": 300})
    shop = replace(SHOP, catalogue=catalogue, segmentation=Segmentation(sizes=sizes))
    for segments, age, meant in ((["vip", "club", "few"], "1", "club"), (["vip", "others"], "1", "age.1"),
                                 (["vip"], "2", "vip"), (["few", "others"], "2", None), ([], None, None)):
        somebody_else = somebody(traits={"shop_segments": segments, "age_band": age})
        assert meant_for(somebody_else, shop, 0) == meant
    assert meant_for(somebody(traits={"shop_segments": ["vip"]}), SHOP, 0) is None


@pytest.mark.parametrize("odd", [None, "vip", 7, float("nan"), {"vip": 1}])
def test_segments_of_another_form_are_none(odd):
    rows = SHOP.catalogue.rows_of(["a7"])
    assert targeted(somebody(traits={"shop_segments": odd}), SHOP, rows).tolist() == [False]
