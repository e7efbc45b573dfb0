"""What the shop's tables keep of people: their history, their row among the customers, the segments that list them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept
from service.recommender.ports import Clock
from service.tables.durable import count_parquet
from service.tables.errors import TablesError
from service.tables.generation import Generation, load_manifest
from service.tables.rows_of_people import count_of, rows_of, write_without
from service.tables.store import MANIFEST, TableStore


class PersonalTables:
    """The shop's tables; of a person's rows nothing is left, not even in the generation before.

    Parameters
    ----------
    store : the tables
    """

    name = "shop tables"
    is_quick = False

    def __init__(self, store: TableStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def events(self) -> Sequence[Path]:
        """Files of the events, as they stand."""
        current = self._store.current()
        return () if current is None else current.events

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell the rows of some people, each with its table.

        Raises
        ------
        EventsUnavailable
        """
        try:
            current = self._store.current()
            while True:
                try:
                    return [] if current is None else [
                        {"table": table, **plain(row)}
                        for table, path in _files(current) for row in rows_of(path, people)
                    ]
                except FileNotFoundError:
                    # Another process published meanwhile, and took this generation away: read the next one.
                    gone, current = current, self._store.current()
                    if current is None or (gone is not None and current.version == gone.version):
                        raise
        except (TablesError, OSError) as error:
            raise EventsUnavailable(f"The tables cannot be read ({type(error).__name__}).") from error

    def erase(self, people: Collection[Person]) -> int:
        """Publish a generation without some people; whoever reads the one before must read anew.

        Raises
        ------
        EventsUnavailable
            If another process is writing the tables.
        """
        return self.rewrite(lambda path: count_of(path, people), lambda path, to: write_without(path, people, to))

    def rewrite(self, count: Callable[[Path], int], write: Callable[[Path, Path], int]) -> int:
        """Publish a generation of which some files are written anew, and remove those that they replace at once.

        Parameters
        ----------
        count : rows of a file that are to go
        write : writes a file without them; how many rows are left

        Returns
        -------
        How many rows went.

        Raises
        ------
        EventsUnavailable
            If another process is writing the tables.
        """
        try:
            manifest = load_manifest(self._store.directory / MANIFEST)
            if manifest is None:
                return 0
            before = (*manifest.generation.files, *manifest.previous)
            if not any(path.exists() and count(path) for path in before):
                return 0  # nothing is published, and no server reads the tables again, where there is nothing to do
            return self._publish_without(count, write)
        except (TablesError, OSError) as error:
            raise EventsUnavailable(f"The tables cannot be written ({type(error).__name__}).") from error

    def _publish_without(self, count: Callable[[Path], int], write: Callable[[Path, Path], int]) -> int:
        removed = 0
        with self._store.draft(now=self._clock.now()) as draft:
            if draft.current is None:
                return 0
            written: dict[Path, Path] = {}
            for place, (_, path) in enumerate(_files(draft.current)):
                hits = count(path)
                if hits:
                    written[path] = draft.directory / f"{place:03d}-{path.name}"
                    write(path, written[path])
                    removed += hits
            generation = _with(draft.current, written, draft.version)
            self._store.publish(replace(draft, current=None), generation)  # none before it: its files go now
        return removed


def _files(generation: Generation) -> list[tuple[str, Path]]:
    """Files that have rows of people, with their tables."""
    segments = [] if generation.segments is None else [("segments", generation.segments)]
    return [*(("events", path) for path in generation.events), ("customers", generation.customers), *segments]


def _with(generation: Generation, written: Mapping[Path, Path], version: str) -> Generation:
    def now(path: Path) -> Path:
        return written.get(path, path)

    segments = None if generation.segments is None else now(generation.segments)
    made = replace(
        generation, version=version, customers=now(generation.customers), events=tuple(map(now, generation.events)),
        segments=segments,
    )
    counts = {
        **generation.counts, "customers": count_parquet(made.customers), "events": sum(map(count_parquet, made.events)),
        "segments": 0 if segments is None else count_parquet(segments),
    }
    return replace(made, counts=counts)


def plain(row: Mapping[str, object]) -> dict[str, object]:
    """Put a row into values that JSON has."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value
