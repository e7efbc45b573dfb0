"""Between Feast's protobuf values and the domain's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from service.recommender.events import EventType, RecentAction
from service.recommender.stored import StoredActions, StoredImpressions

Row = Mapping[str, Any]
"""Feast's `Value` messages of one person and view, by feature name; empty for none."""

ACTION_ARRAYS = frozenset({
    "item_id", "type", "count", "first_at", "last_at", "last_price", "faded_30", "faded_90", "faded_365",
})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(value: Any) -> object | None:
    """Unwrap a `Value`: a scalar, a tuple for a list, None for null and NaN."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    found = getattr(value, kind)
    if kind.endswith("_list_val"):
        return tuple(found.val)
    return None if isinstance(found, float) and math.isnan(found) else found


def traits(row: Row) -> dict[str, object]:
    """Features by name; left out are those without a value, and the arrays that `stored_actions` reads."""
    named = ((name, plain(value)) for name, value in row.items() if name not in ACTION_ARRAYS)
    return {name: value for name, value in named if value is not None}


def stored_actions(row: Row) -> StoredActions:
    """Read the arrays of a person's actions; none where the store has none."""
    if not row:
        return StoredActions()
    return StoredActions(
        item_id=list(row["item_id"].string_list_val.val),
        type=list(row["type"].string_list_val.val),
        count=list(row["count"].int64_list_val.val),
        first_at=list(row["first_at"].int64_list_val.val),
        last_at=list(row["last_at"].int64_list_val.val),
        last_price=list(row["last_price"].double_list_val.val),
        faded_30=_floats(row, "faded_30"),
        faded_90=_floats(row, "faded_90"),
        faded_365=_floats(row, "faded_365"),
    )


def _floats(row: Row, name: str) -> list[float]:
    """Read what features of an earlier release do not have."""
    return list(row[name].float_list_val.val) if name in row else []


def stored_impressions(rows: Mapping[str, tuple[datetime, Row]]) -> StoredImpressions:
    """Read what was shown and ignored, out of rows by the prefix of their feature names; each with its time."""
    arrays: dict[str, list[Any]] = {"item_id": [], "count": [], "days": [], "at": []}
    for prefix, (_, row) in rows.items():
        for name, entries in arrays.items():
            value = row[f"{prefix}_{name}"]
            entries.extend((value.string_list_val if name == "item_id" else value.int64_list_val).val)
    if not rows:
        return StoredImpressions()
    until = min(written_at for written_at, _ in rows.values())
    return StoredImpressions(arrays["item_id"], arrays["count"], arrays["days"], arrays["at"], until)


def recent_actions(row: Row) -> tuple[RecentAction, ...]:
    """Read the actions that the service pushed, oldest first."""
    if not row:
        return ()
    return tuple(
        RecentAction(
            sequence=sequence,
            event_id=event_id,
            type=EventType(kind),
            item_id=item_id,
            occurred_at=_EPOCH + timedelta(microseconds=occurred_at),
            price=None if math.isnan(price) else price,
            topic=topic or None,
        )
        for sequence, event_id, kind, item_id, occurred_at, price, topic in zip(
            row["recent_sequence"].int64_list_val.val,
            row["recent_event_id"].string_list_val.val,
            row["recent_type"].string_list_val.val,
            row["recent_item_id"].string_list_val.val,
            row["recent_occurred_at"].int64_list_val.val,
            row["recent_price"].double_list_val.val,
            row["recent_topic"].string_list_val.val,
            strict=True,
        )
    )


def recent_columns(actions: Sequence[RecentAction]) -> dict[str, tuple[str, list[Any]]]:
    """Write actions as columns: feature name → (field of `Value`, entries)."""
    return {
        "recent_sequence": ("int64_list_val", [action.sequence for action in actions]),
        "recent_event_id": ("string_list_val", [action.event_id for action in actions]),
        "recent_type": ("string_list_val", [action.type.value for action in actions]),
        "recent_item_id": ("string_list_val", [action.item_id for action in actions]),
        "recent_occurred_at": (
            "int64_list_val",
            [(action.occurred_at - _EPOCH) // timedelta(microseconds=1) for action in actions],
        ),
        "recent_price": (
            "double_list_val", [math.nan if action.price is None else action.price for action in actions],
        ),
        "recent_topic": ("string_list_val", [action.topic or "" for action in actions]),
    }
