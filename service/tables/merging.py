"""Merging what came in into what is stored: what comes again replaces what was there, what does not come stays."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from service.tables.canonical import CUSTOMERS, ROWS_PER_GROUP, SCHEMAS
from service.tables.draft import Draft
from service.tables.durable import count_parquet, write_parquet
from service.tables.engine import attach_stored, count_rows, single
from service.tables.generation import Generation
from service.tables.history import extend_history

KEYS: Final = {
    "items": "item_id",
    "customers": "customer_id",
    "segments": "segment, customer_id",
    "offers": "code",
}
"""What a row is told by, and sorted by; of two such rows in one import the last stands."""

# A list of members that comes again is the whole list: who is no longer on it has left.
_REPLACED_BY: Final = KEYS | {"segments": "segment"}


@dataclass(frozen=True)
class Merged:
    """The generation that follows from an import, written but not yet current."""

    generation: Generation
    changed: bool
    accepted: Mapping[str, int]
    """Rows brought that stand in the tables now, by table."""
    bare_customers: int


def merge(
    connection: duckdb.DuckDBPyConnection,
    draft: Draft,
    facts: Mapping[str, str],
    now: datetime,
    told: Callable[[str, float], None],
    settled: Callable[[], None] = lambda: None,
) -> Merged:
    """Merge the good rows of the tables `checked_NAME` into the draft's current generation, and write its files.

    `settled` is called once the tables `fresh_NAME` have the rows that count, and may still change them.
    """
    current = draft.current
    for table in KEYS:
        _settle(connection, table)
    settled()
    accepted = {table: count_rows(connection, f"fresh_{table}") for table in KEYS}
    connection.execute("CREATE TEMP VIEW fresh_events AS SELECT * FROM checked_events WHERE _reason IS NULL")
    told("merge", 0.0)
    stored_events = () if current is None else current.events
    history = extend_history(connection, stored_events, draft.directory / "events.parquet")
    accepted["events"] = history.added
    told("merge", 0.8)
    stored: Mapping[str, Path | None] = {} if current is None else current.tables
    bare = add_bare_customers(connection, stored.get("customers"), "fresh_events", "fresh_segments")
    items = merge_rows(connection, "items", stored.get("items"), draft.directory)
    customers = merge_rows(connection, "customers", stored.get("customers"), draft.directory)
    segments = _merge_optional(connection, "segments", stored.get("segments"), draft.directory)
    offers = _merge_optional(connection, "offers", stored.get("offers"), draft.directory)
    told("merge", 1.0)
    generation = Generation(
        version=draft.version,
        directory=draft.directory.parent,
        items=items,
        customers=customers,
        events=history.files,
        segments=segments,
        offers=offers,
        imported_at=now,
        data_through=history.through,
        counts={
            "items": count_parquet(items),
            "customers": count_parquet(customers),
            "events": history.rows,
            "segments": 0 if segments is None else count_parquet(segments),
            "offers": 0 if offers is None else count_parquet(offers),
        },
        facts=facts or ({} if current is None else current.facts),
    )
    if current is not None and generation.files == current.files and generation.facts == current.facts:
        return Merged(current, changed=False, accepted=accepted, bare_customers=bare)
    return Merged(generation, changed=True, accepted=accepted, bare_customers=bare)


def add_bare_customers(connection: duckdb.DuckDBPyConnection, stored: Path | None, *mentions: str) -> int:
    """Add to `fresh_customers` a bare row for each customer whom only the tables `mentions` know; count them.

    A bare customer has an id and nothing else, and has granted nothing.
    """
    attach_stored(connection, "stored_customers", CUSTOMERS, [] if stored is None else [stored])
    mentioned = " UNION ".join(f"SELECT customer_id FROM {table}" for table in mentions)  # noqa: S608 - our own names
    (added,) = single(
        connection,
        f"""
        INSERT INTO fresh_customers (customer_id, consents, attributes)
        SELECT customer_id, [], [] FROM ({mentioned})
        WHERE customer_id IS NOT NULL
        AND customer_id NOT IN (SELECT customer_id FROM fresh_customers)
        AND customer_id NOT IN (SELECT customer_id FROM stored_customers)
        """,  # noqa: S608
    )
    return int(added)


def merge_rows(connection: duckdb.DuckDBPyConnection, table: str, stored: Path | None, directory: Path) -> Path:
    """Write the stored rows that nothing replaces and the rows of `fresh_TABLE`, sorted, into `directory`.

    Returns
    -------
    Path
        The file that now holds the table; `stored` where nothing changed.
    """
    if stored is not None and not count_rows(connection, f"fresh_{table}"):
        return stored
    schema = SCHEMAS[table]
    attach_stored(connection, f"stored_{table}", schema, [] if stored is None else [stored])
    columns = ", ".join(schema.names)
    key = _REPLACED_BY[table]
    query = f"""
        SELECT {columns} FROM stored_{table} WHERE {key} NOT IN (SELECT {key} FROM fresh_{table})
        UNION ALL SELECT {columns} FROM fresh_{table}
        ORDER BY {KEYS[table]}
    """  # noqa: S608
    target = directory / f"{table}.parquet"
    write_parquet(target, schema, connection.sql(query).to_arrow_reader(ROWS_PER_GROUP))
    if stored is not None and filecmp.cmp(stored, target, shallow=False):
        target.unlink()
        return stored
    return target


def _merge_optional(
    connection: duckdb.DuckDBPyConnection, table: str, stored: Path | None, directory: Path
) -> Path | None:
    if stored is None and not count_rows(connection, f"fresh_{table}"):
        return None
    return merge_rows(connection, table, stored, directory)


def _settle(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put the good rows of `checked_TABLE` into `fresh_TABLE`, the last of each key."""
    columns = ", ".join(SCHEMAS[table].names)
    connection.execute(
        f"""
        CREATE TABLE fresh_{table} AS SELECT {columns} FROM checked_{table} WHERE _reason IS NULL
        QUALIFY row_number() OVER (PARTITION BY {KEYS[table]} ORDER BY _part DESC, _row DESC) = 1
        """,  # noqa: S608
    )
