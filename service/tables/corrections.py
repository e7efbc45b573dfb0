"""Corrections of what the shop's tables say of customers: they hold until the shop's own table says something else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept
from service.recommender.ports import Clock
from service.tables import canonical
from service.tables.canonical import INSTANT
from service.tables.checking import check, create_checked
from service.tables.customers import CUSTOMERS
from service.tables.durable import replace_file, write_parquet
from service.tables.engine import attach_stored, single, workshop
from service.tables.errors import BatchUnusable, CorrectionRefused, TablesError
from service.tables.merging import merge_rows
from service.tables.reading import Reader
from service.tables.sources import Part
from service.tables.store import TableStore

CORRECTIONS: Final = pa.schema([
    *((name, pa.string()) for name in ("customer_id", "column", "was", "value")), ("corrected_at", INSTANT),
])
"""`was` is what the shop's own table said, `value` what holds instead; null where there is nothing."""
CORRECTABLE: Final = {one.name: one for one in CUSTOMERS.columns if one.name not in {"customer_id", "consents"}}
"""Columns of the customers; consents are decided, not corrected."""


class Corrections:
    """What was corrected, beside the tables that it was corrected in.

    Parameters
    ----------
    path : Parquet file of the corrections, which is made
    """

    name = "corrections"
    is_quick = False

    def __init__(self, path: Path, store: TableStore, clock: Clock) -> None:
        self._path, self._store, self._clock = path, store, clock

    def read(self) -> list[dict[str, object]]:
        """Read all of them, as rows of `CORRECTIONS`."""
        rows: list[dict[str, object]] = pq.read_table(self._path).to_pylist() if self._path.exists() else []
        return rows

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Replace all of them, in one step; whoever does so holds the tables."""
        staged = self._path.with_name(self._path.name + ".next")
        write_parquet(staged, CORRECTIONS, pa.Table.from_pylist(list(rows), schema=CORRECTIONS).to_batches())
        replace_file(staged, self._path)

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell what was corrected of some people.

        Raises
        ------
        EventsUnavailable
        """
        try:
            return [{name: _plain(value) for name, value in row.items()} for row in self.read() if _is_of(row, people)]
        except (OSError, pa.ArrowException) as error:
            raise EventsUnavailable(f"The corrections cannot be read ({type(error).__name__}).") from error

    def erase(self, people: Collection[Person]) -> int:
        """Write the file without them.

        Raises
        ------
        EventsUnavailable
            If another process is writing the tables.
        """
        if not self.kept(people):
            return 0
        try:
            with self._store.draft(now=self._clock.now()):
                rows = self.read()
                left = [row for row in rows if not _is_of(row, people)]
                self.write(left)
                return len(rows) - len(left)
        except (TablesError, OSError) as error:
            raise EventsUnavailable(f"The corrections cannot be written ({type(error).__name__}).") from error

    def correct(self, customer_id: str, said: Mapping[str, str], time_zone: str) -> None:
        """Replace values of a customer, for the tables as they stand and the imports to come.

        Parameters
        ----------
        said : texts by column, held to the rules of the customers table; an empty one removes the value
        time_zone : the default of customers without one

        Raises
        ------
        CorrectionRefused
            If there is no such customer or column, or a text breaks a rule.
        StoreBusy
            If another process is writing the tables.
        """
        unknown = sorted(said.keys() - CORRECTABLE.keys())
        if unknown or not said:
            wrong = f"{', '.join(unknown)} cannot be corrected" if unknown else "nothing is to be corrected"
            raise CorrectionRefused(f"{wrong}; there are {', '.join(CORRECTABLE)}")
        now = self._clock.now()
        with self._store.draft(now=now) as draft, workshop(draft.scratch) as connection:
            if draft.current is None:
                raise BatchUnusable(f"{self._store.directory} holds no tables yet; import the shop's tables first")
            attach_stored(connection, "stored_customers", canonical.CUSTOMERS, [draft.current.customers])
            before = _texts(connection, "stored_customers", said, customer_id)
            if before is None:
                raise CorrectionRefused("the shop's tables have no such customer")
            _check(connection, customer_id, said, time_zone)
            after = _texts(connection, "checked_customers", said, customer_id) or {}
            self._note(customer_id, before, after, now)
            replaced = ", ".join(f"checked.{name} AS {name}" for name in said)
            connection.execute(
                f"""
                CREATE TABLE fresh_customers AS SELECT stored.* REPLACE ({replaced})
                FROM stored_customers AS stored JOIN checked_customers AS checked USING (customer_id)
                """,  # noqa: S608 - our own names
            )
            customers = merge_rows(connection, "customers", draft.current.customers, draft.directory)
            if customers != draft.current.customers:
                self._store.publish(draft, replace(draft.current, version=draft.version, customers=customers))

    def _note(
        self, customer_id: str, before: Mapping[str, str | None], after: Mapping[str, str | None], now: datetime,
    ) -> None:
        """Remember what the shop itself said, also where that was corrected before; it may turn out to be right."""
        rows = self.read()
        known = {(row["customer_id"], row["column"]): row for row in rows}
        mine = {
            name: {"customer_id": customer_id, "column": name, "value": value, "corrected_at": now,
                   "was": known[customer_id, name]["was"] if (customer_id, name) in known else before[name]}
            for name, value in after.items()
        }
        others = [row for row in rows if row["customer_id"] != customer_id or row["column"] not in mine]
        self.write([*others, *(row for row in mine.values() if row["was"] != row["value"])])


def hold(connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Correct the rows of `fresh_customers` once more, where they say what they said when they were corrected.

    Returns
    -------
    The corrections that go on: where the shop says something else by now, its own word holds.
    """
    if not rows:
        return []
    connection.register("corrections", pa.Table.from_pylist(list(rows), schema=CORRECTIONS))
    over: set[tuple[str, str]] = set()
    for name in sorted({str(row["column"]) for row in rows} & CORRECTABLE.keys()):
        changed = f"""
            SELECT customer_id FROM corrections AS c JOIN fresh_customers AS f USING (customer_id)
            WHERE c."column" = '{name}' AND CAST(f.{name} AS VARCHAR) IS DISTINCT FROM c.was
        """  # noqa: S608 - our own names
        over |= {(customer_id, name) for (customer_id,) in connection.execute(changed).fetchall()}
        connection.execute(
            f"""
            UPDATE fresh_customers SET {name} = CAST(c.value AS {CORRECTABLE[name].kind.sql_type}) FROM corrections AS c
            WHERE c.customer_id = fresh_customers.customer_id AND c."column" = '{name}'
            AND CAST(fresh_customers.{name} AS VARCHAR) IS NOT DISTINCT FROM c.was
            """,  # noqa: S608
        )
    connection.unregister("corrections")
    return [row for row in rows if (row["customer_id"], row["column"]) not in over]


def _check(connection: duckdb.DuckDBPyConnection, customer_id: str, said: Mapping[str, str], time_zone: str) -> None:
    """Hold the texts to the rules of the customers table, in `checked_customers`."""
    create_checked(connection, CUSTOMERS)
    connection.register("zones", pa.table({"zone": sorted(available_timezones())}))
    connection.execute("SET VARIABLE default_time_zone = ?", [time_zone])
    row = {"_row": 1, "customer_id": customer_id, **said}
    schema = pa.schema([("_row", pa.int64()), *((name, pa.string()) for name in row if name != "_row")])
    batch = pa.RecordBatch.from_pylist([row], schema=schema)
    part = Part(CUSTOMERS.name, Path("correction"), "correction", 0)
    check(connection, CUSTOMERS, Reader(part, schema, (), iter([batch])))
    (reason,) = single(connection, "SELECT _reason FROM checked_customers")
    if reason is not None:  # and never the sentence beside it, which quotes the value
        raise CorrectionRefused(f"{', '.join(said)}: {reason}; docs/tables.md has the rules")


def _texts(
    connection: duckdb.DuckDBPyConnection, table: str, names: Collection[str], customer_id: str,
) -> dict[str, str | None] | None:
    columns = ", ".join(f"CAST({name} AS VARCHAR)" for name in names)
    query = f"SELECT {columns} FROM {table} WHERE customer_id = ?"  # noqa: S608 - our own names
    found = connection.execute(query, [customer_id]).fetchall()
    return dict(zip(names, found[0], strict=True)) if found else None


def _is_of(row: Mapping[str, object], people: Collection[Person]) -> bool:
    return any(one.is_customer and one.id == row["customer_id"] for one in people)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
