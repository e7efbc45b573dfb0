"""The demo's ads: real products, made-up payers, and enough of them running at any time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.demo.campaigns import read_flights
from service.demo.purchases import last_event
from service.demo.shift import Shift

if TYPE_CHECKING:
    import duckdb

    Database = duckdb.DuckDBPyConnection

NOWS = st.datetimes(datetime(2025, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@pytest.fixture(scope="module")
def ads(tables: Database) -> list[dict[str, Any]]:
    relation = tables.sql("SELECT * FROM items WHERE kind = 'AD' ORDER BY item_id")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


@given(now=NOWS)
@example(now=datetime(2026, 1, 5, 4, 0, tzinfo=UTC))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_five_campaigns_run_at_any_now(source: Database, now: datetime) -> None:
    flights = read_flights(source, Shift.until(last_event(source), now))
    assert len(flights) == 27
    assert sum(flight.starts_at <= now <= flight.ends_at for flight in flights.values()) >= 5


def test_every_campaign_advertises_to_its_own_households(ads: list[dict[str, Any]]) -> None:
    campaigns = {ad["campaign_id"] for ad in ads if ad["segments"]}
    assert campaigns == {f"campaign-{number}" for number in range(1, 28)}
    assert all(ad["segments"] == [ad["campaign_id"]] for ad in ads if ad["segments"])


def test_brand_ads_run_now_for_everybody_over_many_categories(ads: list[dict[str, Any]], now: datetime) -> None:
    open_to_all = [ad for ad in ads if not ad["segments"]]
    assert len(open_to_all) >= 24
    assert all(ad["starts_at"] <= now <= ad["ends_at"] for ad in open_to_all)
    assert len({ad["category"] for ad in open_to_all}) == len(open_to_all)
    assert len({ad["brand"] for ad in open_to_all}) == len(open_to_all)


def test_nearly_every_household_has_a_fitting_ad(tables: Database) -> None:
    ((fitting,),) = tables.sql(
        """
        WITH shelves AS (
            SELECT category AS path FROM items WHERE kind = 'AD' AND len(segments) = 0
        ), bought AS (
            SELECT customer_id, array_to_string(string_split(category, ' > ')[1:2], ' > ') AS path
            FROM events JOIN items USING (item_id) WHERE type = 'PURCHASE'
        )
        SELECT count(DISTINCT customer_id) FROM bought SEMI JOIN shelves USING (path)
        """
    ).fetchall()
    assert fitting / 2_469 > 0.97


def test_ads_say_who_pays_and_that_it_is_made_up(ads: list[dict[str, Any]]) -> None:
    for ad in ads:
        assert ad["advertiser"]
        assert ad["payer"]
        assert {"advertiser", "payer", "bid", "daily_budget", "brand"} <= set(ad["made_up"].split(","))
        assert 0 < ad["bid"] < ad["daily_budget"]
        assert ad["starts_at"] < ad["ends_at"]


def test_ads_promote_real_products_of_one_brand_and_category(tables: Database) -> None:
    mixed = tables.sql(
        """
        WITH pairs AS (
            SELECT item_id AS ad, brand AS ad_brand, category AS ad_category, unnest(promotes) AS item_id
            FROM items WHERE kind = 'AD'
        )
        SELECT ad, item_id FROM pairs LEFT JOIN items USING (item_id)
        WHERE kind IS DISTINCT FROM 'PRODUCT' OR brand <> ad_brand OR sensitive
           OR string_split(category, ' > ')[2] <> string_split(ad_category, ' > ')[2]
        """
    ).fetchall()
    assert mixed == []
    assert tables.sql("SELECT count(*) FROM items WHERE kind = 'AD' AND len(promotes) = 0").fetchall() == [(0,)]


def test_texts_are_whole_in_both_languages(ads: list[dict[str, Any]]) -> None:
    assert len({ad["item_id"] for ad in ads}) == len(ads)
    for ad in ads:
        for column in ("title_en", "title_ja", "description_en", "description_ja"):
            assert ad[column]
            assert "{" not in ad[column]
        assert ad["title_en"] != ad["title_ja"]
        assert len(ad["title_en"]) <= 80
