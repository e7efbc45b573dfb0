"""The catalogue out of the shop's canonical items table; training and serving read it through this one function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from service.recommender.catalogue import EVER, FOREVER, KINDS, Catalogue, ItemTexts

_MICROSECONDS = 1_000_000


def read_catalogue(items: pa.Table, version: str) -> Catalogue:
    """Turn canonical items into arrays and texts.

    An ad is available where its flight and its own dates overlap.

    Parameters
    ----------
    items : columns of the canonical items table
    version : what the import is called; kept with the artefact that is trained on it
    """
    start, end = _epoch(items["available_from"], EVER), _epoch(items["available_until"], FOREVER)
    return Catalogue(
        version=version,
        item_ids=items["item_id"].to_pylist(),
        texts=_texts(items),
        kind=_kinds(items["kind"]),
        price=_numbers(items["price"]),
        list_price=_numbers(items["list_price"]),
        in_stock=_flags(items["in_stock"], missing=True),
        available_from=np.maximum(start, _epoch(items["starts_at"], EVER)),
        available_until=np.minimum(end, _epoch(items["ends_at"], FOREVER)),
        sensitive=_flags(items["sensitive"], missing=False),
        bid=_numbers(items["bid"]),
        daily_budget=_numbers(items["daily_budget"]),
        segments=_lists(items["segments"]),
    )


def _texts(items: pa.Table) -> ItemTexts:
    plain = ("title", "description", "brand", "url", "image_url", "price", "list_price", "currency", "advertiser",
             "payer", "campaign_id")
    lists, maps = ("tags", "category", "promotes"), ("titles", "descriptions", "attributes")
    columns: dict[str, Any] = {name: items[name].to_pylist() for name in plain}
    columns |= {name: _lists(items[name]) for name in lists}
    columns |= {name: [dict(pairs or ()) for pairs in items[name].to_pylist()] for name in maps}
    return ItemTexts(**columns)


def _lists(column: pa.ChunkedArray) -> list[tuple[str, ...]]:
    return [tuple(values or ()) for values in column.to_pylist()]


def _kinds(column: pa.ChunkedArray) -> NDArray[np.int8]:
    codes = pc.index_in(column, value_set=pa.array([kind.value for kind in KINDS]))
    return np.asarray(codes.to_numpy(), np.int8)


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float32]:
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float32)


def _flags(column: pa.ChunkedArray, *, missing: bool) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, missing).to_numpy(), np.bool_)


def _epoch(column: pa.ChunkedArray, missing: int) -> NDArray[np.int64]:
    micros = pc.cast(column, pa.timestamp("us", tz="UTC")).cast(pa.int64())
    known = np.asarray(pc.is_valid(column).to_numpy(), np.bool_)
    seconds = np.asarray(pc.fill_null(micros, 0).to_numpy(), np.int64) // _MICROSECONDS
    return np.where(known, seconds, np.int64(missing))
