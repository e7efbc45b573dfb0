"""Writing to disk so that a crash at any moment leaves either the old state or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.tables.canonical import ROWS_PER_GROUP


def write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write batches, cast to `schema`, as one zstd Parquet file that has reached the disk on return.

    Parameters
    ----------
    path : where to write; nobody may be reading it yet
    schema : columns by name and order; times without a zone are taken as UTC, lists of key and value as maps
    batches : each becomes one row group, or several where it exceeds `ROWS_PER_GROUP`

    Returns
    -------
    int
        Rows written.
    """
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            columns = [_canonical(batch.column(field.name), field.type) for field in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema), row_group_size=ROWS_PER_GROUP)
            rows += batch.num_rows
    sync(path)
    return rows


def _canonical(column: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_map(target) and pa.types.is_list(column.type):
        entries = column.values
        return pa.MapArray.from_arrays(column.offsets, entries.field("key"), entries.field("value"), type=target)
    return column.cast(target)


def count_parquet(path: Path) -> int:
    """Count the rows of a Parquet file by its footer."""
    return int(pq.read_metadata(path).num_rows)


def replace_text(path: Path, text: str) -> None:
    """Put `text` at `path` in one step: readers see the old text or the new one, never a part."""
    staged = path.with_name(path.name + ".next")
    staged.write_text(text, encoding="utf-8")
    replace_file(staged, path)


def replace_file(staged: Path, path: Path) -> None:
    """Move a finished file from its staging name to `path`, durably and in one step."""
    sync(staged)
    os.replace(staged, path)  # noqa: PTH105 - the one atomic step, kept visible
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
