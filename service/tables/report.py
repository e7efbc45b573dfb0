"""What an import did, table by table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from service.tables.refusals import Refusal


@dataclass(frozen=True)
class TableReport:
    """What came of a table's rows: each is accepted, a duplicate or rejected, under one reason."""

    accepted: int
    """Rows that stand in the tables now; an event that was there before counts as a duplicate."""
    duplicates: int
    """Rows that another row of this import, or of events an earlier import, made superfluous."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows, or whole files that could not be read, by the first rule that each broke."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    version: str
    """The generation that is current now; the one before, where the import changed nothing."""
    changed: bool
    tables: Mapping[str, TableReport]
    bare_customers: int
    """Customers whom only events or segments named, and who now exist with their id alone."""
    warnings: tuple[str, ...]
    seconds: float

    @property
    def rejected(self) -> int:
        """How many rows and files were rejected, over all tables."""
        return sum(sum(table.rejected.values()) for table in self.tables.values())

    def as_dict(self) -> dict[str, Any]:
        """Give the report as plain values that JSON can hold."""
        return {
            "version": self.version,
            "changed": self.changed,
            "tables": {
                name: {"accepted": t.accepted, "duplicates": t.duplicates, "rejected": dict(t.rejected)}
                for name, t in self.tables.items()
            },
            "bare_customers": self.bare_customers,
            "rejected": self.rejected,
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
        }


def count_table(
    connection: duckdb.DuckDBPyConnection, table: str, accepted: int, unreadable: Iterable[Refusal]
) -> TableReport:
    """Count what came of the rows of `checked_TABLE`, of which `accepted` were loaded."""
    reasons = Counter(refusal.reason for refusal in unreadable if refusal.table == table)
    query = f"SELECT _reason, count(*) FROM checked_{table} GROUP BY _reason"  # noqa: S608 - our own names
    by_reason: dict[str | None, int] = dict(connection.execute(query).fetchall())
    loadable = by_reason.pop(None, 0)
    for reason, rows in by_reason.items():
        reasons[str(reason)] += rows
    return TableReport(accepted, loadable - accepted, dict(sorted(reasons.items())))
