"""Rows of people in Parquet files: found by the columns that name people, and left out of a file written anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.recommender.person import Person
from service.tables.durable import write_parquet

CUSTOMER, VISITOR, KEY = "customer_id", "visitor_id", "person_key"
NAMING: Final = (CUSTOMER, VISITOR, KEY)
WHEN: Final = "occurred_at"


def count_of(path: Path, people: Collection[Person]) -> int:
    """Count a file's rows of some people."""
    file = pq.ParquetFile(path)
    naming = [name for name in NAMING if name in file.schema_arrow.names]
    if not naming:
        return 0
    return sum(
        pc.sum(_of(batch, people)).as_py() or 0 for batch in file.iter_batches(columns=naming, use_threads=False)
    )


def rows_of(path: Path, people: Collection[Person]) -> list[dict[str, object]]:
    """Read a file's rows of some people, without what is empty."""
    file = pq.ParquetFile(path)
    if not set(NAMING) & set(file.schema_arrow.names):
        return []
    found = [batch.filter(_of(batch, people)) for batch in file.iter_batches(use_threads=False)]
    return [
        {name: value for name, value in row.items() if value not in (None, [])}
        for batch in found for row in batch.to_pylist()
    ]


def write_without(path: Path, people: Collection[Person], target: Path) -> int:
    """Write a file's rows, in their order, but those of some people.

    Returns
    -------
    Rows written.
    """
    return write_rest(path, lambda batch: _of(batch, people), target)


def write_rest(path: Path, gone: Callable[[pa.RecordBatch], pa.BooleanArray], target: Path) -> int:
    """Write a file's rows, in their order, but those of which `gone` says so.

    Returns
    -------
    Rows written.
    """
    file = pq.ParquetFile(path)

    def others() -> Iterator[pa.RecordBatch]:
        for group in range(file.num_row_groups):
            for batch in file.read_row_group(group, use_threads=False).to_batches():
                yield batch.filter(pc.invert(gone(batch)))

    return write_parquet(target, file.schema_arrow, others())


def count_before(path: Path, until: Mapping[Person, datetime]) -> int:
    """Count a file's events of some people up to a moment of each."""
    file = pq.ParquetFile(path)
    if WHEN not in file.schema_arrow.names:
        return 0
    batches = file.iter_batches(columns=[CUSTOMER, VISITOR, WHEN], use_threads=False)
    return sum(pc.sum(_before(batch, until)).as_py() or 0 for batch in batches)


def write_without_before(path: Path, until: Mapping[Person, datetime], target: Path) -> int:
    """Write a file's rows, in their order, but events of some people up to a moment of each.

    Returns
    -------
    Rows written.
    """
    return write_rest(path, lambda batch: _before(batch, until), target)


def _before(batch: pa.RecordBatch, until: Mapping[Person, datetime]) -> pa.BooleanArray:
    found = pa.array([False] * batch.num_rows)
    for person, moment in until.items():
        early = pc.less_equal(batch.column(WHEN), pa.scalar(moment, batch.column(WHEN).type))
        found = pc.or_(found, pc.and_(_of(batch, [person]), early))
    return found


def _of(batch: pa.RecordBatch, people: Collection[Person]) -> pa.BooleanArray:
    """Which rows are of some people; a customer's are theirs whichever visitor id they carry."""
    customers = pa.array([one.id for one in people if one.is_customer], pa.string())
    visitors = pa.array([one.id for one in people if not one.is_customer], pa.string())
    found = pa.array([False] * batch.num_rows)
    if CUSTOMER in batch.schema.names:
        found = pc.or_(found, pc.is_in(batch.column(CUSTOMER), customers))
    if VISITOR in batch.schema.names:
        nobodys = pc.is_null(batch.column(CUSTOMER)) if CUSTOMER in batch.schema.names else True
        found = pc.or_(found, pc.and_(nobodys, pc.is_in(batch.column(VISITOR), visitors)))
    if KEY in batch.schema.names:
        keys = pa.array([one.key for one in people], pa.string())
        found = pc.or_(found, pc.is_in(batch.column(KEY), keys))
    return found
