"""Simulated visits: marked, in the past, and after each household's taste."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from service.demo.columns import HISTORY
from service.demo.simulate import simulate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def visits(canonical: dict[str, Path], now: datetime) -> pa.Table:
    return simulate(canonical["items"], canonical["customers"], [canonical["events"]], now=now)


@pytest.fixture(scope="module")
def database(canonical: dict[str, Path], visits: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 2})
    connection.register("visits", visits)
    for name, path in canonical.items():
        connection.read_parquet(str(path)).create_view(name)
    return connection


def test_the_demo_gets_its_hundred_thousand(visits: pa.Table) -> None:
    assert visits.schema.equals(HISTORY)
    assert 100_000 < visits.num_rows < 150_000


def test_all_is_marked_and_none_is_after_now(database: duckdb.DuckDBPyConnection, now: datetime) -> None:
    assert database.sql("SELECT DISTINCT source FROM visits").fetchall() == [("simulated",)]
    earliest, latest = database.sql(
        "SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)) FROM visits"
    ).fetchall()[0]
    assert datetime.fromtimestamp(latest / 1e6, tz=UTC) <= now
    assert datetime.fromtimestamp(earliest / 1e6, tz=UTC) >= now - timedelta(days=29)


def test_every_sort_of_event_is_there_with_what_it_needs(database: duckdb.DuckDBPyConnection) -> None:
    kinds = {kind for (kind,) in database.sql("SELECT DISTINCT type FROM visits").fetchall()}
    assert kinds == {"IMPRESSION", "CLICK", "VIEW", "ADD_TO_CART", "SEARCH", "EMAIL_OPEN", "EMAIL_CLICK"}
    bare = """
        SELECT count(*) FROM visits WHERE CASE type
            WHEN 'SEARCH' THEN coalesce(text, '') = '' OR item_id IS NOT NULL
            WHEN 'EMAIL_OPEN' THEN message_id IS NULL OR channel <> 'EMAIL'
            WHEN 'EMAIL_CLICK' THEN message_id IS NULL OR item_id IS NULL
            ELSE item_id IS NULL END
    """
    assert database.sql(bare).fetchall() == [(0,)]
    assert database.sql("SELECT count(*) - count(DISTINCT (customer_id, event_id)) FROM visits").fetchall() == [(0,)]


def test_nobody_looks_at_what_is_sensitive_or_gone(database: duckdb.DuckDBPyConnection) -> None:
    shown = "SELECT count(*) FROM visits JOIN items USING (item_id) WHERE sensitive OR NOT in_stock"
    assert database.sql(shown).fetchall() == [(0,)]
    assert database.sql(
        "SELECT count(*) FROM visits ANTI JOIN items USING (item_id) WHERE item_id IS NOT NULL"
    ).fetchall() == [(0,)]


@pytest.mark.parametrize(("kind", "least"), [("PRODUCT", 0.85), ("CONTENT", 0.75)])
def test_people_follow_their_own_taste(database: duckdb.DuckDBPyConnection, kind: str, least: float) -> None:
    ((own, stranger),) = database.execute(
        """
        WITH bought AS (
            SELECT DISTINCT customer_id AS person, category[2] AS category FROM events JOIN items USING (item_id)
        ), seen AS (
            SELECT v.customer_id AS person, CAST(1 + hash(v.event_id) % 2469 AS VARCHAR) AS other, category[2] AS category
            FROM visits v JOIN items USING (item_id) WHERE v.type = 'VIEW' AND kind = $kind
        )
        SELECT avg(CAST(mine.person IS NOT NULL AS INT)), avg(CAST(theirs.person IS NOT NULL AS INT)) FROM seen
        LEFT JOIN bought mine ON mine.person = seen.person AND mine.category = seen.category
        LEFT JOIN bought theirs ON theirs.person = seen.other AND theirs.category = seen.category
        """,
        {"kind": kind},
    ).fetchall()
    assert own > least
    assert own > stranger + 0.05


def test_some_searches_find_nothing_and_several_people_make_them(database: duckdb.DuckDBPyConnection) -> None:
    asked = database.sql(
        "SELECT count(DISTINCT customer_id) FROM visits WHERE type = 'SEARCH' AND text = 'gochujang'"
    ).fetchall()
    assert asked[0][0] >= 5
    found = database.sql(
        "SELECT count(*) FROM items WHERE lower(title) LIKE '%gochujang%' AND kind = 'PRODUCT'"
    ).fetchall()
    assert found == [(0,)]


def test_the_same_seed_gives_the_same_visits(canonical: dict[str, Path], now: datetime, visits: pa.Table) -> None:
    paths = canonical["items"], canonical["customers"], [canonical["events"]]
    assert simulate(*paths, now=now).equals(visits)
    assert not simulate(*paths, now=now, seed=8, people=50).equals(simulate(*paths, now=now, seed=9, people=50))


def test_only_as_many_people_as_asked_for(canonical: dict[str, Path], now: datetime) -> None:
    few = simulate(canonical["items"], canonical["customers"], [canonical["events"]], now=now, people=20, days=7)
    assert 0 < len(few["customer_id"].unique()) <= 20


def test_without_recent_purchases_it_says_what_to_do(canonical: dict[str, Path]) -> None:
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="import the demo shop first"):
        simulate(canonical["items"], canonical["customers"], [canonical["events"]], now=long_ago)
