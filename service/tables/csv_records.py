"""Records out of CSV text that may be broken anywhere: one bad line is refused alone, the lines after it are read."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

Record = list[str]


@dataclass(frozen=True)
class Malformed:
    """A line that is no record, and what is wrong with it."""

    problem: str


def csv_records(lines: Iterable[str], width: int, block: int = 16_384) -> Iterator[list[Record | Malformed]]:
    r"""Split lines into records, quoted fields of several lines included; blank lines are passed over.

    Where a record cannot be read, or has the wrong number of fields (a quote that is never closed swallows the lines
    after it), its first line alone is refused and reading goes on with the second.

    Parameters
    ----------
    lines : with their line ends
    width : how many fields a record has
    block : about how many records to yield at a time

    >>> list(csv_records(['a,"b\n', 'c"\n', 'd,e\n'], width=2))
    [[['a', 'b\nc'], ['d', 'e']]]
    >>> list(csv_records(['a,"b\n', 'c,d\n'], width=2))
    [[Malformed(problem='unexpected end of data'), ['c', 'd']]]
    """
    source = _Lines(lines)
    while taken := source.take(block):
        try:
            # Whole blocks go through C. A block with anything odd in it, be it only a field that runs on into the
            # next block, is read again, record by record.
            records = [record for record in csv.reader(taken, strict=True) if record]
            sound = all(len(record) == width for record in records)
        except csv.Error:
            sound = False
        if sound:
            yield list(records)
        else:
            source.put_back(taken)
            yield _carefully(source, width, block)


def _carefully(source: _Lines, width: int, block: int) -> list[Record | Malformed]:
    found: list[Record | Malformed] = []
    reader = csv.reader(source, strict=True)
    while len(found) < block:
        source.mark()
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            source.back_to_second()
            found.append(Malformed(str(error)))
            continue
        if record and len(record) != width:
            source.back_to_second()
            found.append(Malformed(f"{len(record)} fields where the first line names {width}"))
        elif record:
            found.append(record)
    return found


class _Lines:
    """Lines that can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._since_mark: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._since_mark.append(line)
        return line

    def take(self, most: int) -> list[str]:
        taken = [self._again.popleft() for _ in range(min(most, len(self._again)))]
        return taken + list(islice(self._lines, most - len(taken)))

    def put_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))

    def mark(self) -> None:
        self._since_mark.clear()

    def back_to_second(self) -> None:
        self.put_back(self._since_mark[1:])
        self._since_mark.clear()
