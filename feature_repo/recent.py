"""The columns of the push source: a person's actions that the stored features do not count yet."""

from __future__ import annotations

import pyarrow as pa

RECENT_SCHEMA = pa.schema([
    ("person_key", pa.string()),
    ("event_timestamp", pa.timestamp("us", "UTC")),
    ("recent_sequence", pa.list_(pa.int64())),
    ("recent_event_id", pa.list_(pa.string())),
    ("recent_type", pa.list_(pa.string())),
    ("recent_item_id", pa.list_(pa.string())),
    ("recent_occurred_at", pa.list_(pa.int64())),
    ("recent_price", pa.list_(pa.float64())),
    ("recent_topic", pa.list_(pa.string())),
])
