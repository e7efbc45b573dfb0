"""Segments: their boundaries, what is said of each, and none of a few people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.lifetime import Lifetime
from service.recommender.quintiles import Quintiles
from service.recommender.segment_sizes import SMALLEST, SegmentSizes
from service.recommender.segmentation import NO_SEGMENTATION, Segmentation
from service.recommender.segments import belongings, keys_of, segments_of
from service.recommender.taste import HABITS, Mark, Taste, Tastes
from service.recommender.wording import LANGUAGES, Message, say

NAN = float("nan")
DAY = 86_400
TASTES = Tastes(
    ("Shop > Tea", "Shop > Soap"), (0.0,) * len(HABITS), (1.0,) * len(HABITS),
    np.float32([[1, 0] + [0] * len(HABITS), [0, 1] + [0] * len(HABITS)]),
    (Taste("taste.tea", (Mark("Shop > Tea", usual_share=0.2), Mark(habit="weekend"))),
     Taste("taste.soap", (Mark("Shop > Soap", usual_share=0.3),))),
)
LEARNT = Segmentation(
    usual_gap_days=10.0,
    quintiles=Quintiles({
        "recency_days": (2, 5, 10, 30), "frequency_91": (1, 3, 6, 12), "monetary_91": (10, 50, 100, 400),
        "mean_basket_value": (8.0, 15.0, 22.0, 40.0),
    }),
    lifetime=Lifetime(0.6, 12.0, 0.8, 3.0),
    tastes=TASTES,
)


def keys(everybody=LEARNT, **traits):
    return {one.key for one in belongings(traits, everybody)}


@pytest.mark.parametrize(("traits", "key"), [
    # Of a single order the usual 10 days count: late after 30, gone after 60.
    ({"recency_days": 30}, "lifecycle.active"), ({"recency_days": 30.1}, "lifecycle.at_risk"),
    ({"recency_days": 60}, "lifecycle.at_risk"), ({"recency_days": 60.1}, "lifecycle.lapsed"),
    # Whoever comes every third day is missed after two weeks, who comes every thirtieth after nearly three months.
    ({"recency_days": 14, "mean_gap_days": 3, "frequency": 40}, "lifecycle.active"),
    ({"recency_days": 15, "mean_gap_days": 3, "frequency": 40}, "lifecycle.at_risk"),
    ({"recency_days": 57, "mean_gap_days": 3, "frequency": 40}, "lifecycle.lapsed"),
    ({"recency_days": 80, "mean_gap_days": 30, "frequency": 12}, "lifecycle.active"),
    ({"recency_days": 90, "mean_gap_days": 30, "frequency": 12}, "lifecycle.at_risk"),
    ({"recency_days": 150, "mean_gap_days": 30, "frequency": 12}, "lifecycle.at_risk"),
    ({"recency_days": 180, "mean_gap_days": 30, "frequency": 12}, "lifecycle.lapsed"),
    ({"recency_days": 5, "first_order_at": 0, "last_order_at": 30 * DAY}, "lifecycle.new"),
    ({"recency_days": 5.1, "first_order_at": 0, "last_order_at": 30 * DAY}, "lifecycle.active"),
    ({"frequency_91": 13}, "frequency.often"), ({"frequency_91": 12}, "frequency.sometimes"),
    ({"mean_basket_value": 40.01}, "value.high"), ({"mean_basket_value": 8.0}, "value.low"),
    ({"discounted_share": 0.5}, "discount.seeker"), ({"region": "Kanto"}, "region.Kanto"),
    ({"age_band": "35-44"}, "age.35-44"), ({"household": "2"}, "household.2"), ({"income_band": "x"}, "income.x"),
])
def test_the_boundary_belongs_to_one_segment(traits, key):
    assert keys(**traits) == {key}


@pytest.mark.parametrize(("recency", "orders", "spent", "name"), [
    (2, 13, 500, "champions"), (5, 7, 101, "champions"), (5, 4, 60, "loyal"), (2, 1, 5, "promising"),
    (10, 20, 900, "loyal"), (10, 4, 60, "attention"), (11, 20, 900, "missed"), (400, 0, 0, "quiet"),
])
def test_fifths_have_names(recency, orders, spent, name):
    found = keys(recency_days=recency, frequency_91=orders, monetary_91=spent)
    assert {key for key in found if key.startswith("rfm")} == {f"rfm.{name}"}


@pytest.mark.parametrize(("orders", "between", "silent", "expected"), [
    (40, 300, 2, {"alive.likely", "expected.some"}), (200, 300, 0, {"alive.likely", "expected.many"}),
    (40, 300, 100, {"alive.unlikely", "expected.few"}), (2, 20, 40, {"alive.doubtful", "expected.few"}),
    (1, 0, 20, set()),
])
def test_lifetime_tells_who_comes_again(orders, between, silent, expected):
    found = keys(frequency=orders, first_order_at=0, last_order_at=between * DAY, recency_days=silent)
    assert {key for key in found if key.startswith(("alive", "expected"))} == expected


def test_nobody_is_told_that_something_is_certain():
    traits = {"frequency": 300, "first_order_at": 0, "last_order_at": 300 * DAY, "recency_days": 200}
    (unlikely,) = (one for one in belongings(traits, LEARNT) if one.key == "alive.unlikely")
    assert "1 in 100" in say(unlikely.because, "en")


def taste_of(shares, **more):
    traits = {"frequency": 9, "categories": tuple(shares), "category_shares": tuple(shares.values()), **more}
    return [one for one in belongings(traits, LEARNT) if one.key.startswith("taste")]


def test_a_taste_is_the_nearest_and_says_what_of_ones_own_put_one_there():
    (tea,) = taste_of({"Shop > Tea": 0.6, "Shop > Soap": 0.1})
    assert tea.key == "taste.tea"
    assert say(tea.title, "en") == "Fond of Tea and shopping at the weekend"
    assert say(tea.title, "ja") == "「Tea」と「週末のお買い物」がお好きなお客さま"
    assert say(tea.because, "en").startswith("60.0 % of what you buy is Tea, a favourite of this group.")


def test_of_a_category_that_one_does_not_favour_nothing_is_claimed():
    (tea,) = taste_of({"Shop > Tea": 0.15, "Elsewhere": 0.8})
    assert "%" not in say(tea.because, "en")
    assert "most like those of customers who are fond of Tea" in say(tea.because, "en")


@pytest.mark.parametrize("traits", [
    {"frequency": 2}, {"category_shares": (0.3,)}, {"category_shares": ("a", "b")}, {"categories": None},
    {"categories": (), "category_shares": ()}, {"category_shares": (0.3, NAN)},
])
def test_of_too_little_no_taste_is_told(traits):
    assert taste_of({"Shop > Tea": 0.6, "Shop > Soap": 0.1}, **traits) == []


@pytest.mark.parametrize("traits", [
    {}, {"recency_days": NAN}, {"recency_days": None}, {"recency_days": "3"}, {"frequency_91": 0}, {"region": ""},
    {"mean_basket_value": 8.01}, {"mean_basket_value": 40.0}, {"discounted_share": 0.49}, {"region": None},
    {"recency_days": float("inf")}, {"recency_days": True}, {"frequency": 9},
    {"frequency": 9, "first_order_at": 5, "last_order_at": 1},
])
def test_what_is_not_known_puts_nobody_anywhere(traits):
    assert keys(**traits) == set()


def test_before_anything_is_learnt_amounts_mean_nothing():
    assert keys(NO_SEGMENTATION, recency_days=3, frequency_91=1, monetary_91=900.0, mean_basket_value=900.0, frequency=50,
                first_order_at=0, last_order_at=300 * DAY) == {"lifecycle.active", "frequency.sometimes"}


@given(st.dictionaries(
    st.sampled_from(["recency_days", "frequency", "frequency_91", "monetary_91", "first_order_at", "last_order_at",
                     "mean_gap_days", "mean_basket_value", "discounted_share", "age_band", "household", "categories"]),
    st.one_of(st.none(), st.floats(0, 1e9), st.just(NAN), st.integers(0, 10**6), st.text(st.characters(codec="utf-8"), max_size=5)),
))
def test_every_segment_is_said_in_every_language_and_nobody_is_in_two_of_a_family(traits):
    found = belongings(traits, LEARNT, "USD")
    for one in found:
        for language in LANGUAGES:
            assert say(one.because, language)
            assert say(one.title, language)
    families = [one.key.split(".")[0] for one in found]
    assert len(set(families)) == len(families)


SIZES = SegmentSizes(1_000, {"frequency.often": SMALLEST, "age.1": SMALLEST - 1, "region.all": 960}, 1_000,
                     {"vip": 900, "tiny": SMALLEST - 1, "nearly": 951})
MEMBER = {"frequency_91": 13, "age_band": "1", "region": "all", "shop_segments": ("vip", "tiny", "gone", "nearly", "vip")}


def test_segments_of_fewer_people_inside_or_outside_are_not_shown():
    shown = segments_of(MEMBER, Segmentation(sizes=SIZES), titles={"vip": {"en": "Club"}})
    assert [(one.key, one.size) for one in shown] == [("frequency.often", SMALLEST), ("vip", 900)]
    assert shown[1].title == {"en": "Club"}


@pytest.mark.parametrize(("wanted", "found"), [
    ({"vip"}, {"vip"}), ({"vip", "tiny"}, {"vip"}), ({"tiny", "nearly", "gone"}, set()), ({"frequency.often"}, {"frequency.often"}),
    ({"age.1", "region.all"}, set()), ({"frequency.sometimes"}, set()), (set(), set()),
])
def test_segments_of_fewer_people_are_not_targeted(wanted, found):
    assert keys_of(MEMBER, Segmentation(sizes=SIZES), frozenset(wanted)) == found


def test_a_key_of_the_shops_is_not_konomis():
    everybody = Segmentation(sizes=SegmentSizes(500, {"region.North": 200, "region.South": 200}, 500, {"region.North": 60}))
    assert segments_of({"region": "North"}, everybody) == []
    assert keys_of({"region": "North"}, everybody, frozenset({"region.North"})) == set()
    (brought,) = segments_of({"region": "North", "shop_segments": ["region.North"]}, everybody)
    assert (brought.size, brought.because) == (60, Message("segment_because.shop"))


def test_what_is_written_is_read_back():
    sized = LEARNT.sized(SIZES)
    again = Segmentation.of_json(sized.as_json())
    assert again.as_json() == sized.as_json()
    assert Segmentation.of_json(NO_SEGMENTATION.as_json()) == NO_SEGMENTATION
    traits = {"frequency": 9, "categories": ("Shop > Tea",), "category_shares": (0.9,), "recency_days": 3, "monetary_91": 3.0,
              "frequency_91": 9, "first_order_at": 0, "last_order_at": 80 * DAY}
    assert belongings(traits, again) == belongings(traits, LEARNT)


@pytest.mark.parametrize("other", [{}, {"usual_gap_days": 3}, [], None, {**LEARNT.as_json(), "lifetime": {"r": 1}},
                                   {**LEARNT.as_json(), "tastes": {"categories": []}},
                                   {**LEARNT.as_json(), "quintiles": 3}, {**LEARNT.as_json(), "sizes": 3}])
def test_anything_else_is_refused(other):
    with pytest.raises(ValueError, match="no seg"):
        Segmentation.of_json(other)


@pytest.mark.parametrize(("traits", "key", "en", "ja"), [
    ({"recency_days": 1, "frequency_91": 1}, "lifecycle.active", "You ordered once within the last 91 days, last 1 day ago.",
     "この91日に1回ご注文があり、前回は1日前でした。"),
    ({"recency_days": 80, "mean_gap_days": 7, "frequency": 40}, "lifecycle.lapsed",
     "Your last order was 80 days ago, far longer than the 7 days or so usual for you.",
     "前回のご注文は80日前で、いつものおよそ7日を大きくこえています。"),
    ({"frequency_91": 2}, "frequency.sometimes", "You ordered twice within the last 91 days.", "この91日に2回ご注文がありました。"),
])
def test_numbers_read_like_words(traits, key, en, ja):
    (said,) = (one.because for one in belongings(traits, LEARNT) if one.key == key)
    assert (say(said, "en"), say(said, "ja")) == (en, ja)
