"""What history keeps no longer than its period, and the memory of it: what went does not come back with an import."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.recommender.errors import EventsUnavailable
from service.recommender.events import EventType
from service.recommender.person import VisitorLink
from service.recommender.retention import OF_EVENTS, Cutoffs, Kind, cutoffs, kind_of
from service.tables.durable import replace_text
from service.tables.errors import TablesError
from service.tables.personal import PersonalTables
from service.tables.rows_of_people import write_rest

_READ = ["customer_id", "visitor_id", "type", "occurred_at"]


class Gone:
    """Up to when events went from history, by kind, as of the last run that went through it.

    Parameters
    ----------
    path : a file of a few lines, which is made
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Cutoffs:
        """Read it; nothing before the first run.

        Raises
        ------
        EventsUnavailable
            If it is damaged.
        """
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return {Kind(kind): datetime.fromisoformat(moment) for kind, moment in said.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise EventsUnavailable(f"{self._path} cannot be read; remove it, and run konomi retention.") from error

    def write(self, before: Cutoffs) -> None:
        """Remember it."""
        said = {kind.value: before[kind].isoformat() for kind in (*OF_EVENTS, Kind.VISITORS) if kind in before}
        replace_text(self._path, json.dumps(said, indent=2) + "\n")


class RetainedHistory:
    """Events in the shop's tables, imported or out of the live log.

    Parameters
    ----------
    tables : the tables, as a store of people
    gone : where it is remembered what went
    days : period by kind; 0 keeps for ever
    links : visitors who became customers: what they did until then goes by the customer's periods
    """

    name = "history"

    def __init__(
        self, tables: PersonalTables, gone: Gone, days: Mapping[Kind, int], links: Callable[[], Sequence[VisitorLink]],
    ) -> None:
        self._tables, self._gone, self._days, self._links = tables, gone, days, links

    def overdue(self, now: datetime) -> Mapping[str, int]:
        """Count what would go, by kind.

        Raises
        ------
        EventsUnavailable
        """
        return self._count(cutoffs(self._days, now))

    def sweep(self, now: datetime) -> Iterator[Mapping[str, int]]:
        """Remove what is too old, in one step: files are written anew; and remember up to when.

        Raises
        ------
        EventsUnavailable
            If another process is writing the tables.
        """
        before = cutoffs(self._days, now)
        removed = self._count(before)
        self._remove(before)
        self._gone.write(before)
        yield removed

    def keep_out(self) -> int:
        """Remove what an import brought although it had gone; how many rows that were.

        Raises
        ------
        EventsUnavailable
            If another process is writing the tables.
        """
        return self._remove(self._gone.read())

    def _count(self, before: Cutoffs) -> Counter[str]:
        links, found = _known(self._links()), Counter[str]()
        try:
            for path in self._tables.events():
                for batch in pq.ParquetFile(path).iter_batches(columns=_READ, use_threads=False):
                    found.update(_counted(batch, before, links))
        except (TablesError, OSError, pa.ArrowException) as error:
            raise EventsUnavailable(f"The tables cannot be read ({type(error).__name__}).") from error
        return +found

    def _remove(self, before: Cutoffs) -> int:
        if not before:
            return 0
        links = _known(self._links())

        def gone(batch: pa.RecordBatch) -> pa.BooleanArray:
            return _any(batch, _rules(batch, before, links))

        def count(path: Path) -> int:
            file = pq.ParquetFile(path)
            if not set(_READ) <= set(file.schema_arrow.names):
                return 0
            batches = file.iter_batches(columns=_READ, use_threads=False)
            return sum(pc.sum(gone(batch)).as_py() or 0 for batch in batches)

        return self._tables.rewrite(count, lambda path, target: write_rest(path, gone, target))


def _known(links: Sequence[VisitorLink]) -> pa.Table:
    through = pa.array([link.through for link in links], pa.timestamp("us", tz="UTC"))
    return pa.table({"visitor_id": pa.array([link.visitor.id for link in links], pa.string()), "through": through})


def _rules(batch: pa.RecordBatch, before: Cutoffs, links: pa.Table) -> dict[Kind, pa.BooleanArray]:
    """Tell of each row whether it is too old, by the kind whose period is over."""
    at, type_ = batch.column("occurred_at"), batch.column("type")
    found = {}
    for kind in OF_EVENTS:
        if kind in before:
            types = pa.array([one.value for one in EventType if kind_of(one) is kind])
            found[kind] = pc.and_(pc.is_in(type_, types), pc.less(at, _instant(before[kind])))
    if Kind.VISITORS in before:
        nobodys = pc.and_(pc.is_null(batch.column("customer_id")), pc.invert(_linked(batch, links)))
        found[Kind.VISITORS] = pc.and_(nobodys, pc.less(at, _instant(before[Kind.VISITORS])))
    return found


def _linked(batch: pa.RecordBatch, links: pa.Table) -> pa.BooleanArray:
    """Which rows are a visitor's and became a customer's."""
    where = pc.index_in(batch.column("visitor_id"), links["visitor_id"].combine_chunks())
    through = pc.take(links["through"].combine_chunks(), where)
    return pc.fill_null(pc.less_equal(batch.column("occurred_at"), through), fill_value=False)


def _any(batch: pa.RecordBatch, rules: Mapping[Kind, pa.BooleanArray]) -> pa.BooleanArray:
    found = pa.array([False] * batch.num_rows)
    for hits in rules.values():
        found = pc.or_(found, hits)
    return found


def _counted(batch: pa.RecordBatch, before: Cutoffs, links: pa.Table) -> Mapping[str, int]:
    """Count the rows that are too old, each by the first kind that says so."""
    left, found = pa.array([True] * batch.num_rows), {}
    for kind, hits in _rules(batch, before, links).items():
        found[kind.value] = pc.sum(pc.and_(left, hits)).as_py() or 0
        left = pc.and_(left, pc.invert(hits))
    return found


def _instant(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment.astimezone(UTC), pa.timestamp("us", tz="UTC"))


class RetainedRejects:
    """The rows that the last import refused; they have no time but their file's.

    Parameters
    ----------
    path : Parquet file of the refused rows
    days : 0 keeps them until the next import
    """

    name = "rejected rows"

    def __init__(self, path: Path, days: int) -> None:
        self._path, self._days = path, days

    def overdue(self, now: datetime) -> Mapping[str, int]:
        """Count what would go.

        Raises
        ------
        EventsUnavailable
        """
        try:
            written = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            is_over = self._days and written < now - timedelta(days=self._days)
            return {Kind.REJECTED.value: pq.read_metadata(self._path).num_rows} if is_over else {}
        except FileNotFoundError:
            return {}
        except (OSError, pa.ArrowException) as error:
            raise EventsUnavailable(f"The rejected rows cannot be read ({type(error).__name__}).") from error

    def sweep(self, now: datetime) -> Iterator[Mapping[str, int]]:
        """Remove the file.

        Raises
        ------
        EventsUnavailable
        """
        found = self.overdue(now)
        if found:
            self._path.unlink(missing_ok=True)
            yield found
