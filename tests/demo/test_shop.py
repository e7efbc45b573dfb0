"""The demo shop against its source: nothing lost, nothing after now, everything made up marked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from service.demo import columns
from service.demo.households import CONSENTS
from service.demo.shift import Shift
from service.demo.shop import write_shop

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    Database = duckdb.DuckDBPyConnection

SCHEMAS = {
    "items": columns.ITEMS,
    "customers": columns.CUSTOMERS,
    "events": columns.EVENTS,
    "segments": columns.SEGMENTS,
    "offers": columns.OFFERS,
}


def one(database: Database, query: str, **values: Any) -> Any:
    ((answer,),) = database.execute(query, values or None).fetchall()
    return answer


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_table_has_its_columns(shop: Path, name: str) -> None:
    assert pq.read_schema(shop / f"{name}.parquet").equals(SCHEMAS[name])


def test_every_line_of_every_receipt_is_there(tables: Database, source: Database) -> None:
    sums = "SELECT count(*), count(DISTINCT event_id), sum(amount), sum(discount) FROM events WHERE type = 'PURCHASE'"
    lines, ids, amount, discount = tables.sql(sums).fetchall()[0]
    assert (lines, ids) == (1_469_307, 1_469_307)
    paid, off = source.sql(
        "SELECT sum(sales_value), sum(retail_disc + coupon_disc + coupon_match_disc) FROM transactions"
    ).fetchall()[0]
    assert float(amount) == pytest.approx(paid)
    assert float(discount) == pytest.approx(off)
    assert one(tables, "SELECT count(DISTINCT basket_id) FROM events") == 155_848


def test_every_event_names_an_item_and_a_household_that_exist(tables: Database) -> None:
    assert one(tables, "SELECT count(*) FROM events ANTI JOIN items USING (item_id) WHERE type = 'PURCHASE'") == 0
    assert one(tables, "SELECT count(*) FROM events ANTI JOIN customers USING (customer_id)") == 0


def test_every_redemption_names_an_offer_and_the_basket_of_its_day(tables: Database, source: Database) -> None:
    ((count, offers, baskets),) = tables.sql(
        """
        SELECT count(*), count(*) FILTER (WHERE offer_code IN (SELECT code FROM offers)),
               count(*) FILTER (WHERE basket_id IN (SELECT basket_id FROM events WHERE type = 'PURCHASE'))
        FROM events WHERE type = 'COUPON_REDEEM'
        """
    ).fetchall()
    assert count == offers == one(source, "SELECT count(*) FROM coupon_redemptions")
    assert baskets > 2_000


def test_no_event_is_after_now_and_the_last_is_of_this_week(tables: Database, now: datetime) -> None:
    latest = one(tables, "SELECT epoch_us(max(occurred_at)) FROM events")
    last = datetime.fromtimestamp(latest / 1e6, tz=UTC)
    assert now - timedelta(days=7) <= last <= now


def test_the_shop_is_as_busy_on_each_weekday_and_hour_as_it_was(tables: Database, source: Database) -> None:
    weeks = json.loads(tables_facts(tables))["shift_weeks"]
    original = source.sql(
        "SELECT CAST(household_id AS VARCHAR), transaction_timestamp FROM transactions USING SAMPLE 200 (reservoir, 5)"
    ).fetchall()
    shift = Shift(int(weeks))
    for household, moment in original:
        moved = shift.moved(moment.replace(tzinfo=UTC))
        found = "SELECT count(*) FROM events WHERE customer_id = $household AND epoch_us(occurred_at) = $at"
        assert one(tables, found, household=household, at=round(moved.timestamp() * 1e6)) > 0


def tables_facts(tables: Database) -> str:
    ((text,),) = tables.sql("SELECT content FROM facts").fetchall()
    return str(text)


def test_the_shift_is_stated_in_both_languages(tables: Database) -> None:
    facts = json.loads(tables_facts(tables))
    assert all(isinstance(value, str) for value in facts.values())
    assert f"Dates are shifted by {facts['shift_weeks']} weeks" in facts["shift_en"]
    assert f"{facts['shift_weeks']}週間" in facts["shift_ja"]


def test_every_household_consents_to_all_but_third_parties(tables: Database) -> None:
    assert one(tables, "SELECT count(*) FROM customers") == 2_469
    assert tables.sql("SELECT DISTINCT consents FROM customers").fetchall() == [(CONSENTS,)]
    assert "THIRD_PARTY" not in CONSENTS


def test_birth_dates_fit_the_age_band_and_are_marked(tables: Database, source: Database, now: datetime) -> None:
    people = tables.sql("SELECT age_band, birth_date, anniversary, made_up FROM customers").fetchall()
    born = [person for person in people if person[1]]
    assert len(born) == one(source, "SELECT count(*) FROM demographics WHERE age IS NOT NULL")
    for band, birth, anniversary, made_up in people:
        assert ("birth_date" in made_up) == (birth is not None) == (band is not None)
        assert ("anniversary" in made_up) == (anniversary is not None)
        if birth:
            age = now.year - birth.year - ((now.month, now.day) < (birth.month, birth.day))
            youngest, _, oldest = band.replace("+", "-84").partition("-")
            assert int(youngest) <= age <= int(oldest)
        if anniversary:
            assert birth < anniversary < now.date()
    assert sum(person[2] is not None for person in people) > 100


def test_a_tenth_speaks_japanese(tables: Database) -> None:
    assert one(tables, "SELECT count(*) FROM customers WHERE language = 'ja'") == 247


def test_each_campaign_has_its_households_as_a_segment(tables: Database, source: Database) -> None:
    theirs = "SELECT 'campaign-' || campaign_id, CAST(household_id AS VARCHAR) FROM campaigns ORDER BY ALL"
    ours = "SELECT segment, customer_id FROM segments ORDER BY ALL"
    assert tables.sql(ours).fetchall() == source.sql(theirs).fetchall()
    assert one(tables, "SELECT count(*) FROM segments WHERE title_en = '' OR title_ja = ''") == 0


def test_each_coupon_of_each_campaign_is_an_offer(tables: Database, source: Database) -> None:
    coupons = one(source, "SELECT count(DISTINCT (campaign_id, coupon_upc)) FROM coupons")
    assert one(tables, "SELECT count(DISTINCT code) FROM offers WHERE occasion IS NULL") == coupons
    assert one(tables, "SELECT count(*) FROM offers WHERE valid_until <= valid_from") == 0
    assert one(tables, "SELECT count(*) FROM offers WHERE discount_rate NOT BETWEEN 0.01 AND 1") == 0
    unknown = "SELECT count(*) FROM (SELECT unnest(item_ids) AS item_id FROM offers) ANTI JOIN items USING (item_id)"
    assert one(tables, unknown) == 0


def test_the_same_seed_and_now_give_the_same_bytes(shop: Path, tmp_path: Path, now: datetime) -> None:
    told: list[float] = []
    write_shop(tmp_path, now=now, progress=lambda _stage, share: told.append(share))
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in shop.iterdir()}
    for path in shop.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert told == sorted(told)
    assert told[-1] == 1.0
