"""Features of items, from the table that the feature store hands over to arrays over a catalogue's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue
from service.recommender.circumstances import CHANNELS, DAYPARTS, WEEKDAYS
from service.recommender.item_features import COMPANY, ItemFeatures

NIGHTLY = (
    "buyers_1", "buyers_3", "buyers_7", "buyers_28", "buyers_91", "trend",
    "price_median", "price_week", "discount_share", "discount_share_week",
)
"""What changes from one day to the next: popularity and prices."""
NUMBERS = (*NIGHTLY, "repeat_rate", "repeat_gap")
NAN_WHERE_UNKNOWN = frozenset({"price_median", "price_week", "discount_share_week", "repeat_gap"})
"""The other numbers are zero there."""
FIRST_SOLD_AT = "first_sold_at"
LIFTS = {"daypart_lift": DAYPARTS, "weekday_lift": WEEKDAYS, "channel_lift": len(CHANNELS)}
"""Lists, and how long each is."""
TOGETHER_IDS, TOGETHER_WEIGHTS = "together_item_ids", "together_weights"
COLUMNS = (*NUMBERS, *LIFTS, FIRST_SOLD_AT, TOGETHER_IDS, TOGETHER_WEIGHTS)
NEVER = np.iinfo(np.int64).max


def read_item_features(table: pa.Table, catalogue: Catalogue) -> ItemFeatures:
    """Align item features to a catalogue; training and serving read them through this one function.

    Parameters
    ----------
    table : `item_id` and `COLUMNS`
        Rows in any order; items that the catalogue lacks are left out, those that the table lacks are unsold.
        `first_sold_at` is a timestamp or epoch seconds.
    catalogue : whose rows the arrays follow
    """
    rows = catalogue.rows_of(table["item_id"].to_pylist())
    there = rows >= 0
    numbers = _numbers(table, NUMBERS, rows, len(catalogue))
    first_sold_at = np.full(len(catalogue), NEVER, np.int64)
    first_sold_at[rows[there]] = _epoch(table[FIRST_SOLD_AT])[there]
    together, weight = _company(table, rows, catalogue)
    lifts = {name: _lists(table, name, size, rows, len(catalogue)) for name, size in LIFTS.items()}
    return ItemFeatures(**numbers, **lifts, first_sold_at=first_sold_at, together=together, together_weight=weight)


def renewed(items: ItemFeatures, table: pa.Table, catalogue: Catalogue) -> ItemFeatures:
    """Put the popularity and prices of another night into features that are otherwise the same.

    Parameters
    ----------
    table : `item_id` and `NIGHTLY`
        An item that is not there was sold to nobody lately.
    """
    rows = catalogue.rows_of(table["item_id"].to_pylist())
    numbers: dict[str, Any] = {**_numbers(table, NIGHTLY, rows, len(catalogue))}
    return replace(items, **numbers)


def _numbers(table: pa.Table, names: Sequence[str], rows: Ints, size: int) -> dict[str, Floats]:
    """Columns of numbers over the catalogue's rows, each of shape (size,)."""
    there, found = rows >= 0, {}
    for name in names:
        missing = np.float32(np.nan if name in NAN_WHERE_UNKNOWN else 0)
        found[name] = np.full(size, missing, np.float32)
        if name in table.column_names:  # or a version that an earlier release made
            values = np.asarray(pc.cast(table[name], pa.float64()).to_numpy(), np.float32)[there]
            found[name][rows[there]] = np.where(np.isnan(values), missing, values)
    return found


def align_table(table: pa.Table, catalogue: Catalogue, at: int) -> pa.Table:
    """Put the features of every item of a catalogue in its row order; `item_id`, `kind` and `available` in front.

    Parameters
    ----------
    at : epoch seconds; an item that is out of stock or withdrawn then is not `available`, and not indexed
    """
    available = catalogue.in_stock & (catalogue.available_until > at)
    aligned = pa.table({
        "item_id": pa.array(catalogue.item_ids, pa.string()),
        "kind": pa.array([catalogue.kind_of(row).value for row in range(len(catalogue))], pa.string()),
        "available": pa.array(available),
    })
    found = table.take(pc.index_in(aligned["item_id"], value_set=table["item_id"].combine_chunks()))
    for name in COLUMNS:
        aligned = aligned.append_column(name, found[name])
    return aligned


def _epoch(column: pa.ChunkedArray) -> Ints:
    if pa.types.is_timestamp(column.type):
        column = pc.divide(pc.cast(column, pa.timestamp("us", tz=column.type.tz)).cast(pa.int64()), 1_000_000)
    return np.asarray(pc.fill_null(pc.cast(column, pa.int64()), int(NEVER)).to_numpy(), np.int64)


def _lists(table: pa.Table, name: str, size: int, rows: Ints, n_items: int) -> Floats:
    """Lists of one length, shape (n_items, size); zeros where there is none."""
    out = np.zeros((n_items, size), np.float32)
    if name in table.column_names:  # or a version that an earlier release made
        lists = table[name].combine_chunks()
        known = np.asarray(pc.equal(pc.fill_null(pc.list_value_length(lists), 0), size).to_numpy(zero_copy_only=False))
        values = pc.cast(pc.list_flatten(lists.filter(pa.array(known))), pa.float32())
        kept = known & (rows >= 0)
        out[rows[kept]] = np.asarray(values.to_numpy(zero_copy_only=False)).reshape(-1, size)[kept[known]]
    return out


def _company(table: pa.Table, rows: Ints, catalogue: Catalogue) -> tuple[Ints, Floats]:
    ids, weights = table[TOGETHER_IDS].combine_chunks(), table[TOGETHER_WEIGHTS].combine_chunks()
    owner = np.asarray(pc.list_parent_indices(ids).to_numpy(), np.int64)
    others = catalogue.rows_of(pc.list_flatten(ids).to_pylist())
    strength = np.asarray(pc.cast(pc.list_flatten(weights), pa.float64()).to_numpy(zero_copy_only=False), np.float32)
    known = (rows[owner] >= 0) & (others >= 0)
    owner, others, strength = rows[owner[known]], others[known], strength[known]
    order = np.lexsort((others, -strength, owner))
    owner, others, strength = owner[order], others[order], strength[order]
    place = _place_within(owner)
    kept = place < COMPANY
    together = np.full((len(catalogue), COMPANY), -1, np.int64)
    together_weight = np.zeros((len(catalogue), COMPANY), np.float32)
    together[owner[kept], place[kept]] = others[kept]
    together_weight[owner[kept], place[kept]] = strength[kept]
    return together, together_weight


def _place_within(owner: Ints) -> NDArray[np.int64]:
    """Count 0, 1, 2 … within each run of equal numbers."""
    if not owner.size:
        return owner
    starts = np.concatenate(([0], np.flatnonzero(np.diff(owner)) + 1))
    begin: NDArray[np.int64] = np.repeat(starts, np.diff(np.append(starts, owner.size)))
    return np.arange(owner.size) - begin
