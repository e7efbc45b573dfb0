"""The history of events: immutable sorted files, none of which repeats an event of another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from service.tables.canonical import EVENTS, ROWS_PER_GROUP
from service.tables.durable import write_parquet
from service.tables.engine import attach_stored, single

FILES_AT_MOST: Final = 12
"""History is merged into one file again when it would be spread over more."""

# A customer and a visitor may carry the same id: who an event belongs to says which of the two it is.
PERSON: Final = "CASE WHEN customer_id IS NOT NULL THEN 'c' || customer_id ELSE 'v' || visitor_id END"

IDENTITY: Final = f"md5_number({PERSON} || chr(10) || event_id)"
"""SQL for the digest that tells an event with an id from all others."""

# Counted in the order of the source, so that the same lines get the same ordinals whenever they are imported.
_LATER: Final = """
CREATE OR REPLACE TABLE later AS
SELECT _part, _row, row_number() OVER (PARTITION BY digest ORDER BY _part, _row) AS ordinal
FROM fresh_events
WHERE digest IN (SELECT digest FROM fresh_events GROUP BY digest HAVING count(*) > 1)
QUALIFY ordinal > 1
"""

# Equal lines of one receipt are events of their own, told apart by their ordinal. Rows that bring the same id are one
# event: an event once recorded is a fact, so what is stored stays, and among new rows the first is taken.
_IDENTIFIED: Final = f"""
SELECT * EXCLUDE (digest, ordinal, _part, _row) REPLACE (
    coalesce(event_id, lower(lpad(hex(digest), 32, '0')) || '-' || coalesce(ordinal, 1)) AS event_id
)
FROM (SELECT {", ".join(EVENTS.names)}, digest, _part, _row FROM fresh_events)
LEFT JOIN later USING (_part, _row)
WHERE event_id IS NULL OR ordinal IS NULL
"""  # noqa: S608 - our own names

_ADDED: Final = f"""
SELECT * EXCLUDE (person) FROM (SELECT *, {PERSON} AS person FROM ({_IDENTIFIED}))
ANTI JOIN (SELECT {PERSON} AS person, event_id FROM stored_events) AS stored USING (person, event_id)
"""  # noqa: S608

_SORTED: Final = "ORDER BY coalesce(customer_id, visitor_id), occurred_at, event_id"


@dataclass(frozen=True)
class History:
    """The files that hold all events after a write, and what they hold."""

    files: tuple[Path, ...]
    rows: int
    added: int
    through: datetime | None


def extend_history(connection: duckdb.DuckDBPyConnection, stored: tuple[Path, ...], target: Path) -> History:
    """Add the rows of `fresh_events` that history lacks, as one more sorted file at `target`.

    `fresh_events` has the canonical columns; `_part` and `_row`, its place in the source; and `digest`, which is
    `IDENTITY` for an event with an id, and for one without is made from what it says.
    Where history would be spread over more than `FILES_AT_MOST` files, `target` becomes the whole of it.
    """
    attach_stored(connection, "stored_events", EVENTS, stored)
    connection.execute(_LATER)
    files = stored
    added = _write(connection, f"{_ADDED if stored else _IDENTIFIED} {_SORTED}", target)
    if added and len(stored) >= FILES_AT_MOST:
        piece = target.rename(target.with_name("piece.parquet"))
        attach_stored(connection, "stored_events", EVENTS, (*stored, piece))
        _write(connection, f"FROM stored_events {_SORTED}", target)
        piece.unlink()
        files = (target,)
    elif added:
        files = (*stored, target)
    else:
        target.unlink()
    attach_stored(connection, "stored_events", EVENTS, files)
    rows, through = single(connection, "SELECT count(*), max(occurred_at) FROM stored_events")
    return History(files, rows, added, None if through is None else through.replace(tzinfo=UTC))


def _write(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    return write_parquet(target, EVENTS, connection.sql(query).to_arrow_reader(ROWS_PER_GROUP))
