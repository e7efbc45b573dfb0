"""The canonical schemas: what every reader of the shop's tables may rely on."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

MONEY: Final = pa.decimal128(18, 4)
INSTANT: Final = pa.timestamp("us", tz="UTC")
NAMES: Final = pa.list_(pa.string())
TEXTS: Final = pa.map_(pa.string(), pa.string())


def _fields(arrow_type: pa.DataType, names: str) -> list[pa.Field]:
    return [pa.field(name, arrow_type) for name in names.split()]


ITEMS: Final = pa.schema(
    [
        *_fields(pa.string(), "item_id kind title"),
        pa.field("titles", TEXTS),
        pa.field("description", pa.string()),
        pa.field("descriptions", TEXTS),
        *_fields(pa.string(), "brand url image_url language"),
        *_fields(NAMES, "category tags"),
        *_fields(MONEY, "price list_price"),
        pa.field("currency", pa.string()),
        pa.field("in_stock", pa.bool_()),
        *_fields(INSTANT, "available_from available_until"),
        pa.field("sensitive", pa.bool_()),
        *_fields(pa.string(), "advertiser payer campaign_id"),
        pa.field("promotes", NAMES),
        *_fields(MONEY, "bid daily_budget"),
        *_fields(INSTANT, "starts_at ends_at"),
        pa.field("segments", NAMES),
        pa.field("attributes", TEXTS),
    ],
)

CUSTOMERS: Final = pa.schema(
    [
        pa.field("customer_id", pa.string()),
        *_fields(pa.date32(), "birth_date anniversary"),
        *_fields(pa.string(), "gender region language household income_band age_band time_zone"),
        pa.field("signed_up_at", INSTANT),
        *_fields(pa.string(), "email phone"),
        pa.field("consents", NAMES),
        pa.field("attributes", TEXTS),
    ],
)

EVENTS: Final = pa.schema(
    [
        *_fields(pa.string(), "event_id customer_id visitor_id type item_id topic"),
        pa.field("occurred_at", INSTANT),
        *_fields(MONEY, "quantity amount discount"),
        pa.field("value", pa.float64()),
        *_fields(pa.string(), "text message_id offer_code in_reply_to channel basket_id token source"),
        pa.field("attributes", TEXTS),
    ],
)

SEGMENTS: Final = pa.schema(_fields(pa.string(), "segment customer_id title_en title_ja"))

OFFERS: Final = pa.schema(
    [
        *_fields(pa.string(), "code title_en title_ja"),
        pa.field("discount_rate", pa.float64()),
        *_fields(INSTANT, "valid_from valid_until"),
        *_fields(NAMES, "segments item_ids category"),
        pa.field("occasion", pa.string()),
        pa.field("limit_per_customer", pa.int64()),
        *_fields(MONEY, "budget cost margin"),
    ],
)

SCHEMAS: Final = {"items": ITEMS, "customers": CUSTOMERS, "events": EVENTS, "segments": SEGMENTS, "offers": OFFERS}
"""Canonical schema by table name, in the order in which tables are imported."""

ROWS_PER_GROUP: Final = 4_096
"""Rows in a Parquet row group: few, since a request reads all of the groups that a person's history lies in."""
