"""The store of the shop's tables: immutable generations, and one manifest that is swapped atomically."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from service.tables.canonical import CUSTOMERS, EVENTS
from service.tables.draft import Draft
from service.tables.durable import count_parquet, replace_text, sync
from service.tables.engine import working, working_columns, workshop
from service.tables.errors import BatchUnusable, StoreBusy
from service.tables.generation import Generation, Manifest, load_manifest
from service.tables.history import IDENTITY, extend_history
from service.tables.merging import add_bare_customers, merge_rows

MANIFEST: Final = "current.json"
LOCK: Final = ".lock"

_TAKE_EVENTS: Final = f"""
CREATE TABLE fresh_events AS
SELECT {working_columns(EVENTS)}, {IDENTITY} AS digest, 0 AS _part, row_number() OVER () AS _row FROM arriving
"""  # noqa: S608 - our own names


class TableStore:
    """The shop's canonical tables in a folder.

    Readers call `current` and read the files that it names; they never wait and never see half of a write.
    One process writes at a time. What a writer that died left behind is removed when the next one starts.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def current(self) -> Generation | None:
        """Give the generation to read now; None before the first import.

        Raises
        ------
        StoreDamaged
            If the manifest cannot be read.
        """
        manifest = load_manifest(self.directory / MANIFEST)
        return None if manifest is None else manifest.generation

    @contextmanager
    def draft(self, *, now: datetime) -> Iterator[Draft]:
        """Hold the tables for writing and begin a generation; without `publish`, nothing of it remains.

        Raises
        ------
        StoreBusy
            If another process is writing.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / LOCK).open("w") as lock:
            try:
                # The kernel lets go of the lock when its holder dies, however it dies.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreBusy(
                    f"{self.directory} is being written by another process; try again when it is done",
                ) from error
            manifest = load_manifest(self.directory / MANIFEST)
            self._remove_leftovers(manifest)
            sequence = 1 if manifest is None else manifest.sequence + 1
            version = f"{sequence:06d}-{now:%Y%m%dT%H%M%SZ}"
            directory = self.directory / version
            scratch = directory / "scratch"
            scratch.mkdir(parents=True)
            try:
                yield Draft(version, sequence, directory, scratch, None if manifest is None else manifest.generation)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
                self._remove_leftovers(load_manifest(self.directory / MANIFEST))

    def publish(self, draft: Draft, generation: Generation) -> None:
        """Make `generation` the current one; its files must have reached the disk."""
        previous = () if draft.current is None else draft.current.files
        sync(draft.directory)
        sync(self.directory)
        manifest = Manifest(draft.sequence, generation, tuple(p for p in previous if p not in generation.files))
        replace_text(self.directory / MANIFEST, manifest.dumps())

    def append_events(self, batch: pa.Table, *, now: datetime) -> Generation:
        """Add events that are valid already, such as the live log's, to history.

        Rows whose person already has an event of that id are left out, so repeating a call adds nothing.
        Unknown customers become bare ones.

        Parameters
        ----------
        batch : canonical columns, of which any but event_id, type and occurred_at may be missing
        now : becomes the generation's `imported_at`

        Raises
        ------
        BatchUnusable
            If columns do not fit the canonical schema, an event_id is null, or nobody has imported items yet.
        StoreBusy
            If another process is writing.
        """
        events = _canonical_events(batch)
        with self.draft(now=now) as draft:
            current = draft.current
            if current is None:
                raise BatchUnusable(f"{self.directory} holds no tables yet; import the shop's tables first")
            with workshop(draft.scratch) as connection:
                connection.register("arriving", events)
                connection.execute(_TAKE_EVENTS)
                connection.register("no_customers", working(CUSTOMERS).empty_table())
                connection.execute("CREATE TABLE fresh_customers AS FROM no_customers")
                history = extend_history(connection, current.events, draft.directory / "events.parquet")
                if not history.added:
                    return current
                add_bare_customers(connection, current.customers, "fresh_events")
                customers = merge_rows(connection, "customers", current.customers, draft.directory)
            generation = replace(
                current,
                version=draft.version,
                customers=customers,
                events=history.files,
                imported_at=now,
                data_through=history.through,
                counts={**current.counts, "customers": count_parquet(customers), "events": history.rows},
            )
            self.publish(draft, generation)
            return generation

    def _remove_leftovers(self, manifest: Manifest | None) -> None:
        kept = {self.directory / MANIFEST, self.directory / LOCK}
        if manifest is not None:
            kept.update(manifest.generation.files, manifest.previous)
        for path in sorted(self.directory.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in kept:
                path.unlink()


def _canonical_events(batch: pa.Table) -> pa.Table:
    unknown = sorted(set(batch.column_names) - set(EVENTS.names))
    if unknown:
        raise BatchUnusable(f"events to append have columns that are not canonical: {', '.join(unknown)}")
    columns = {
        field.name: batch.column(field.name) if field.name in batch.column_names else pa.nulls(len(batch), field.type)
        for field in EVENTS
    }
    try:
        events = pa.table(columns).cast(EVENTS)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as error:
        raise BatchUnusable(f"events to append do not have the canonical types: {error}") from error
    person = pc.coalesce(events.column("customer_id"), events.column("visitor_id"))
    needed = {name: events.column(name) for name in ("event_id", "type", "occurred_at")}
    for name, column in {**needed, "customer_id or visitor_id": person}.items():
        if column.null_count:
            raise BatchUnusable(f"events to append need {name} in every row; {column.null_count} lack it")
    return events
