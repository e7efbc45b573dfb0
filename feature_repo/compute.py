"""Compute the features from a shop's tables: one Parquet file per feature view, one snapshot per moment in each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import ibis
import pyarrow.parquet as pq

from feature_repo.preparation import ShopFiles, moments_table, prepare
from feature_repo.recent import RECENT_SCHEMA
from feature_repo.snapshot import Prepared, snapshot

STAGING = ".staging"
THREADS = 2
MEMORY = "1200MB"
RECENT = "person_recent"

Progress = Callable[[str, float], None]


def compute(
    files: ShopFiles,
    moments: Mapping[str, Sequence[datetime]],
    out: Path,
    *,
    through_sequence: int,
    time_zone: str,
    progress: Progress | None = None,
) -> None:
    """Write `out`/VIEW.parquet for every feature view that is wanted, each file whole or not at all.

    Parameters
    ----------
    files : canonical Parquet files of the shop
    moments : by wanted view, the moments to compute it for, aware; each becomes a snapshot with this event_timestamp
    out : folder of the results
    through_sequence : the newest event of the live log that is part of the events
    time_zone : IANA name of the shop's zone, for hours of the week
    progress : called with what is being done and how much is done, in [0, 1]

    Raises
    ------
    ValueError
        If no view is wanted, or one of no moment, or a moment has no zone or a fraction of a second.
    """
    if not moments:
        raise ValueError("no view is wanted: name at least one, with the moments to compute it for")
    wanted = {view: _in_order(view, given) for view, given in moments.items()}
    staging = out / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    connection = engine(staging / "spill")
    try:
        prepared = prepare(
            connection, files, moments=sorted(set(chain.from_iterable(wanted.values()))),
            through_sequence=through_sequence, time_zone=time_zone,
        )
        _write(prepared, staging, wanted, progress or (lambda _step, _done: None))
        for view in (*wanted, RECENT):
            (staging / f"{view}.parquet").replace(out / f"{view}.parquet")
    finally:
        connection.disconnect()
        shutil.rmtree(staging, ignore_errors=True)
    _sync(out)


def engine(spill: Path) -> ibis.BaseBackend:
    """Open a DuckDB of its own, which says nothing on stdout and puts what does not fit into memory into a folder."""
    connection = ibis.duckdb.connect(
        threads=THREADS, memory_limit=MEMORY, temp_directory=str(spill), preserve_insertion_order=False,
    )
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _in_order(view: str, moments: Sequence[datetime]) -> list[datetime]:
    if not moments:
        raise ValueError(f"{view}: name at least one moment to compute it for")
    for moment in moments:
        if moment.tzinfo is None or moment.microsecond:
            raise ValueError(f"{view}: the moment {moment.isoformat()} must have a time zone and whole seconds")
    return sorted({moment.astimezone(UTC) for moment in moments})


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
    recent = staging / f"{RECENT}.parquet"
    pq.write_table(RECENT_SCHEMA.empty_table(), recent)
    _sync(recent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
