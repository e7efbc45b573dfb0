"""DuckDB within bounds: two threads, little memory, spilling into a folder that the caller removes, no downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from service.tables.errors import WorkFailed

MEMORY_LIMIT: Final = "640MB"
THREADS: Final = 2
ENTRIES: Final = 'STRUCT("key" VARCHAR, "value" VARCHAR)[]'
"""The SQL type of a map while DuckDB works on it."""


@contextmanager
def workshop(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of its own under `scratch`; its tables live on disk, not in memory.

    Raises
    ------
    WorkFailed
        If DuckDB gives up on a statement.
    """
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
        # DuckDB would draw its bar on stdout, where a command's result belongs.
        connection.execute("SET enable_progress_bar = false").fetchall()
        yield connection
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise WorkFailed(f"the tables could not be worked on in {scratch}, free disk space there: {reason}") from error
    finally:
        connection.close()


def attach_stored(connection: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, files: Sequence[Path]) -> None:
    """Make canonical Parquet files readable as `view`, in the types of `working`."""
    if files:
        # A view takes no bound parameters, but it may look at a variable.
        connection.execute(f"SET VARIABLE {view} = ?", [[str(path) for path in files]])
        query = f"SELECT {working_columns(schema)} FROM read_parquet(getvariable('{view}'))"  # noqa: S608 - our own names
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {query}")
    else:
        connection.register(view, working(schema).empty_table())


def single(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple[Any, ...]:
    """Run a statement that answers with one row, to its end: a result left open would block the connection."""
    (row,) = connection.execute(query, parameters).fetchall()
    return tuple(row)


def count_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Count the rows of a table or view."""
    return int(single(connection, f"SELECT count(*) FROM {table}")[0])  # noqa: S608 - our own names


def working(schema: pa.Schema) -> pa.Schema:
    """Give the types in which DuckDB holds canonical columns while it works.

    Instants are timestamps without a zone, since conversion between the two takes an extension. Maps are lists of
    key and value, since DuckDB looks for repeated keys in every map that it makes, which takes longer than all else.
    """
    return pa.schema([pa.field(field.name, _working_type(field.type)) for field in schema])


def working_columns(schema: pa.Schema) -> str:
    """Give the SQL that turns canonical columns into working ones."""
    return ", ".join(_working_column(field) for field in schema)


def _working_type(canonical: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(canonical):
        return pa.timestamp("us")
    if pa.types.is_map(canonical):
        return pa.list_(pa.struct([("key", canonical.key_type), ("value", canonical.item_type)]))
    return canonical


def _working_column(field: pa.Field) -> str:
    if pa.types.is_timestamp(field.type):
        return f'make_timestamp(epoch_us("{field.name}")) AS "{field.name}"'
    if pa.types.is_map(field.type):
        return f'CAST(map_entries("{field.name}") AS {ENTRIES}) AS "{field.name}"'
    return f'"{field.name}"'
