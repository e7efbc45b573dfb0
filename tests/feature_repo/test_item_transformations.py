"""Each feature of an item against numbers worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from feature_repo.transformations import bought_together, item_circumstances
from service.recommender.circumstances import CHANNELS, DAYPART_HOURS, DAYPARTS, WEEKDAYS, circumstances
from tests.feature_repo.shop_tables import ShopTables, bought, days_ago, did

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")
NEW_YORK = ZoneInfo("America/New_York")


def items(events, view: str, tmp_path):
    return ShopTables(events).view(view, tmp_path)


def test_popularity_counts_people_not_purchases(tmp_path):
    row = items([
        bought("ann", "milk", days_ago(1), basket="1"), bought("ann", "milk", days_ago(2), basket="2"),
        bought("bob", "milk", days_ago(20), basket="3"), bought("cyd", "milk", days_ago(60), basket="4"),
        bought("dan", "milk", days_ago(100), basket="5"), did("eve", "VIEW", "milk", days_ago(1)),
    ], "item_popularity", tmp_path)["milk"]
    assert [row[f"buyers_{days}"] for days in (1, 3, 7, 28, 91)] == [1, 1, 1, 2, 3]
    assert row["trend"] == pytest.approx(math.log((1 / 7 + 0.05) / (3 / 91 + 0.05)))


def test_price_is_the_median_paid_lately(tmp_path):
    row = items([
        bought("ann", "milk", days_ago(1), basket="1", quantity=2, amount="6", discount="1"),
        bought("bob", "milk", days_ago(2), basket="2", amount="4"),
        bought("bob", "milk", days_ago(3), basket="3", amount="1"),
        bought("bob", "milk", days_ago(40), basket="4", amount="99"),
        bought("bob", "milk", days_ago(3), basket="5", quantity=0, amount="0"),
    ], "item_price", tmp_path)["milk"]
    assert row["price_median"] == 3
    assert row["discount_share"] == pytest.approx(1 / 3)


def test_repetition(tmp_path):
    rows = items([
        bought("ann", "milk", days_ago(30), basket="1"), bought("ann", "milk", days_ago(20), basket="2"),
        bought("ann", "milk", days_ago(10), basket="3"),
        bought("bob", "milk", days_ago(9), basket="4"), bought("bob", "milk", days_ago(5), basket="5"),
        bought("cyd", "milk", days_ago(1), basket="6"), bought("cyd", "milk", days_ago(1), basket="6"),
        bought("cyd", "bread", days_ago(1), basket="6"),
    ], "item_rhythm", tmp_path)
    assert rows["milk"]["repeat_gap"] == pytest.approx((10 + 4) / 2)
    assert rows["milk"]["repeat_rate"] == pytest.approx(2 / 3)
    assert rows["milk"]["first_sold_at"] == days_ago(30).timestamp()
    assert rows["bread"]["repeat_gap"] is None
    assert rows["bread"]["repeat_rate"] == 0


def test_bought_together(tmp_path):
    baskets = {"milk bread": 4, "milk bread oat": 2, "milk": 3, "oat wine": 1, "wine": 5, "oat": 3}
    events = [
        bought("ann", item, days_ago(number + 1), basket=f"{contents} {number}")
        for contents, count in baskets.items()
        for number in range(count)
        for item in contents.split()
    ]
    rows = items(events, "item_bought_together", tmp_path)
    weight = 6 / (math.sqrt(9 * 6) + 5)
    assert rows["milk"]["together_item_ids"] == ["bread"]
    assert rows["bread"]["together_item_ids"] == ["milk"]
    assert rows["milk"]["together_weights"] == rows["bread"]["together_weights"] == [pytest.approx(weight)]
    assert "wine" not in rows
    assert "oat" not in rows


def test_the_largest_baskets_make_no_company(tmp_path, monkeypatch):
    monkeypatch.setattr(bought_together, "MOST_LINES", 2)
    events = [
        bought("ann", item, days_ago(number + 1), basket=f"{number}")
        for number in range(6)
        for item in ("milk", "oat", *(["bread"] if number > 4 else []))
    ]
    events += [bought("bob", "bread", days_ago(number + 1), basket=f"{number}") for number in range(5)]
    row = items(events, "item_bought_together", tmp_path)["milk"]
    assert row["together_weights"] == [pytest.approx(5 / (6 + 5))]


def test_company_is_ordered_by_strength_then_id(tmp_path):
    events = [
        bought("ann", item, days_ago(number + 1), basket=f"{number}")
        for number in range(6)
        for item in ("milk", "oat", "bread", *(["wine"] if number else []))
    ]
    row = items(events, "item_bought_together", tmp_path)["milk"]
    assert row["together_item_ids"] == ["bread", "oat", "wine"]
    assert row["together_weights"] == sorted(row["together_weights"], reverse=True)
    assert all(0 <= weight <= 1 for weight in row["together_weights"])


def test_an_item_is_compared_with_everything_by_hour_day_and_channel(tmp_path):
    morning = days_ago(2) + timedelta(hours=9)  # a Saturday, 9 o'clock
    evening = days_ago(5) + timedelta(hours=21)  # a Wednesday, 21 o'clock
    events = [bought("ann", "milk", morning, basket=f"m{n}") | {"channel": "STORE"} for n in range(10)]
    events += [bought("bob", "wine", evening, basket=f"e{n}") | {"channel": "WEB"} for n in range(30)]
    events += [bought("cyd", "bread", days_ago(200), basket="old") | {"channel": "APP"}]
    rows = items(events, "item_circumstances", tmp_path)
    assert set(rows) == {"milk", "wine"}
    known = math.log((10 + 20 * 0.25) / 30 / 0.25)
    never = math.log((20 * 0.75) / 30 / 0.75)
    assert rows["milk"]["daypart_lift"] == pytest.approx([0, 0, known, 0, 0, never])
    assert rows["milk"]["weekday_lift"] == pytest.approx([0, 0, never, 0, 0, known, 0])
    assert rows["milk"]["channel_lift"] == pytest.approx([never, 0, known, 0, 0, 0])
    assert rows["wine"]["channel_lift"][0] == pytest.approx(math.log((30 + 20 * 0.75) / 50 / 0.75))


@pytest.mark.parametrize(("at", "channel"), [
    (datetime(2026, 1, 31, 23, 59, 59, tzinfo=NEW_YORK), "WEB"),
    (datetime(2026, 2, 1, 0, 0, tzinfo=NEW_YORK), "APP"),  # Sunday there, five o'clock by UTC
    (datetime(2025, 11, 1, 23, 59, tzinfo=NEW_YORK), "STORE"),  # the night before clocks go back
    (datetime(2025, 11, 2, 7, 59, tzinfo=NEW_YORK), "EMAIL"),
    (datetime(2025, 11, 3, 8, 0, tzinfo=NEW_YORK), "SOCIAL"),
    (datetime(2026, 2, 27, 20, 30, tzinfo=NEW_YORK), "CALL"),  # a Saturday by UTC
])
def test_the_service_finds_a_moment_where_the_lists_have_it(at, channel, tmp_path):
    sold = [bought("ann", "milk", at.astimezone(UTC), basket=f"m{n}") | {"channel": channel} for n in range(9)]
    elsewhere = [
        bought("bob", "bread", days_ago(hours / 24), basket=f"b{hours}") | {"channel": CHANNELS[hours % len(CHANNELS)]}
        for hours in range(1, 24 * 7 + 1)
    ]
    shop = ShopTables(sold + elsewhere)
    row = shop.view("item_circumstances", tmp_path, time_zone=NEW_YORK.key)["milk"]
    here = circumstances(int(at.timestamp()), NEW_YORK, channel)
    lifts = [row["daypart_lift"], row["weekday_lift"], row["channel_lift"]]
    assert [len(lift) for lift in lifts] == [DAYPARTS, WEEKDAYS, len(CHANNELS)]
    above = [[code for code, value in enumerate(lift) if value > 0] for lift in lifts]
    assert above == [[here.daypart], [here.weekday], [here.channel]]


def test_the_service_knows_the_same_channels_and_parts_of_the_day():
    assert item_circumstances.CHANNELS == CHANNELS
    assert item_circumstances.DAYPART_HOURS == DAYPART_HOURS
