"""A shop that brings its tables, written in the forms that it may choose."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from service.tables.generation import Generation
from service.tables.importing import import_tables
from service.tables.report import ImportReport
from service.tables.store import TableStore

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ITEM = {"item_id": "tea", "kind": "PRODUCT", "title": "Green tea"}
AD = {"item_id": "ad", "kind": "AD", "title": "Tea!", "advertiser": "Leaf", "payer": "Leaf", "campaign_id": "spring"}
CUSTOMER = {"customer_id": "ann"}
EVENT = {"customer_id": "ann", "type": "VIEW", "item_id": "tea", "occurred_at": "2026-02-01T10:00:00Z"}
SEGMENT = {"segment": "vip", "customer_id": "ann", "title_en": "Regulars"}
OFFER = {"code": "TEN", "title_en": "Ten percent", "discount_rate": "0.1"}
GOOD = {"items": ITEM, "customers": CUSTOMER, "events": EVENT, "segments": SEGMENT, "offers": OFFER}

Row = dict[str, Any]


class Shop:
    """A folder that a shop brings, the store that it is imported into, and what was refused."""

    def __init__(self, root: Path) -> None:
        self.source = root / "source"
        self.source.mkdir(parents=True)
        self.store = TableStore(root / "tables")
        self.refusals = root / "rejected.parquet"
        self.synced: list[list[Row]] = []

    def csv(self, **tables: Sequence[Row]) -> Shop:
        for name, rows in tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with (self.source / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        return self

    def parquet(self, **tables: Sequence[Row] | pa.Table) -> Shop:
        for name, rows in tables.items():
            pq.write_table(_table(rows), self.source / f"{name}.parquet")
        return self

    def parts(self, **tables: Sequence[Sequence[Row]]) -> Shop:
        for name, parts in tables.items():
            (self.source / name).mkdir()
            for number, rows in enumerate(parts):
                pq.write_table(_table(rows), self.source / name / f"part-{number:05}.parquet")
        return self

    def raw(self, name: str, content: bytes) -> Shop:
        (self.source / name).write_bytes(content)
        return self

    def clear(self) -> Shop:
        for path in sorted(self.source.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        return self

    def bring(self, now: datetime = NOW) -> ImportReport:
        return import_tables(
            self.source,
            self.store,
            self.refusals,
            now=now,
            default_time_zone="Asia/Tokyo",
            on_customers=lambda table: self.synced.append(table.to_pylist()),
        )

    @property
    def generation(self) -> Generation:
        generation = self.store.current()
        assert generation is not None
        return generation

    def rows(self, table: str) -> list[Row]:
        if table == "events":
            return [row for path in self.generation.events for row in pq.read_table(path).to_pylist()]
        path = self.generation.tables[table]
        return [] if path is None else pq.read_table(path).to_pylist()

    def refused(self) -> list[Row]:
        return pq.read_table(self.refusals).to_pylist()

    def reasons(self) -> list[tuple[str, int, str]]:
        return [(row["table"], row["row"], row["reason"]) for row in self.refused()]


def _table(rows: Sequence[Row] | pa.Table) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return pa.table({column: [row.get(column) for row in rows] for column in columns})
