"""A shop as evaluation sees it: numbers instead of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.evaluation.interactions import Interactions
from service.recommender.arrays import Ints

CALIBRATED_PARTS = 2
"""Parts of a category path that calibration looks at: finer ones have too few places in a list."""


@dataclass(frozen=True)
class Shop:
    """Interactions, and what is known of people and items.

    Attributes
    ----------
    interactions : numbers of people and items index the rest
    keys : names of the people in stores, length n_people; None where numbers do
    item_ids : the shop's ids of the items, length n_items; None where numbers do
    paths : category codes from general to special, distinct over all levels, int64, shape (n_items, depth), -1 where
        a path ends; depth may be 0
    segments : people of each group that the shop brought, by its name
    about : facts for the report
    """

    interactions: Interactions
    keys: Sequence[str] | None = None
    item_ids: Sequence[str] | None = None
    paths: Ints | None = None
    segments: Mapping[str, Ints] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)


def category_codes(paths: Sequence[Sequence[str]]) -> Ints:
    """Number every beginning of every path.

    >>> category_codes([("Food", "Tea"), ("Food",), ()])
    array([[ 0,  1],
           [ 0, -1],
           [-1, -1]])
    """
    numbers: dict[tuple[str, ...], int] = {}
    codes = np.full((len(paths), max(map(len, paths), default=0)), -1, np.int64)
    for row, path in enumerate(paths):
        for length in range(1, len(path) + 1):
            codes[row, length - 1] = numbers.setdefault(tuple(path[:length]), len(numbers))
    return codes


def calibrated_category(paths: Ints) -> Ints:
    """The category that calibration compares, of every item: the first two parts of its path, or what there is.

    >>> calibrated_category(np.array([[0, 1, 7], [0, -1, -1], [-1, -1, -1]]))
    array([ 1,  0, -1])
    """
    return np.asarray(paths[:, :CALIBRATED_PARTS].max(axis=1, initial=-1), np.int64)


def split_shop(interactions: Interactions, train: str, test: str) -> Shop:
    """What is known where there are only numbers: nothing of people and items."""
    people = int((np.diff(interactions.starts) > 0).sum())
    about = {
        "train": train, "test": test, "people": people, "items": interactions.n_items,
        "interactions": len(interactions),
    }
    return Shop(interactions, about=about)
