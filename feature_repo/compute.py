"""Compute the features from a shop's tables: one Parquet file per feature view, one snapshot per moment in each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.recent import RECENT_SCHEMA
from feature_repo.snapshot import Prepared, item_views, person_views
from feature_repo.transformations.history import history, of_customers
from feature_repo.transformations.local_time import offsets

STAGING = ".staging"
THREADS = 2
MEMORY = "1200MB"

EVENT_COLUMNS = (
    "customer_id", "visitor_id", "type", "item_id", "occurred_at", "quantity", "amount", "discount", "basket_id",
    "offer_code",
)
NOBODYS_SEGMENT = pa.schema([("segment", pa.string()), ("customer_id", pa.string())])

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
        prepared = _prepare(connection, events, items, customers, segments, forgotten, moments, time_zone)
        told = progress or (lambda _step, _done: None)
        for view, files in _write(prepared, staging, moments, through_sequence, told):
            files.replace(out / f"{view}.parquet")
    finally:
        connection.disconnect()
        shutil.rmtree(staging, ignore_errors=True)
    _sync_folder(out)


def _moments(as_of: Sequence[datetime]) -> list[datetime]:
    if not as_of:
        raise ValueError("as_of is empty: name at least one moment to compute features for")
    for moment in as_of:
        if moment.tzinfo is None or moment.microsecond:
            raise ValueError(f"as_of {moment.isoformat()} must have a time zone and whole seconds")
    return sorted({moment.astimezone(UTC) for moment in as_of})


def _prepare(
    connection: ibis.BaseBackend,
    events: Sequence[Path],
    items: Path,
    customers: Path,
    segments: Path | None,
    forgotten: pa.Table,
    moments: Sequence[datetime],
    time_zone: str,
) -> Prepared:
    log = connection.read_parquet([str(path) for path in events]).select(*EVENT_COLUMNS)
    counted = connection.create_table("history", history(log, ibis.memtable(forgotten)), temp=True)
    earliest = counted.occurred_at.min().to_pyarrow().as_py() or moments[0]
    catalogue = connection.read_parquet(str(items))
    catalogue = connection.create_table(
        "catalogue",
        catalogue.select(
            "item_id",
            "brand",
            "campaign_id",
            sensitive=catalogue.sensitive.fill_null(False),
            category_path=catalogue.category[:2].join(" > ").nullif(""),
            type_path=catalogue.category.join(" > ").nullif(""),
        ),
        temp=True,
    )
    groups = connection.read_parquet(str(segments)) if segments else ibis.memtable(NOBODYS_SEGMENT.empty_table())
    return Prepared(
        everything=counted,
        personal=connection.create_table("personal", of_customers(counted, catalogue), temp=True),
        items=catalogue,
        customers=_keyed(connection.read_parquet(str(customers))),
        segments=_keyed(groups),
        hours=ibis.memtable(pa.table({"hour": pa.array(range(168), pa.int64())})),
        zone_changes=offsets(time_zone, min(earliest, moments[0]), moments[-1]),
    )


def _keyed(table: ir.Table) -> ir.Table:
    return table.mutate(person_key="c:" + table.customer_id)


def _write(
    prepared: Prepared, staging: Path, moments: Sequence[datetime], through_sequence: int, progress: Progress,
) -> Iterator[tuple[str, Path]]:
    """Write every view's snapshots into the staging folder, one moment at a time so that memory stays flat."""
    writers: dict[str, pq.ParquetWriter] = {}
    views = 0
    try:
        for number, moment in enumerate(moments):
            as_of = ibis.memtable(pa.table({"as_of": pa.array([moment], pa.timestamp("us", "UTC"))}))
            snapshot = person_views(prepared, as_of, through_sequence) | item_views(prepared, as_of)
            views = len(snapshot)
            for place, (view, expression) in enumerate(snapshot.items()):
                progress(f"{view} as of {moment:%Y-%m-%d}", (number * views + place) / (views * len(moments)))
                _append(writers, view, expression, staging)
    finally:
        for writer in writers.values():
            writer.close()
    pq.write_table(RECENT_SCHEMA.empty_table(), staging / "person_recent.parquet")
    for view in (*writers, "person_recent"):
        path = staging / f"{view}.parquet"
        with path.open("rb") as written:
            os.fsync(written.fileno())
        yield view, path


def _append(writers: dict[str, pq.ParquetWriter], view: str, expression: ir.Table, staging: Path) -> None:
    table = expression.to_pyarrow()
    if view not in writers:
        writers[view] = pq.ParquetWriter(
            staging / f"{view}.parquet", table.schema, compression="zstd", coerce_timestamps="us",
        )
    writers[view].write_table(table.cast(writers[view].schema))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
