"""Questions to Parquet files and Arrow tables, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa


def ask(query: str, values: Mapping[str, object] | None = None, **tables: pa.Table) -> pa.Table:
    """Answer one query, in a database of its own that is gone afterwards.

    Parameters
    ----------
    query : may name `tables`, and read files with `read_parquet`
    values : bound to the query's parameters, such as $files
    tables : by the name that the query has for each
    """
    with _database() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        answer: pa.Table = connection.sql(query, params=values).to_arrow_table()
    return answer


def write_answer(path: Path, query: str, values: Mapping[str, object]) -> None:
    """Write what a query finds as a Parquet file, without holding it in memory; parameters as of `ask`."""
    with _database() as connection:
        connection.sql(query, params=values).write_parquet(str(path), compression="zstd")


@contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # DuckDB would draw its bar on stdout, where a command's result belongs.
        connection.execute("SET enable_progress_bar = false")
        yield connection
