"""The history of events: immutable sorted files, none of which repeats an event of another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from service.tables.canonical import EVENTS, ROWS_PER_GROUP
from service.tables.durable import write_parquet
from service.tables.engine import attach_stored, count_rows, single

FILES_AT_MOST: Final = 12
"""History is merged into one file again when it would be spread over more."""

# A customer and a visitor may carry the same id: who an event belongs to says which of the two it is.
PERSON: Final = "CASE WHEN customer_id IS NOT NULL THEN 'c' || customer_id ELSE 'v' || visitor_id END"

_COLUMNS: Final = ", ".join(EVENTS.names)

# Equal lines of one receipt are told apart by their ordinal, counted in the order of the source, so that the same
# lines get the same ids whenever they are imported.
_IDENTIFY: Final = f"""
CREATE OR REPLACE TABLE identified AS
SELECT * EXCLUDE (content) REPLACE (
    coalesce(
        event_id,
        content || '-' || row_number() OVER (PARTITION BY {PERSON}, content ORDER BY _part, _row)
    ) AS event_id
)
FROM fresh_events
"""  # noqa: S608

_REPEATED: Final = f"""
CREATE OR REPLACE TABLE repeated AS
SELECT {PERSON} AS person, event_id FROM identified GROUP BY ALL HAVING count(*) > 1
"""  # noqa: S608

# An event once recorded is a fact: what is stored stays, and among new rows of one id the first is taken.
_ADDITIONS: Final = f"""
CREATE OR REPLACE TABLE additions AS
WITH once AS (
    SELECT *, {PERSON} AS person FROM identified
    WHERE ({PERSON}, event_id) NOT IN (SELECT (person, event_id) FROM repeated)
    UNION ALL
    SELECT *, {PERSON} AS person FROM identified
    WHERE ({PERSON}, event_id) IN (SELECT (person, event_id) FROM repeated)
    QUALIFY row_number() OVER (PARTITION BY {PERSON}, event_id ORDER BY _part, _row) = 1
)
SELECT {_COLUMNS} FROM once
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
    """Add the rows of the table `fresh_events` that history lacks, as one more sorted file at `target`.

    `fresh_events` has the canonical columns, `_part` and `_row` (its place in the source), and `content`, from
    which the id of an event without one is made. Leaves the new rows in the table `additions`.
    Where history would be spread over more than `FILES_AT_MOST` files, `target` becomes the whole of it.
    """
    attach_stored(connection, "stored_events", EVENTS, stored)
    for statement in (_IDENTIFY, _REPEATED, _ADDITIONS):
        connection.execute(statement)
    connection.execute("DROP TABLE identified")
    added = count_rows(connection, "additions")
    files = stored
    if added:
        whole = len(stored) >= FILES_AT_MOST
        everything = f"SELECT {_COLUMNS} FROM stored_events UNION ALL FROM additions"  # noqa: S608
        source = f"({everything})" if whole else "additions"
        query = f"SELECT {_COLUMNS} FROM {source} {_SORTED}"  # noqa: S608
        write_parquet(target, EVENTS, connection.sql(query).to_arrow_reader(ROWS_PER_GROUP))
        files = (target,) if whole else (*stored, target)
    attach_stored(connection, "stored_events", EVENTS, files)
    rows, through = single(connection, "SELECT count(*), max(occurred_at) FROM stored_events")
    return History(files, rows, added, None if through is None else through.replace(tzinfo=UTC))

