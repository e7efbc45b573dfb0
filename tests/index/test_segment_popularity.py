"""What a segment likes: clearly and surely more than everybody does, and never by the purchases of a few."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from index.segment_popularity import DAYS, popular_in_segments
from index.segmentation import Shoppers
from service.recommender.segment_sizes import SMALLEST
from service.recommender.stored import StoredActions

NOW = 100 * 86_400
PEOPLE = 600
TOLD = {"region.North", "region.South", "taste.tea"}


def bought(*items, kind="PURCHASE", days_ago=10):
    size = len(items)
    return StoredActions(list(items), [kind] * size, [1] * size, [0] * size, [NOW - days_ago * 86_400] * size, [1.0] * size)


def shoppers(learn=PEOPLE):
    return Shoppers(pa.Table.from_pylist([
        {"person_key": f"c:{n}", "region": "North" if n % 3 else "South", "learn": n < learn, "profile": True}
        for n in range(PEOPLE)
    ]), {}, PEOPLE)


def actions(of_north, of_south, seed=1):
    """Everybody bought bread; an item else by the rates of the two regions."""
    draw, found = np.random.default_rng(seed), []
    for n in range(PEOPLE):
        rates = of_north if n % 3 else of_south
        found.append((f"c:{n}", bought("bread", *(item for item, rate in rates.items() if draw.random() < rate))))
    return found


def test_what_a_region_buys_more_is_its_own():
    found = popular_in_segments(shoppers(), TOLD, actions({"tea": 0.6, "milk": 0.5}, {"tea": 0.2, "milk": 0.5, "sake": 0.6}), NOW)
    assert {key: set(lifts) for key, lifts in found.lifts.items()} == {"region.North": {"tea"}, "region.South": {"sake"}}
    # 60 % against 47 % of all, drawn to all by 50 people's worth of them.
    assert found.lifts["region.North"]["tea"] == pytest.approx(np.log(0.6 / 0.467), abs=0.06)
    assert 0.5 < found.lifts["region.South"]["sake"] < np.log(3)


def test_chance_is_no_liking():
    same = {f"item-{n}": 0.4 for n in range(60)}
    assert popular_in_segments(shoppers(), TOLD, actions(same, same), NOW).lifts == {}


def test_what_fewer_than_fifty_of_a_segment_buy_is_not_told():
    some = [(f"c:{n}", bought("bread", *(["sake"] if n % 3 == 0 and n < 3 * count else []))) for count in (SMALLEST - 1,) for n in range(PEOPLE)]
    assert popular_in_segments(shoppers(), TOLD, some, NOW).lifts == {}
    one_more = [(f"c:{n}", bought("bread", *(["sake"] if n % 3 == 0 and n < 3 * SMALLEST else []))) for n in range(PEOPLE)]
    assert set(popular_in_segments(shoppers(), TOLD, one_more, NOW).lifts) == {"region.South"}


def test_whoever_buys_more_of_everything_likes_nothing_more():
    """The region of a part is known alone, of the eager ones: they are compared with each other."""
    rows = [{"person_key": f"c:{n}", "region": None if n % 2 else ("North", "South")[n // 2 % 2], "learn": True, "profile": True}
            for n in range(PEOPLE)]
    draw = np.random.default_rng(4)
    eager = [(f"c:{n}", bought("bread", *(f"item-{one}" for one in range(20) if draw.random() < (0.2 if n % 2 else 0.7)),
                               *(["sake"] if draw.random() < (0.9 if n % 4 == 2 else 0.3) else []))) for n in range(PEOPLE)]
    found = popular_in_segments(Shoppers(pa.Table.from_pylist(rows), {}, PEOPLE), TOLD, eager, NOW)
    assert {key: set(lifts) for key, lifts in found.lifts.items()} == {"region.South": {"sake"}}


def test_only_segments_that_are_told_and_are_known_before_a_purchase_count():
    liked = actions({"tea": 0.6}, {"sake": 0.6})
    assert set(popular_in_segments(shoppers(), {"region.South", "taste.tea"}, liked, NOW).lifts) == {"region.South"}
    assert popular_in_segments(shoppers(), set(), liked, NOW).lifts == {}


def test_only_recent_purchases_of_those_who_agreed_count():
    of_old = [(key, bought(*stored.item_id, days_ago=DAYS + 1)) for key, stored in actions({}, {"sake": 0.6})]
    seen = [(key, bought(*stored.item_id, kind="VIEW")) for key, stored in actions({}, {"sake": 0.6})]
    for nothing in (of_old, seen):
        assert popular_in_segments(shoppers(), TOLD, nothing, NOW).lifts == {}
    assert popular_in_segments(shoppers(learn=40), TOLD, actions({}, {"sake": 0.9}), NOW).lifts == {}
