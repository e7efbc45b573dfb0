"""Questions to Parquet files and Arrow tables, in SQL."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa


def ask(query: str, values: Mapping[str, object] | None = None, **tables: pa.Table) -> pa.Table:
    """Answer one statement, in a database of its own that is gone afterwards.

    Parameters
    ----------
    query : may name `tables`, and read files with `read_parquet`
    values : bound to the statement's parameters, such as $files
    tables : by the name that the statement has for each
    """
    with duckdb.connect() as connection:
        # DuckDB would draw its bar on stdout, where a command's result belongs.
        connection.execute("SET enable_progress_bar = false")
        for name, table in tables.items():
            connection.register(name, table)
        answer: pa.Table = connection.execute(query, values).to_arrow_table()
    return answer
