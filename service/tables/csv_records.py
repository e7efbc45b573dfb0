"""Records out of CSV text that may be broken anywhere: one bad line is refused alone, the lines after it are read."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Malformed:
    """A line that is no record, and what is wrong with it."""

    problem: str


def csv_records(lines: Iterable[str], width: int | None = None) -> Iterator[list[str] | Malformed]:
    """Split lines into records, quoted fields of several lines included; blank lines are passed over.

    Where a record cannot be read, or runs over several lines and then has the wrong number of fields (a quote that
    is never closed swallows what follows), its first line alone is refused and reading goes on with the second.

    Parameters
    ----------
    lines : with their line ends
    width : how many fields a record has; any number where None

    >>> list(csv_records(['a,"b\\n', 'c"\\n', 'd,e\\n'], width=2))
    [['a', 'b\\nc'], ['d', 'e']]
    >>> list(csv_records(['a,"b\\n', 'c,d\\n'], width=2))
    [Malformed(problem='unexpected end of data'), ['c', 'd']]
    """
    source = _Rewindable(lines)
    reader = csv.reader(source, strict=True)
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            source.rewind()
            yield Malformed(str(error))
            continue
        if not record or width is None or len(record) == width:
            source.forget()
            if record:
                yield record
            continue
        source.rewind()
        yield Malformed(f"{len(record)} fields where the first line names {width}")


class _Rewindable:
    """Lines that can be read again from the second line of the current record on."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> _Rewindable:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        return line

    def forget(self) -> None:
        self._taken.clear()

    def rewind(self) -> None:
        self._again.extendleft(reversed(self._taken[1:]))
        self._taken.clear()
