"""Importing a shop's tables: read, check, merge, publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import duckdb
import pyarrow as pa

from service.recommender.events import MOST_AHEAD
from service.tables.canonical import SCHEMAS
from service.tables.checking import create_checked, take
from service.tables.corrections import Corrections, hold
from service.tables.customers import CUSTOMERS
from service.tables.draft import Draft
from service.tables.engine import attach_stored, workshop
from service.tables.errors import SourceUnusable, TablesError
from service.tables.events import EVENTS
from service.tables.items import ITEMS
from service.tables.merging import merge
from service.tables.offers import OFFERS
from service.tables.refusals import Refusal, write_refusals
from service.tables.report import ImportReport, count_table
from service.tables.segments import SEGMENTS
from service.tables.sources import find_parts, read_facts
from service.tables.store import TableStore

TABLES: Final = (ITEMS, CUSTOMERS, EVENTS, SEGMENTS, OFFERS)
"""In the order in which they are checked: events look items up."""

# Whom only events or segments name has decided nothing that the ledger could learn from.
_CONSENTS: Final = """
SELECT customer_id, consents FROM fresh_customers
WHERE customer_id IN (SELECT customer_id FROM checked_customers WHERE _reason IS NULL) ORDER BY customer_id
"""


def import_tables(
    source: Path,
    store: TableStore,
    rejected: Path,
    *,
    now: datetime,
    default_time_zone: str,
    on_customers: Callable[[pa.Table], None] | None = None,
    corrections: Corrections | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> ImportReport:
    """Load the tables in the folder `source`; a row that breaks a rule is left out and told of in `rejected`.

    An item, customer or offer that comes again replaces its earlier row, a segment that comes again its earlier
    members; events are added where their person has none of that id. What does not come again stays. Killed at any
    moment, the store shows its old state, and the same import can be run again.

    Parameters
    ----------
    source : the folder
    store : where the tables are kept
    rejected : Parquet file of refused rows, written anew (`refusals.REFUSALS` is its schema)
    now : aware; events more than five minutes after it are refused
    default_time_zone : IANA name, for customers without one
    on_customers : called with customer_id and consents of all customers brought, before they are published; called
        again when an import is repeated
    corrections : what was corrected of customers; it holds where the shop says what it said then, and is over elsewhere
    progress : told the stage, a table's name or `publish`, and how much of it is done, in [0, 1]

    Raises
    ------
    SourceUnusable
        If there is no such folder, no table in it, or no items in it at the first import.
    StoreBusy
        If another process is writing the tables.
    """
    started = time.perf_counter()
    zones = available_timezones()
    if default_time_zone not in zones:
        raise TablesError(f"{default_time_zone!r} is no IANA time zone; set the shop's to one such as Asia/Tokyo")
    parts = find_parts(source)
    facts, warning = read_facts(source)
    warnings = [] if warning is None else [warning]
    told = progress or (lambda _stage, _fraction: None)
    with store.draft(now=now) as draft, workshop(draft.scratch) as connection:
        if draft.current is None and "items" not in parts:
            raise SourceUnusable(f"{source} has no items table; bring items.parquet, items.csv or a folder items")
        _prepare(connection, draft, zones, default_time_zone, now)
        unreadable: list[Refusal] = []
        for table in TABLES:
            taken = take(connection, table, parts.get(table.name, ()), told)
            unreadable.extend(taken.refused)
            warnings.extend(taken.warnings)
        corrected = [] if corrections is None else corrections.read()
        lasting: list[Mapping[str, object]] = []
        merged = merge(connection, draft, facts, now, told, lambda: lasting.extend(hold(connection, corrected)))
        if on_customers is not None and "customers" in parts:
            on_customers(connection.sql(_CONSENTS).to_arrow_table())
        write_refusals(rejected, unreadable, connection, SCHEMAS)
        tables = {name: count_table(connection, name, merged.accepted[name], unreadable) for name in parts}
        told("publish", 0.0)
        if merged.changed:
            store.publish(draft, merged.generation)
        if corrections is not None and len(lasting) < len(corrected):
            corrections.write(lasting)
        told("publish", 1.0)
    return ImportReport(
        version=merged.generation.version,
        changed=merged.changed,
        tables=tables,
        bare_customers=merged.bare_customers,
        warnings=tuple(warnings),
        seconds=time.perf_counter() - started,
    )


def _prepare(
    connection: duckdb.DuckDBPyConnection, draft: Draft, zones: Iterable[str], default_time_zone: str, now: datetime
) -> None:
    """Lay out the tables to check into, and what their rules look up."""
    for table in TABLES:
        create_checked(connection, table)
    connection.register("zones", pa.table({"zone": sorted(zones)}))
    connection.execute("SET VARIABLE default_time_zone = ?", [default_time_zone])
    connection.execute("SET VARIABLE latest = ?", [(now + MOST_AHEAD).astimezone(UTC).replace(tzinfo=None)])
    attach_stored(connection, "stored_items", SCHEMAS["items"], [] if draft.current is None else [draft.current.items])
    connection.execute(
        "CREATE TEMP VIEW known_items AS SELECT item_id FROM stored_items "
        "UNION SELECT item_id FROM checked_items WHERE _reason IS NULL",
    )
