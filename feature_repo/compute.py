"""Compute the features from a shop's tables: one Parquet file per feature view, one snapshot per moment in each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.preparation import ShopFiles, moments_table, prepare
from feature_repo.recent import RECENT_SCHEMA
from feature_repo.snapshot import VIEWS, Prepared, snapshot

STAGING = ".staging"
THREADS = 2
MEMORY = "1200MB"
RECENT = "person_recent"

Progress = Callable[[str, float], None]


def compute(
    events: Sequence[Path],
    items: Path,
    customers: Path,
    segments: Path | None,
    forgotten: pa.Table,
    out: Path,
    *,
    as_of: Sequence[datetime],
    through_sequence: int,
    time_zone: str,
    views: Sequence[str] = VIEWS,
    newest_only: Collection[str] = (),
    progress: Progress | None = None,
) -> None:
    """Write `out`/VIEW.parquet for every feature view, each file whole or not at all.

    Parameters
    ----------
    events, items, customers, segments : canonical Parquet files of the shop
    forgotten : person_key, type, item_id, through
        Actions that count nowhere.
    out : folder of the results
    as_of : the moments to compute for, aware; each becomes a snapshot with this event_timestamp
    through_sequence : the newest event of the live log that is part of `events`
    time_zone : IANA name of the shop's zone, for hours of the week
    views : only these
    newest_only : of those, the ones that are wanted as of the newest moment alone
    progress : called with what is being done and how much is done, in [0, 1]

    Raises
    ------
    ValueError
        If there is no moment, or one has no zone or a fraction of a second.
    """
    moments = _moments(as_of)
    staging = out / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    connection = ibis.duckdb.connect(
        threads=THREADS, memory_limit=MEMORY, temp_directory=str(staging / "spill"), preserve_insertion_order=False,
    )
    try:
        prepared = prepare(
            connection, ShopFiles(events, items, customers, segments, forgotten),
            moments=moments, through_sequence=through_sequence, time_zone=time_zone,
        )
        wanted = {view: moments[-1:] if view in newest_only else moments for view in views}
        _write(prepared, staging, wanted, progress or (lambda _step, _done: None))
        for view in (*views, RECENT):
            (staging / f"{view}.parquet").replace(out / f"{view}.parquet")
    finally:
        connection.disconnect()
        shutil.rmtree(staging, ignore_errors=True)
    _sync(out)


def _moments(as_of: Sequence[datetime]) -> list[datetime]:
    if not as_of:
        raise ValueError("as_of is empty: name at least one moment to compute features for")
    for moment in as_of:
        if moment.tzinfo is None or moment.microsecond:
            raise ValueError(f"as_of {moment.isoformat()} must have a time zone and whole seconds")
    return sorted({moment.astimezone(UTC) for moment in as_of})


def _write(
    prepared: Prepared, staging: Path, wanted: Mapping[str, Sequence[datetime]], progress: Progress,
) -> None:
    """Write every view into the staging folder, one moment at a time so that memory stays flat."""
    steps, done = sum(map(len, wanted.values())), 0
    for view, moments in wanted.items():
        path = staging / f"{view}.parquet"
        writer: pq.ParquetWriter | None = None
        for moment in moments:
            progress(f"{view} as of {moment:%Y-%m-%d}", done / steps)
            done += 1
            table = snapshot(view, prepared, moments_table([moment])).to_pyarrow()
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", coerce_timestamps="us")
            writer.write_table(table.cast(writer.schema))
        if writer:
            writer.close()
        _sync(path)
    pq.write_table(RECENT_SCHEMA.empty_table(), staging / f"{RECENT}.parquet")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
