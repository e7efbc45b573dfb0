"""Each feature of a person against numbers worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from feature_repo.transformations import actions
from tests.feature_repo.shop_tables import AS_OF, ShopTables, bought, days_ago, did, rows_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")


def person(shop: ShopTables, view: str, tmp_path, name: str = "ann", **how):
    return shop.view(view, tmp_path, **how)[f"c:{name}"]


def test_actions_count_baskets_and_days_newest_first(tmp_path):
    row = person(ShopTables([
        bought("ann", "milk", days_ago(20), basket="1", quantity=2, amount="3.00"),
        bought("ann", "milk", days_ago(20), basket="1", quantity=1, amount="1.50"),
        bought("ann", "milk", days_ago(5), basket="2", quantity=2, amount="5.00"),
        did("ann", "VIEW", "bread", days_ago(3)),
        did("ann", "VIEW", "bread", days_ago(3) + timedelta(hours=1)),
        did("ann", "VIEW", "bread", days_ago(1)),
        did("bob", "LIKE", "oat", days_ago(1)),
    ]), "person_actions", tmp_path, through_sequence=17)
    assert row["item_id"] == ["bread", "milk"]
    assert row["type"] == ["VIEW", "PURCHASE"]
    assert row["count"] == [2, 2]
    assert row["first_at"] == [days_ago(3).timestamp(), days_ago(20).timestamp()]
    assert row["last_at"] == [days_ago(1).timestamp(), days_ago(5).timestamp()]
    assert math.isnan(row["last_price"][0])
    assert row["last_price"][1] == 2.5
    assert (row["baskets"], row["through_sequence"]) == (2, 17)


def test_repetitions_fade_exactly_with_the_days_before_the_last(tmp_path):
    days = (400, 399, 31, 5)
    row = person(ShopTables([bought("ann", "milk", days_ago(one), basket=str(one)) for one in days]), "person_actions", tmp_path)
    for fades_in in (30, 90, 365):
        exact = sum(math.exp(-(one - 5) / fades_in) for one in days)
        assert row[f"faded_{fades_in}"] == [pytest.approx(exact, rel=1e-6)]


def test_impressions_searches_and_sensitive_items_are_no_actions(tmp_path):
    row = person(ShopTables([
        did("ann", "IMPRESSION", "milk", days_ago(1)),
        did("ann", "SEARCH", None, days_ago(1), text="milk"),
        did("ann", "QUESTION", "milk", days_ago(1), text="Is it fresh?"),
        bought("ann", "wine", days_ago(1), basket="1"),
    ]), "person_actions", tmp_path)
    assert not row["item_id"]


def test_a_forgotten_action_counts_up_to_and_including_its_moment_nowhere(tmp_path):
    shop = ShopTables(
        [
            bought("ann", "milk", days_ago(9), basket="1"),
            bought("ann", "milk", days_ago(6), basket="2"),
            bought("ann", "milk", days_ago(2), basket="3"),
            bought("ann", "bread", days_ago(9), basket="1"),
            bought("bob", "milk", days_ago(9), basket="9"),
            did("ann", "VIEW", "milk", days_ago(9)),
        ],
        forgotten=[{"person_key": "c:ann", "type": "PURCHASE", "item_id": "milk", "through": days_ago(6)}],
    )
    found = shop.view("person_actions", tmp_path)
    counts = dict(zip(zip(found["c:ann"]["type"], found["c:ann"]["item_id"], strict=True), found["c:ann"]["count"], strict=True))
    assert counts == {("PURCHASE", "milk"): 1, ("PURCHASE", "bread"): 1, ("VIEW", "milk"): 1}
    assert found["c:bob"]["count"] == [1]
    assert shop.view("item_rhythm", tmp_path)["milk"]["repeat_rate"] == 0.0


def test_actions_are_cut_at_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ENTRIES", 2)
    row = person(ShopTables([
        did("ann", "VIEW", "milk", days_ago(1)), did("ann", "LIKE", "milk", days_ago(1)),
        did("ann", "VIEW", "bread", days_ago(2)), did("ann", "VIEW", "oat", days_ago(3)),
    ]), "person_actions", tmp_path)
    assert list(zip(row["type"], row["item_id"], strict=True)) == [("LIKE", "milk"), ("VIEW", "milk")]


def test_recency_frequency_money(tmp_path):
    row = person(ShopTables([
        bought("ann", "milk", days_ago(100), basket="1", amount="10"),
        bought("ann", "milk", days_ago(30.5), basket="2", amount="4"),
        bought("ann", "bread", days_ago(30.5), basket="2", amount="6"),
        bought("ann", "bread", days_ago(2.5), basket="3", amount="1"),
    ]), "person_rfm", tmp_path)
    assert row["recency_days"] == 2
    assert (row["frequency"], row["frequency_91"]) == (3, 2)
    assert row["monetary_91"] == pytest.approx(11)
    assert row["mean_basket_value"] == pytest.approx(7)
    assert (row["first_order_at"], row["last_order_at"]) == (days_ago(100).timestamp(), days_ago(2.5).timestamp())


def test_a_purchase_without_a_basket_makes_one_of_its_day(tmp_path):
    row = person(ShopTables([
        bought("ann", "milk", days_ago(2)), bought("ann", "bread", days_ago(2) + timedelta(hours=3)),
        bought("ann", "milk", days_ago(1)),
    ]), "person_rfm", tmp_path)
    assert row["frequency"] == 2


def test_affinity_is_the_share_of_basket_lines(tmp_path):
    row = person(ShopTables([
        bought("ann", "milk", days_ago(3), basket="1"), bought("ann", "milk", days_ago(3), basket="1"),
        bought("ann", "oat", days_ago(3), basket="1"), bought("ann", "bread", days_ago(3), basket="1"),
        bought("ann", "milk", days_ago(2), basket="2"), bought("ann", "bread", days_ago(400), basket="0"),
    ]), "person_affinity", tmp_path)
    assert row["categories"] == ["Food > Dairy", "Food > Bakery"]
    assert row["category_shares"] == [0.75, 0.25]
    assert row["brands"] == ["Field", "Hill"]
    assert row["brand_shares"] == [0.5, 0.5]


def test_price_level_is_relative_to_what_others_pay_in_the_category(tmp_path):
    row = person(ShopTables([
        bought("ann", "milk", days_ago(3), basket="1", amount="4.00", discount="1.00"),
        bought("bob", "milk", days_ago(3), basket="2", amount="2.00"),
        bought("bob", "oat", days_ago(3), basket="2", amount="2.00"),
        bought("ann", "bread", days_ago(3), basket="1", quantity=2, amount="6.00"),
    ]), "person_price", tmp_path)
    assert row["price_level"] == pytest.approx((4 / 2 + 3 / 3) / 2)
    assert row["discounted_share"] == 0.5
    assert row["saved_share"] == pytest.approx(1 / 11)


def test_rhythm_by_the_shops_clock(tmp_path):
    monday_evening = datetime(2026, 2, 23, 22, 30, tzinfo=UTC)
    shop = ShopTables([
        bought("ann", "milk", monday_evening - timedelta(days=14), basket="1"),
        bought("ann", "milk", monday_evening - timedelta(days=11), basket="2"),
        did("ann", "VIEW", "milk", monday_evening),
        bought("ann", "milk", monday_evening, basket="3"),
    ])
    row = person(shop, "person_rhythm", tmp_path, time_zone="Asia/Tokyo")
    assert row["mean_gap_days"] == pytest.approx(7)
    assert row["days_since_last"] == pytest.approx((AS_OF - monday_evening) / timedelta(days=1))
    tuesday_morning, friday_morning = 24 + 7, 4 * 24 + 7
    assert {hour: share for hour, share in enumerate(row["hour_of_week"]) if share} == {
        tuesday_morning: pytest.approx(2 / 3), friday_morning: pytest.approx(1 / 3),
    }
    assert len(row["hour_of_week"]) == 168


def test_rhythm_follows_daylight_saving(tmp_path):
    row = person(ShopTables([
        did("ann", "VIEW", "milk", datetime(2025, 10, 31, 16, tzinfo=UTC)),
        did("ann", "VIEW", "milk", datetime(2025, 11, 7, 17, tzinfo=UTC)),
    ]), "person_rhythm", tmp_path, time_zone="America/New_York")
    assert row["hour_of_week"][4 * 24 + 12] == 1.0


def test_traits_take_the_age_band_from_the_birth_date_only_where_none_is_given(tmp_path):
    shop = ShopTables(
        customers=[
            {"customer_id": "told", "age_band": "45-54", "birth_date": date(2000, 1, 1), "region": "Kanto"},
            {"customer_id": "eve", "birth_date": date(2008, 3, 3)},
            {"customer_id": "day", "birth_date": date(2008, 3, 2)},
            {"customer_id": "bare"},
        ],
        segments=[{"segment": "vip", "customer_id": "told"}, {"segment": "club", "customer_id": "told"},
                  {"segment": "vip", "customer_id": "told"}],
    )
    traits = shop.view("person_traits", tmp_path)
    assert [traits[f"c:{name}"]["age_band"] for name in ("told", "eve", "day", "bare")] == ["45-54", "0-17", "18-24", None]
    assert traits["c:told"]["region"] == "Kanto"
    assert "birth_date" not in traits["c:told"]
    assert shop.view("person_segments", tmp_path)["c:told"]["shop_segments"] == ["club", "vip"]
    minors = shop.view("person_ads", tmp_path)
    assert [minors[f"c:{name}"]["is_minor"] for name in ("eve", "day", "bare")] == [True, False, None]


def test_answers_to_ads(tmp_path):
    row = person(ShopTables([
        did("ann", "COUPON_REDEEM", None, days_ago(9), offer_code="B"), did("ann", "COUPON_REDEEM", None, days_ago(8), offer_code="A"),
        did("ann", "COUPON_REDEEM", None, days_ago(7), offer_code="A"), did("ann", "COUPON_REDEEM", None, days_ago(300), offer_code="C"),
        did("ann", "CLICK", "banner", days_ago(7)), did("ann", "CLICK", "milk", days_ago(7)),
        did("ann", "VIEW", "banner", days_ago(7)),
    ]), "person_ads", tmp_path)
    assert (row["coupon_redemptions"], row["redeemed_offers"]) == (3, ["A", "B"])
    assert (row["ad_clicks"], row["responded_campaigns"]) == (1, ["spring"])


def test_everybody_has_a_row_in_every_view_and_visitors_in_none(tmp_path):
    shop = ShopTables([{"visitor_id": "x", "type": "VIEW", "item_id": "milk", "occurred_at": days_ago(1)}])
    data = shop.compute(tmp_path)
    for view in ("actions", "rfm", "affinity", "price", "rhythm", "traits", "segments", "ads"):
        assert set(rows_of(data, f"person_{view}", "person_key")) == {"c:ann", "c:bob"}
