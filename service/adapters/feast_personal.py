"""What the feature store keeps of people, online and offline; Feast itself has no way to erase one of them."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.adapters.feast_repository import PUSHED, FeastRepository
from service.adapters.feast_values import plain, recent_actions, recent_columns
from service.adapters.private_files import sync
from service.recommender.errors import FeaturesUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept

if TYPE_CHECKING:
    from service.adapters.feast_online import OnlineViews

LOCK = ".lock"
PATIENCE_SECONDS = 2.0
"""After which the online store is given up here: nobody's page waits for it."""
STAGING = ".staging"
"""Where a feature run that died left its files."""


class OnlineFeatures:
    """A person's rows in the online store, by their entity key: nobody else's are touched.

    Parameters
    ----------
    repository : an applied repository
    """

    name = "online features"
    is_quick = True

    def __init__(self, repository: FeastRepository) -> None:
        self._repository = repository

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell what is stored, view by view, stale or not.

        Raises
        ------
        FeaturesUnavailable
        """
        if not self._is_there:
            return ()
        online, views = self._online, [view for view in self._repository.views.values() if view.online]
        return [
            {"view": view.name, "updated_at": at.isoformat(), **{name: plain(value) for name, value in row.items()}}
            for one in people
            for view, (at, row) in zip(views, online.read(views, one.key), strict=True)
            if at is not None
        ]

    def erase(self, people: Collection[Person]) -> int:
        """Delete people's rows of every view.

        Raises
        ------
        FeaturesUnavailable
        """
        if not self._is_there:
            return 0
        return sum(self._online.erase(one.key) for one in people)

    def drop_recent(self, person: Person, sequences: Collection[int]) -> None:
        """Take some events out of a person's recent actions, however stale these are.

        Raises
        ------
        FeaturesUnavailable
        """
        if not self._is_there:
            return
        online, view = self._online, self._repository.views[PUSHED]
        ((written_at, row),) = online.read([view], person.key)
        if written_at is None:
            return
        stored = recent_actions(row)
        left = [action for action in stored if action.sequence not in sequences]
        if not left and not person.is_customer:
            online.erase(person.key)  # nothing else is ever stored of a visitor
        elif len(left) < len(stored):
            online.write(view, {person.key: recent_columns(left)}, written_at)

    @cached_property
    def _online(self) -> OnlineViews:
        from service.adapters.feast_online import OnlineViews  # noqa: PLC0415 - its imports are Feast's

        return OnlineViews(self._repository.config, PATIENCE_SECONDS)

    @property
    def _is_there(self) -> bool:
        return (self._repository.directory / "features.py").is_file()


class OfflineFeatures:
    """The Parquet files of the computed features.

    Parameters
    ----------
    repository : whose folder holds them
    """

    name = "offline features"
    is_quick = False

    def __init__(self, repository: FeastRepository) -> None:
        self._data = repository.data

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell the rows of some people, each with its view.

        Raises
        ------
        FeaturesUnavailable
        """
        keys = pa.array([one.key for one in people], pa.string())
        try:
            return [
                {"view": path.stem, **{name: _plain(value) for name, value in row.items()}}
                for path in self._files()
                for batch in pq.ParquetFile(path).iter_batches(use_threads=False)
                for row in batch.filter(pc.is_in(batch.column("person_key"), keys)).to_pylist()
            ]
        except (OSError, pa.ArrowException) as error:
            raise FeaturesUnavailable(f"The features cannot be read ({type(error).__name__}).") from error

    def erase(self, people: Collection[Person]) -> int:
        """Write anew, each in one step, the files that have rows of some people.

        Raises
        ------
        FeaturesUnavailable
            If features are being computed; the next round finds the new ones.
        """
        keys = pa.array([one.key for one in people], pa.string())
        if not self._data.is_dir():
            return 0
        try:
            with exclusive(self._data):
                shutil.rmtree(self._data / STAGING, ignore_errors=True)
                return sum(_write_without(path, keys) for path in self._files())
        except (OSError, pa.ArrowException) as error:
            raise FeaturesUnavailable(f"The features cannot be written ({type(error).__name__}).") from error

    def people(self) -> frozenset[str]:
        """Keys of everybody whom the files know."""
        found: set[str] = set()
        for path in self._files():
            found.update(pc.unique(pq.read_table(path, columns=["person_key"])["person_key"]).to_pylist())
        return frozenset(found)

    def _files(self) -> list[Path]:
        return [path for path in sorted(self._data.glob("*.parquet")) if "person_key" in pq.read_schema(path).names]


@contextmanager
def exclusive(data: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the computed features for writing; the kernel lets go when the holder dies, however it dies.

    Raises
    ------
    BlockingIOError
        If another process holds them, and this one does not `wait`.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _write_without(path: Path, keys: pa.Array) -> int:
    file = pq.ParquetFile(path)
    of_whom = file.read(columns=["person_key"])["person_key"]
    hits = pc.sum(pc.is_in(of_whom, keys)).as_py() or 0
    if not hits:
        return 0
    staged = path.with_suffix(".next")
    with pq.ParquetWriter(staged, file.schema_arrow, compression="zstd", coerce_timestamps="us") as writer:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, use_threads=False)
            writer.write_table(rows.filter(pc.invert(pc.is_in(rows["person_key"], keys))))
    sync(staged)
    staged.replace(path)
    sync(path.parent)
    return int(hits)


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
