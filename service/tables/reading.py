"""Reading one file of a table into Arrow batches, however broken it is."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from service.tables.csv_records import Malformed, Record, csv_records
from service.tables.refusals import Refusal
from service.tables.sources import Part

BATCH_ROWS: Final = 16_384
PRIVATE: Final = re.compile(r"mail|phone|mobile", re.IGNORECASE)
"""Columns whose values are shown to nobody, not even beside the reason why their row was refused."""

_PLAIN: Final = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal128,
    pa.types.is_date32,
    pa.types.is_time,
    pa.types.is_struct,
    pa.types.is_map,
)


@dataclass
class Reader:
    """A file being read: its columns, its rows in batches, and what had to be refused on the way.

    Columns that `known` names come as themselves, others as `extra_0`, `extra_1`, … in the order of `extras`;
    `_row` counts the file's rows of data from 1.
    """

    part: Part
    schema: pa.Schema
    extras: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        """Type by column, without `_row`."""
        return {column.name: column.type for column in self.schema if column.name != "_row"}


def open_part(part: Part, known: Sequence[str], on_fraction: Callable[[float], None]) -> Reader:
    """Open a file of a table; never raises for what is in it.

    Parameters
    ----------
    part : the file
    known : names of the table's columns; headers are matched to them without regard to case or blanks around
    on_fraction : told, after each batch, how much of the file is read, in [0, 1]
    """
    reader = Reader(part, pa.schema([("_row", pa.int64())]), (), iter(()))
    try:
        if part.path.stat().st_size == 0:
            reader.warnings.append(f"{part.name} is empty")
        elif part.is_csv:
            _open_csv(reader, known, on_fraction)
        else:
            _open_parquet(reader, known, on_fraction)
    except (OSError, pa.ArrowException) as error:
        reader.refused.append(_unreadable(part, error))
    return reader


def _open_csv(reader: Reader, known: Sequence[str], on_fraction: Callable[[float], None]) -> None:
    path = reader.part.path
    with path.open("rb") as start:
        if b"\0" in start.read(4096):
            sentence = f"{reader.part.name} is not UTF-8 text; save it as CSV in UTF-8"
            reader.refused.append(Refusal(reader.part.table, reader.part.name, None, "WRONG_ENCODING", sentence))
            return
    # Bytes that are not UTF-8 become lone surrogates, so that the rows around them can still be read.
    text = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    header = next(csv.reader([text.readline()]), [])
    if not header:
        text.close()
        reader.warnings.append(f"{reader.part.name} has no first line that names its columns")
        return
    names = [_shown(name).strip() for name in header]
    reader.extras, columns = _name_columns(names, known)
    reader.schema = pa.schema([("_row", pa.int64()), *((name, pa.string()) for name in columns)])
    size = path.stat().st_size

    def batches() -> Iterator[pa.RecordBatch]:
        with text:
            first = 1
            for records in csv_records(text, len(names), BATCH_ROWS):
                on_fraction(os.lseek(text.fileno(), 0, os.SEEK_CUR) / size)
                yield _csv_batch(reader, names, first, records)
                first += len(records)

    reader.batches = batches()


def _csv_batch(
    reader: Reader, names: Sequence[str], first: int, records: Sequence[Record | Malformed]
) -> pa.RecordBatch:
    part = reader.part
    good: list[Record] = []
    rows: list[int] = []
    for row, record in enumerate(records, start=first):
        if isinstance(record, Malformed):
            sentence = f"The line is no CSV record: {record.problem}."
            reader.refused.append(Refusal(part.table, part.name, row, "MALFORMED_ROW", sentence))
        else:
            good.append(record)
            rows.append(row)
    try:
        columns = [pa.array(column, pa.string()) for column in zip(*good, strict=True)]
    except UnicodeEncodeError:
        readable = [n for n, record in enumerate(good) if _is_text("".join(record))]
        for n in sorted(set(range(len(good))) - set(readable)):
            reader.refused.append(_undecodable(part, rows[n], dict(zip(names, good[n], strict=True))))
        rows = [rows[n] for n in readable]
        columns = [pa.array(column, pa.string()) for column in zip(*(good[n] for n in readable), strict=True)]
    columns = columns or [pa.array([], pa.string()) for _ in names]
    return pa.record_batch([pa.array(rows, pa.int64()), *columns], schema=reader.schema)


def _open_parquet(reader: Reader, known: Sequence[str], on_fraction: Callable[[float], None]) -> None:
    file = pq.ParquetFile(reader.part.path)
    names = [name.strip() for name in file.schema_arrow.names]
    reader.extras, columns = _name_columns(names, known)
    types = [_plain_type(column.type) for column in file.schema_arrow]
    reader.schema = pa.schema([("_row", pa.int64()), *zip(columns, types, strict=True)])
    total = max(file.metadata.num_rows, 1)

    def batches() -> Iterator[pa.RecordBatch]:
        first = 1
        try:
            for batch in file.iter_batches(BATCH_ROWS):
                on_fraction(first / total)
                rows = pa.array(range(first, first + batch.num_rows), pa.int64())
                first += batch.num_rows
                yield _parquet_batch(reader, names, rows, batch)
        except (OSError, pa.ArrowException) as error:
            reader.refused.append(_unreadable(reader.part, error, first))
        finally:
            file.close()

    reader.batches = batches()


def _parquet_batch(reader: Reader, names: Sequence[str], rows: pa.Array, batch: pa.RecordBatch) -> pa.RecordBatch:
    targets = [column.type for column in reader.schema][1:]
    try:
        columns = [_plain(column, target) for column, target in zip(batch.columns, targets, strict=True)]
        return pa.record_batch([rows, *columns], schema=reader.schema)
    except pa.ArrowInvalid:
        if batch.num_rows > 1:
            halves = [slice(0, batch.num_rows // 2), slice(batch.num_rows // 2, batch.num_rows)]
            pieces = [_parquet_batch(reader, names, rows[half], batch[half]) for half in halves]
            return pa.concat_batches(pieces)
        reader.refused.append(_undecodable(reader.part, rows[0].as_py(), {}))
        return pa.RecordBatch.from_pylist([], schema=reader.schema)


def _plain(column: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        plain = column.cast(target, safe=not pa.types.is_timestamp(target))
    except pa.ArrowNotImplementedError:
        # Durations, UUIDs and other types that Arrow cannot write as text, but Python can.
        plain = pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    plain.validate(full=True)
    return plain


def _plain_type(given: pa.DataType) -> pa.DataType:
    """Give the type that DuckDB reads without doubt: microseconds in UTC, no dictionaries, text as text."""
    types = pa.types
    if types.is_dictionary(given):
        return _plain_type(given.value_type)
    if types.is_timestamp(given):
        return pa.timestamp("us")
    if types.is_list(given) or types.is_large_list(given):
        return pa.list_(_plain_type(given.value_type))
    if types.is_date64(given):
        return pa.date32()
    return given if any(is_plain(given) for is_plain in _PLAIN) else pa.string()


def _name_columns(names: Sequence[str], known: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    extras: list[str] = []
    columns: list[str] = []
    for name in names:
        plain = name.casefold()
        if plain in known and plain not in columns:
            columns.append(plain)
        else:
            columns.append(f"extra_{len(extras)}")
            extras.append(name)
    return tuple(extras), columns


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _undecodable(part: Part, row: int, values: Mapping[str, str]) -> Refusal:
    bad = [name for name, text in values.items() if not _is_text(text)]
    where = f"Column {', '.join(bad)} holds" if bad else "The row holds"
    shown = {name: _shown(text) for name, text in values.items() if text and not PRIVATE.search(name)}
    sentence = f"{where} bytes that are not UTF-8; save the file as UTF-8."
    raw = json.dumps(shown, ensure_ascii=False) if shown else None
    return Refusal(part.table, part.name, row, "WRONG_ENCODING", sentence, raw)


def _unreadable(part: Part, error: Exception, row: int | None = None) -> Refusal:
    where = "" if row is None else f" from row {row} on"
    sentence = f"{part.name} cannot be read{where}: {' '.join(str(error).split())}"
    return Refusal(part.table, part.name, row, "UNREADABLE_FILE", sentence)
