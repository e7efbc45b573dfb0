"""Refused rows, and the file that shows them with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from service.tables.canonical import ROWS_PER_GROUP
from service.tables.durable import replace_file, write_parquet

REFUSALS: Final = pa.schema(
    [
        pa.field("table", pa.string()),
        pa.field("file", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("id", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("sentence", pa.string()),
        pa.field("raw", pa.string()),
    ],
)
"""`row` counts a file's rows of data from 1, null where the whole file was refused; `reason` is the first rule that
the row breaks, `sentence` says all of them; `raw` is the row as a JSON object, without e-mail addresses and phone
numbers."""


@dataclass(frozen=True)
class Refusal:
    """A row, or a whole file, that could not even be read as one."""

    table: str
    file: str
    row: int | None
    reason: str
    sentence: str
    raw: str | None = None


def write_refusals(
    path: Path, unreadable: Iterable[Refusal], connection: duckdb.DuckDBPyConnection, tables: Iterable[str]
) -> None:
    """Put the refused rows of an import at `path`, in place of the last import's.

    Parameters
    ----------
    unreadable : rows and files that never became rows of a checked table
    connection : holds `checked_TABLE` for each of `tables`
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(path.name + ".next")

    def batches() -> Iterator[pa.RecordBatch]:
        rows = [
            {"table": r.table, "file": r.file, "row": r.row, "reason": r.reason, "sentence": r.sentence, "raw": r.raw}
            for r in unreadable
        ]
        yield from pa.Table.from_pylist(rows, schema=REFUSALS).to_batches()
        for table in tables:
            query = f"""
                SELECT '{table}' AS "table", _file AS file, _row AS row, _id AS id, _reason AS reason,
                       _sentence AS sentence, _raw AS raw
                FROM checked_{table} WHERE _reason IS NOT NULL ORDER BY _part, _row
            """  # noqa: S608 - our own names
            yield from connection.sql(query).to_arrow_reader(ROWS_PER_GROUP)

    write_parquet(staged, REFUSALS, batches())
    replace_file(staged, path)
