"""The same tables in any form that a shop may choose become the same canonical tables."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.tables.canonical import SCHEMAS
from service.tables.columns import TIME, present
from tests.tables.shops import EVENT, ITEM, NOW, Shop

words = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="|"), min_size=1, max_size=8)
cents = st.decimals(0, 10_000, places=2, allow_nan=False)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2026, 2, 28), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def item_rows(draw):
    ids = draw(st.lists(words, min_size=1, max_size=6, unique=True))
    return [
        {
            "item_id": item_id,
            "kind": "PRODUCT",
            "title": draw(words),
            "title_ja": draw(st.none() | words),
            "description": draw(st.none() | st.text(st.sampled_from('ab,"\n|é'), min_size=1).map(lambda t: f"x{t}x")),
            "category": " > ".join(draw(st.lists(words, max_size=3))) or None,
            "tags": draw(st.lists(words, max_size=3)),
            "price": draw(cents),
            "currency": "JPY",
            "in_stock": draw(st.none() | st.booleans()),
            "available_from": draw(st.none() | moments),
            "colour": draw(st.none() | words),
            "shelf": draw(st.integers(0, 99)),
        }
        for item_id in ids
    ]


@st.composite
def event_rows(draw, items):
    return [
        {
            "customer_id": draw(st.none() | words),
            "visitor_id": "visitor",
            "type": "PURCHASE",
            "item_id": draw(st.sampled_from([item["item_id"] for item in items])),
            "occurred_at": draw(moments),
            "quantity": draw(st.integers(0, 9)),
            "amount": draw(cents),
            "value": draw(st.none() | st.floats(-5, 5)),
            "basket_id": draw(st.integers(1, 3)),
        }
        for _ in range(draw(st.integers(0, 8)))
    ]


def as_csv(row):
    plain = {list: "|".join, datetime: lambda time: time.isoformat(), type(None): lambda _: ""}
    return {name: plain.get(type(value), str)(value) for name, value in row.items()}


@settings(max_examples=4)
@given(st.data())
def test_csv_parquet_and_parts_become_the_same_tables(tmp_path_factory, data):
    items = data.draw(item_rows())
    events = data.draw(event_rows(items))
    root = tmp_path_factory.mktemp("forms")
    as_text = Shop(root / "csv").csv(items=[as_csv(row) for row in items], events=[as_csv(row) for row in events])
    half = len(events) // 2
    forms = [as_text, Shop(root / "parquet").parquet(items=items, events=events)]
    forms.append(Shop(root / "parts").parts(items=[items[:1], items[1:]], events=[events[:half], events[half:]]))
    for shop in forms:
        shop.bring()
        assert shop.refused() == []
    assert len(forms[0].rows("events")) == len(events)
    for table in SCHEMAS:
        assert forms[0].rows(table) == forms[1].rows(table) == forms[2].rows(table)


def test_canonical_tables_have_the_canonical_types(shop):
    shop.csv(
        items=[ITEM], events=[EVENT], segments=[{"segment": "a", "customer_id": "b"}], offers=[{"code": "X"}]
    ).bring()
    generation = shop.generation
    for table, path in [*generation.tables.items(), ("events", generation.events[0])]:
        assert pq.read_schema(path).equals(SCHEMAS[table]), table
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_values_are_read_as_what_they_mean(shop):
    item = ITEM | {"price": "1200", "list_price": "1500.5", "currency": "JPY", "in_stock": "no"}
    item |= {"category": "Drinks > Tea > Green", "tags": "organic| loose |", "available_from": "2026-01-01T09:00+09:00"}
    item |= {"title_ja": "緑茶", "description_en": "Leaves.", "Harvest": "first", "grade": ""}
    shop.csv(items=[item], customers=[{"customer_id": "ann", "birth_date": "1990-01-31 00:00:00"}]).bring()
    (row,) = shop.rows("items")
    assert (row["price"], row["list_price"]) == (Decimal(1200), Decimal("1500.5"))
    assert (row["in_stock"], row["sensitive"]) == (False, False)
    assert (row["category"], row["tags"]) == (["Drinks", "Tea", "Green"], ["organic", "loose"])
    assert row["available_from"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert (row["titles"], row["descriptions"]) == ([("ja", "緑茶")], [("en", "Leaves.")])
    assert row["attributes"] == [("Harvest", "first")]
    (customer,) = shop.rows("customers")
    assert (customer["birth_date"], customer["time_zone"]) == (date(1990, 1, 31), "Asia/Tokyo")


def test_parquet_types_of_every_writer_are_understood(shop):
    seconds = int(NOW.timestamp())
    events = pa.table(
        {
            "customer_id": pa.array([1.0, None, 3.0]),
            "visitor_id": pa.array([None, 7, None], pa.int32()),
            "type": pa.array(["VIEW", "VIEW", "PURCHASE"]).dictionary_encode(),
            "item_id": pa.array(["tea"] * 3, pa.large_string()),
            "occurred_at": pa.array([seconds * 10**9 + 1] * 3, pa.timestamp("ns", "America/New_York")),
            "amount": pa.array([math.nan, None, 1.25]),
            "tags": pa.array([["a", "b"], None, []]),
            "attributes": pa.array([[("k", "v")], None, []], pa.map_(pa.string(), pa.string())),
        },
    )
    shop.parquet(items=[ITEM], events=events).bring()
    assert shop.refused() == []
    first, third, second = shop.rows("events")
    assert [row["customer_id"] or row["visitor_id"] for row in (first, second, third)] == ["1", "7", "3"]
    assert {row["occurred_at"] for row in (first, second, third)} == {NOW}
    assert [row["amount"] for row in (first, second, third)] == [None, None, Decimal("1.25")]
    assert dict(first["attributes"]) == {"k": "v", "tags": '["a","b"]'}


ODD = {
    "integers": pa.array([1]),
    "floats": pa.array([1.5]),
    "booleans": pa.array([True]),
    "days": pa.array([date(2026, 1, 1)]),
    "clock times": pa.array([time(9, 30)]),
    "lists": pa.array([["x"]]),
    "structs": pa.array([{"x": 1}]),
    "maps": pa.array([[("x", "y")]], pa.map_(pa.string(), pa.string())),
    "bytes": pa.array([b"x"]),
    "wide decimals": pa.array([Decimal(1)], pa.decimal256(50, 2)),
    "durations": pa.array([timedelta(1)]),
    "nothing": pa.nulls(1),
    "ids": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16))),
}


COLUMNS = ("item_id", "occurred_at", "quantity", "value", "text", "extra")
REASONS = {"INVALID_TIME", "INVALID_NUMBER", "INVALID_DATE", "UNKNOWN_ITEM", "UNKNOWN_PURPOSE", "NO_SUBJECT"}


@pytest.fixture(scope="module")
def oddly_typed(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("odd")).csv(items=[ITEM])
    for table in ("events", "customers"):
        (shop.source / table).mkdir()
    for kind, odd in ODD.items():
        for column in COLUMNS:
            event = {name: pa.array([value]) for name, value in (EVENT | {"event_id": f"{kind} {column}"}).items()}
            pq.write_table(pa.table(event | {column: odd}), shop.source / "events" / f"{kind} {column}.parquet")
        customer = pa.table({"customer_id": [kind], "birth_date": odd, "consents": odd})
        pq.write_table(customer, shop.source / "customers" / f"{kind}.parquet")
    shop.bring()
    return {row["event_id"] for row in shop.rows("events")}, {row["file"]: row for row in shop.refused()}


@pytest.mark.parametrize("kind", ODD)
def test_any_column_may_come_in_any_type_and_is_read_or_refused(oddly_typed, kind):
    loaded, refused = oddly_typed
    for column in COLUMNS:
        assert (f"{kind} {column}" in loaded) != (f"events/{kind} {column}.parquet" in refused)
    assert f"{kind} extra" in loaded
    assert f"{kind} text" in loaded
    for name in (f"customers/{kind}.parquet", *(f"events/{kind} {column}.parquet" for column in COLUMNS)):
        if name in refused:
            missing = {"MISSING_VALUE"} if kind == "nothing" else set()
            assert refused[name]["reason"] in REASONS | missing
            assert refused[name]["raw"]


offsets = st.integers(-14 * 60 + 1, 14 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=40)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.none() | st.just(UTC) | offsets, st.booleans())  # noqa: DTZ001
def test_times_are_read_as_python_reads_them(moment, zone, spaced):
    moment = moment.replace(tzinfo=zone)
    text = moment.isoformat(" " if spaced else "T")
    query = f"SELECT {TIME.parse('given', pa.string())} FROM (SELECT {present('?::VARCHAR', pa.string())} AS given)"  # noqa: S608
    ((read,),) = duckdb.execute(query, [text]).fetchall()
    expected = moment if zone is None else moment.astimezone(UTC).replace(tzinfo=None)
    assert read == expected
