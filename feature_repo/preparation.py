"""Read a shop's tables into the shape that the transformations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from feature_repo.snapshot import Prepared
from feature_repo.transformations.history import history, of_customers
from feature_repo.transformations.impressions import impressions
from feature_repo.transformations.linked import linked
from feature_repo.transformations.local_time import offsets

EVENT_COLUMNS = (
    "customer_id", "visitor_id", "type", "item_id", "occurred_at", "quantity", "amount", "discount", "basket_id",
    "offer_code", "channel",
)
CATEGORY_DEPTH = 2
"""Levels of the category path that an affinity is told in."""
FORGOTTEN = pa.schema([
    ("person_key", pa.string()), ("type", pa.string()), ("item_id", pa.string()),
    ("through", pa.timestamp("us", tz="UTC")),
])
"""Actions that count nowhere: those of a person, type and item up to a moment."""
LINKS = pa.schema([
    ("visitor_id", pa.string()), ("customer_id", pa.string()), ("through", pa.timestamp("us", tz="UTC")),
])
"""Visitors who became customers, and up to when what they did is the customer's."""
_SEGMENTS = pa.schema([("segment", pa.string()), ("customer_id", pa.string())])


@dataclass(frozen=True, slots=True)
class ShopFiles:
    """Canonical Parquet files of a shop, and the actions that count nowhere."""

    events: Sequence[Path]
    items: Path
    customers: Path
    segments: Path | None
    forgotten: pa.Table
    """Columns of `FORGOTTEN`."""
    links: pa.Table = field(default_factory=LINKS.empty_table)
    """Columns of `LINKS`."""


def prepare(
    connection: ibis.BaseBackend, files: ShopFiles, *,
    moments: Sequence[datetime], through_sequence: int, time_zone: str,
) -> Prepared:
    """Filter and number the events once for all views and moments (ascending)."""
    log = connection.read_parquet([str(path) for path in files.events]).select("event_id", *EVENT_COLUMNS)
    if files.links.num_rows:
        log = connection.create_table("linked", linked(log, ibis.memtable(files.links)), temp=True)
    counted = connection.create_table("history", history(log, ibis.memtable(files.forgotten)), temp=True)
    earliest = counted.occurred_at.min().to_pyarrow().as_py() or moments[0]
    items = connection.create_table("catalogue", _catalogue(connection.read_parquet(str(files.items))), temp=True)
    groups = connection.read_parquet(str(files.segments)) if files.segments else ibis.memtable(_SEGMENTS.empty_table())
    return Prepared(
        everything=counted,
        personal=connection.create_table("personal", of_customers(counted, items), temp=True),
        impressions=connection.create_table("impressions", impressions(log, items), temp=True),
        items=items,
        customers=_keyed(connection.read_parquet(str(files.customers))),
        segments=_keyed(groups),
        hours=ibis.memtable(pa.table({"hour": pa.array(range(168), pa.int64())})),
        zone_changes=offsets(time_zone, min(earliest, moments[0]), moments[-1]),
        through_sequence=through_sequence,
    )


def moments_table(moments: Sequence[datetime]) -> ir.Table:
    """Put moments into a table of the one column `as_of`."""
    return ibis.memtable(pa.table({"as_of": pa.array(list(moments), pa.timestamp("us", "UTC"))}))


def _catalogue(items: ir.Table) -> ir.Table:
    return items.select(
        "item_id",
        "brand",
        "campaign_id",
        sensitive=items.sensitive.fill_null(False),
        category_path=items.category[:CATEGORY_DEPTH].join(" > ").nullif(""),
        type_path=items.category.join(" > ").nullif(""),
    )


def _keyed(table: ir.Table) -> ir.Table:
    return table.mutate(person_key="c:" + table.customer_id)
