"""The rows that the last import refused, of which some name people."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept
from service.tables.durable import replace_file, write_parquet
from service.tables.refusals import REFUSALS


class RejectedRows:
    """The rows that the last import refused, each as it came.

    Parameters
    ----------
    path : Parquet file of the refused rows
    """

    name = "rejected rows"
    is_quick = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell the refused rows that name some people.

        Raises
        ------
        EventsUnavailable
        """
        try:
            return [] if not self._path.exists() else [row for row in _all(self._path) if _names(row, people)]
        except OSError as error:
            raise EventsUnavailable(f"The rejected rows cannot be read ({type(error).__name__}).") from error

    def erase(self, people: Collection[Person]) -> int:
        """Write the file without them.

        Raises
        ------
        EventsUnavailable
        """
        found = self.kept(people)
        if found:
            gone = {(row["table"], row["file"], row["row"]) for row in found}
            rows = [row for row in _all(self._path) if (row["table"], row["file"], row["row"]) not in gone]
            _write(self._path, rows)
        return len(found)


def _all(path: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return rows


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    staged = path.with_name(path.name + ".next")
    write_parquet(staged, REFUSALS, pa.Table.from_pylist(list(rows), schema=REFUSALS).to_batches())
    replace_file(staged, path)


def _names(row: Mapping[str, object], people: Collection[Person]) -> bool:
    """Whether a refused row, which may be no proper row at all, names somebody."""
    try:
        raw = json.loads(str(row["raw"] or "null"))
    except ValueError:
        raw = str(row["raw"])
    said = raw if isinstance(raw, dict) else {}
    for one in people:
        column = "customer_id" if one.is_customer else "visitor_id"
        if str(said.get(column)) == one.id or (row["table"] == "customers" and one.is_customer and row["id"] == one.id):
            return True
        if not said and row["raw"] is not None and one.id in str(row["raw"]):
            return True
    return False
