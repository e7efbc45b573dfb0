"""The demo shop, written once for all of its tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from service.demo.shop import write_shop
from service.demo.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 7, 15, 16, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("shop")
    write_shop(target, now=NOW)
    return target


@pytest.fixture(scope="session")
def source() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_source() as connection:
        yield connection


@pytest.fixture(scope="session")
def tables(shop: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that has each table of the shop as a view."""
    with duckdb.connect(":memory:", config={"threads": 2}) as connection:
        for path in shop.glob("*.parquet"):
            connection.read_parquet(str(path)).create_view(path.stem)
        connection.sql("SELECT content FROM read_text($path)", params={"path": str(shop / "facts.json")}).create_view(
            "facts"
        )
        yield connection


@pytest.fixture(scope="session")
def canonical(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shop's tables as an import leaves them: paths split, unknown columns among the attributes."""
    folder = tmp_path_factory.mktemp("canonical")
    queries = {
        "items": """
            SELECT item_id, kind, title, string_split(category, ' > ') AS category, tags, in_stock, sensitive,
                   MAP {'category_ja': category_ja} AS attributes FROM items
        """,
        "customers": "SELECT customer_id, language, consents FROM customers",
        "events": "SELECT event_id, customer_id, type, item_id, occurred_at FROM events",
    }
    paths = {name: folder / f"{name}.parquet" for name in queries}
    with duckdb.connect(":memory:", config={"threads": 2}) as connection:
        for name, query in queries.items():
            connection.read_parquet(str(shop / f"{name}.parquet")).create_view(name)
            connection.sql(query).write_parquet(str(paths[name]))
    return paths
