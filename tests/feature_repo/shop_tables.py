"""Canonical tables of a shop made of a few lines, for the transformations to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.compute import compute
from feature_repo.preparation import FORGOTTEN, LINKS, ShopFiles, moments_table, prepare
from feature_repo.snapshot import VIEWS, snapshot

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
MONEY = pa.decimal128(18, 4)
TIME = pa.timestamp("us", "UTC")

EVENTS = pa.schema([
    ("event_id", pa.string()), ("customer_id", pa.string()), ("visitor_id", pa.string()), ("type", pa.string()),
    ("item_id", pa.string()), ("topic", pa.string()), ("occurred_at", TIME), ("quantity", MONEY), ("amount", MONEY),
    ("discount", MONEY), ("value", pa.float64()), ("text", pa.string()), ("offer_code", pa.string()),
    ("channel", pa.string()), ("basket_id", pa.string()), ("source", pa.string()),
])
ITEMS = pa.schema([
    ("item_id", pa.string()), ("kind", pa.string()), ("brand", pa.string()), ("category", pa.list_(pa.string())),
    ("sensitive", pa.bool_()), ("campaign_id", pa.string()),
])
CUSTOMERS = pa.schema([
    ("customer_id", pa.string()), ("birth_date", pa.date32()), ("region", pa.string()), ("household", pa.string()),
    ("income_band", pa.string()), ("age_band", pa.string()), ("language", pa.string()),
])
SEGMENTS = pa.schema([("segment", pa.string()), ("customer_id", pa.string()), ("title_en", pa.string())])

MILK = {"item_id": "milk", "kind": "PRODUCT", "brand": "Hill", "category": ["Food", "Dairy", "Milk"]}
OAT_MILK = {"item_id": "oat", "kind": "PRODUCT", "brand": "Field", "category": ["Food", "Dairy", "Milk"]}
BREAD = {"item_id": "bread", "kind": "PRODUCT", "brand": "Field", "category": ["Food", "Bakery"]}
WINE = {"item_id": "wine", "kind": "PRODUCT", "brand": "Hill", "category": ["Drinks", "Wine"], "sensitive": True}
BANNER = {"item_id": "banner", "kind": "AD", "campaign_id": "spring"}


def days_ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def bought(
    customer_id: str, item_id: str, at: datetime, *,
    basket: str | None = None, quantity: int = 1, amount: str = "2.00", discount: str = "0",
) -> dict[str, Any]:
    return {
        "customer_id": customer_id, "type": "PURCHASE", "item_id": item_id, "occurred_at": at, "basket_id": basket,
        "quantity": Decimal(quantity), "amount": Decimal(amount), "discount": Decimal(discount),
    }


def did(customer_id: str, kind: str, item_id: str | None, at: datetime, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "type": kind, "item_id": item_id, "occurred_at": at, **more}


@dataclass
class ShopTables:
    """Rows of each table; columns left out are null."""

    events: Sequence[Mapping[str, Any]] = ()
    items: Sequence[Mapping[str, Any]] = (MILK, OAT_MILK, BREAD, WINE, BANNER)
    customers: Sequence[Mapping[str, Any]] = ({"customer_id": "ann"}, {"customer_id": "bob"})
    segments: Sequence[Mapping[str, Any]] = ()
    forgotten: Sequence[Mapping[str, Any]] = field(default=())
    links: Sequence[Mapping[str, Any]] = field(default=())

    def compute(
        self, folder: Path, as_of: Iterable[datetime] = (AS_OF,), *, through_sequence: int = 0, time_zone: str = "UTC",
    ) -> Path:
        """Write the tables and compute all features; the folder of the results is returned."""
        compute(
            self.write(folder), dict.fromkeys(VIEWS, tuple(as_of)), folder / "data",
            through_sequence=through_sequence, time_zone=time_zone,
        )
        return folder / "data"

    def view(
        self, name: str, folder: Path, *, through_sequence: int = 0, time_zone: str = "UTC",
    ) -> dict[str, dict[str, Any]]:
        """Compute one view as of `AS_OF`; rows by join key."""
        connection = ibis.duckdb.connect(threads=1)
        prepared = prepare(
            connection, self.write(folder), moments=[AS_OF], through_sequence=through_sequence, time_zone=time_zone,
        )
        rows = snapshot(name, prepared, moments_table([AS_OF])).to_pyarrow().to_pylist()
        connection.disconnect()
        return {row["person_key" if name.startswith("person") else "item_id"]: row for row in rows}

    def write(self, folder: Path) -> ShopFiles:
        """Write the tables as canonical Parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in (("events", EVENTS), ("items", ITEMS), ("customers", CUSTOMERS), ("segments", SEGMENTS)):
            pq.write_table(_table(getattr(self, name), schema), folder / f"{name}.parquet")
        return ShopFiles(
            [folder / "events.parquet"], folder / "items.parquet", folder / "customers.parquet",
            folder / "segments.parquet", _table(self.forgotten, FORGOTTEN), _table(self.links, LINKS),
        )


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def rows_of(data: Path, view: str, key: str, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
    """Rows of a computed view as of a moment, by join key."""
    found = pq.read_table(data / f"{view}.parquet").to_pylist()
    return {row[key]: row for row in found if row["event_timestamp"] == as_of}
