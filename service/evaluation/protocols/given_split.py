"""A given split: train and test in the text format that papers publish, ``user item item …`` a line."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from service.evaluation.errors import DataUnusable
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.trial import Trial, person_keys
from service.recommender.arrays import Ints

_GZIP = b"\x1f\x8b"


def given_split(train: Path, test: Path) -> Trial:
    """Ask every user of the test file; all items of both files are ranked, those of the user's train line masked.

    Raises
    ------
    DataUnusable
        If a file cannot be read, is not of the format, or has nothing in it.
    """
    (user, item), (asked, truth) = read_pairs(train), read_pairs(test)
    n_people, n_items = (int(max(a.max(), b.max())) + 1 for a, b in ((user, asked), (item, truth)))
    untimed = np.zeros(user.size, np.int64)
    history = Interactions.of(user, item, untimed, untimed, n_people=n_people, n_items=n_items)
    return Trial("given-split", history, masked_occasions(history, asked, truth), is_timed=False)


def masked_occasions(history: Interactions, person: Ints, item: Ints) -> Occasions:
    """Ask everybody of the pairs (person, item) for their items, given all of `history`, whose items are masked."""
    pairs = np.unique(person * np.int64(history.n_items) + item)
    person, item = pairs // history.n_items, pairs % history.n_items
    people, first = np.unique(person, return_index=True)
    return Occasions(
        person=people, keys=person_keys(None, people), at=np.zeros(people.size, np.int64), history=history,
        start=history.starts[people], end=history.starts[people + 1], truth=item,
        truth_start=np.append(first, person.size).astype(np.int64), allowed=Allowed.NEW,
    )


def read_pairs(path: Path) -> tuple[Ints, Ints]:
    """Users and items of a file, plain or gzipped, each pair once or more.

    Raises
    ------
    DataUnusable
        If it cannot be read, is not of the format, or has no pair.
    """
    users, items = [], []
    for user, row in _lines(path):
        users.append(np.full(row.size, user, np.int64))
        items.append(row)
    if not sum(map(len, items)):
        raise DataUnusable(f"{path} has no line with a user and an item.")
    return np.concatenate(users), np.concatenate(items)


def _lines(path: Path) -> Iterator[tuple[int, Ints]]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("ascii")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataUnusable(f"{path} cannot be read as text, plain or gzipped: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = np.array(line.split(), np.int64)
        except (ValueError, OverflowError):
            row = np.array([-1])
        if (row < 0).any():
            raise DataUnusable(f"{path}, line {number}: a line is `user item item …`, all of them integers from 0 on.")
        if row.size:
            yield int(row[0]), row[1:]
