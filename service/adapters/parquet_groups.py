"""Row groups of Parquet files, found by whose rows they hold without looking at the files again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

OWNER = "customer_id"
_ANYTHING = ("", chr(0x10FFFF))


@dataclass(frozen=True, slots=True)
class _Group:
    """One row group, and what its statistics say of `OWNER`; of what they do not say, anything may be in it."""

    rows: ds.ParquetFileFragment
    least: str
    most: str
    is_owned: bool
    """Whether a row has an owner."""
    is_disowned: bool
    """Whether a row may have none."""


class RowGroups:
    """The row groups of some files that are never changed.

    Parameters
    ----------
    files : of one schema, with a column `customer_id`

    Raises
    ------
    OSError, pyarrow.ArrowException
        If a file cannot be read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._groups = [group for path in files for group in _groups(path)]

    def read(self, columns: Sequence[str], owner: str | None, only: ds.Expression, *, disowned: bool) -> pa.Table:
        """Read rows out of the groups that may hold them.

        Parameters
        ----------
        owner : whose rows are wanted, if anybody's
        only : which of the rows
        disowned : whether rows without an owner are wanted, too

        Raises
        ------
        OSError, pyarrow.ArrowException
            If a file cannot be read.
        """
        found = [
            group.rows.to_table(columns=list(columns), filter=only, use_threads=False)
            for group in self._groups
            if (disowned and group.is_disowned)
            or (owner is not None and group.is_owned and group.least <= owner <= group.most)
        ]
        return pa.concat_tables(found) if found else pa.table({name: [] for name in columns})


class CurrentGroups:
    """The row groups of the files that are current, indexed once for all who read them.

    Parameters
    ----------
    files : tells which files are current
    """

    def __init__(self, files: Callable[[], Sequence[Path]]) -> None:
        self._files = files
        self._opened: tuple[Sequence[Path], RowGroups] | None = None

    def look(self) -> None:
        """Index what is new before anybody waits for it; whoever reads what cannot be read is told."""
        with suppress(OSError, pa.ArrowException):
            self.now()

    def now(self) -> RowGroups:
        """Return those of the current files.

        Raises
        ------
        OSError, pyarrow.ArrowException
            If a file cannot be read.
        """
        files, opened = tuple(self._files()), self._opened
        if opened is None or opened[0] != files:
            opened = self._opened = (files, RowGroups(files))
        return opened[1]


def _groups(path: Path) -> list[_Group]:
    found = []
    for fragment in ds.dataset(str(path), format="parquet").get_fragments():
        column = fragment.metadata.schema.names.index(OWNER)
        for rows in fragment.split_by_row_group():
            (place,) = (group.id for group in rows.row_groups)
            stored = fragment.metadata.row_group(place)
            told = stored.column(column).statistics
            if told is None or told.null_count is None:
                found.append(_Group(rows, *_ANYTHING, is_owned=True, is_disowned=True))
                continue
            least, most = (told.min, told.max) if told.has_min_max else _ANYTHING
            owned = told.null_count < stored.num_rows
            found.append(_Group(rows, least, most, is_owned=owned, is_disowned=told.null_count > 0))
    return found
