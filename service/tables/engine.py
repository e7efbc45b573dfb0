"""DuckDB within bounds: two threads, little memory, spilling into a folder that the caller removes, no downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

MEMORY_LIMIT: Final = "640MB"
THREADS: Final = 2


@contextmanager
def workshop(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of its own under `scratch`; its tables live on disk, not in memory."""
    connection = duckdb.connect(
        scratch / "work.duckdb",
        config={
            "threads": THREADS,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(scratch / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        yield connection
    finally:
        connection.close()


def attach_stored(connection: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, files: Sequence[Path]) -> None:
    """Make canonical Parquet files readable as `view`, with times as UTC timestamps without a zone.

    DuckDB converts between timestamps with and without a zone only by an extension; counting microseconds does not.
    """
    if files:
        columns = ", ".join(_bare(field) for field in schema)
        # A view takes no bound parameters, but it may look at a variable.
        connection.execute(f"SET VARIABLE {view} = ?", [[str(path) for path in files]])
        query = f"SELECT {columns} FROM read_parquet(getvariable('{view}'))"  # noqa: S608 - our own names
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {query}")
    else:
        connection.register(view, naive(schema).empty_table())


def single(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple[Any, ...]:
    """Run a statement that answers with one row, to its end: a result left open would block the connection."""
    (row,) = connection.execute(query, parameters).fetchall()
    return tuple(row)


def count_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Count the rows of a table or view."""
    return int(single(connection, f"SELECT count(*) FROM {table}")[0])  # noqa: S608 - our own names


def naive(schema: pa.Schema) -> pa.Schema:
    """Give the same schema with instants as timestamps without a zone, which is how DuckDB holds them here."""
    return pa.schema([pa.field(f.name, pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in schema])


def _bare(field: pa.Field) -> str:
    if pa.types.is_timestamp(field.type):
        return f'make_timestamp(epoch_us("{field.name}")) AS "{field.name}"'
    return f'"{field.name}"'
