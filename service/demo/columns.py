"""The columns of each table that the demo shop writes, as ``konomi import`` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 4)
NAMES = pa.list_(pa.string())

ITEMS = pa.schema(
    [
        ("item_id", pa.string()),
        ("kind", pa.string()),
        ("title", pa.string()),
        ("title_en", pa.string()),
        ("title_ja", pa.string()),
        ("description", pa.string()),
        ("description_en", pa.string()),
        ("description_ja", pa.string()),
        ("brand", pa.string()),
        ("language", pa.string()),
        ("category", pa.string()),
        ("tags", NAMES),
        ("price", MONEY),
        ("list_price", MONEY),
        ("currency", pa.string()),
        ("in_stock", pa.bool_()),
        ("available_from", TIME),
        ("sensitive", pa.bool_()),
        ("advertiser", pa.string()),
        ("payer", pa.string()),
        ("campaign_id", pa.string()),
        ("promotes", NAMES),
        ("bid", MONEY),
        ("daily_budget", MONEY),
        ("starts_at", TIME),
        ("ends_at", TIME),
        ("segments", NAMES),
        # Columns that tables.md does not know become attributes.
        ("category_ja", pa.string()),
        ("brand_ja", pa.string()),
        ("size", pa.string()),
        ("form", pa.string()),
        ("minutes", pa.string()),
        ("months", pa.string()),
        ("sample", pa.string()),
        ("made_up", pa.string()),
    ]
)
CUSTOMERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("birth_date", pa.date32()),
        ("anniversary", pa.date32()),
        ("region", pa.string()),
        ("language", pa.string()),
        ("household", pa.string()),
        ("income_band", pa.string()),
        ("age_band", pa.string()),
        ("time_zone", pa.string()),
        ("consents", NAMES),
        ("home_ownership", pa.string()),
        ("marital_status", pa.string()),
        ("household_size", pa.string()),
        ("kids_count", pa.string()),
        ("made_up", pa.string()),
    ]
)
EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("customer_id", pa.string()),
        ("type", pa.string()),
        ("item_id", pa.string()),
        ("occurred_at", TIME),
        ("quantity", MONEY),
        ("amount", MONEY),
        ("discount", MONEY),
        ("offer_code", pa.string()),
        ("channel", pa.string()),
        ("basket_id", pa.string()),
    ]
)
SEGMENTS = pa.schema(
    [("segment", pa.string()), ("customer_id", pa.string()), ("title_en", pa.string()), ("title_ja", pa.string())]
)
OFFERS = pa.schema(
    [
        ("code", pa.string()),
        ("title_en", pa.string()),
        ("title_ja", pa.string()),
        ("discount_rate", pa.float64()),
        ("valid_from", TIME),
        ("valid_until", TIME),
        ("segments", NAMES),
        ("item_ids", NAMES),
        ("category", pa.string()),
        ("occasion", pa.string()),
        ("limit_per_customer", pa.int64()),
    ]
)
HISTORY = pa.schema(
    [
        ("event_id", pa.string()),
        ("customer_id", pa.string()),
        ("visitor_id", pa.string()),
        ("type", pa.string()),
        ("item_id", pa.string()),
        ("topic", pa.string()),
        ("occurred_at", TIME),
        ("quantity", MONEY),
        ("amount", MONEY),
        ("discount", MONEY),
        ("value", pa.float64()),
        ("text", pa.string()),
        ("message_id", pa.string()),
        ("offer_code", pa.string()),
        ("in_reply_to", pa.string()),
        ("channel", pa.string()),
        ("basket_id", pa.string()),
        ("token", pa.string()),
        ("source", pa.string()),
        ("attributes", pa.map_(pa.string(), pa.string())),
    ]
)
"""The shop's history of events after the import: what the simulation adds to."""


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Build a table from rows that name only the columns they fill.

    Raises
    ------
    ValueError
        If a row names a column that the schema has not.
    """
    listed = list(rows)
    unknown = {name for row in listed for name in row} - set(schema.names)
    if unknown:
        message = f"no such column: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    columns = {field.name: pa.array([row.get(field.name) for row in listed], field.type) for field in schema}
    return pa.table(columns, schema=schema)
