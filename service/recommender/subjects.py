"""Subjects: which categories a content is about or an ad promotes, and how much a person buys there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import SEPARATOR, Catalogue, ItemKind
from service.recommender.person_view import PersonView

FADES_IN_DAYS = 90
FEW = 8
"""Items of which each is summed by itself."""


@dataclass(frozen=True)
class Subjects:
    """Category codes of each content and ad, one list behind the other: those of row r begin at ``starts[r]``."""

    codes: Ints
    starts: Ints
    """Shape (n_items + 1,)."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> Subjects:
        """Read them out of categories, tags and promoted products."""
        found: list[Ints] = [np.empty(0, np.int64)] * len(catalogue)
        for kind in (ItemKind.CONTENT, ItemKind.AD):
            for row in map(int, catalogue.of_kind(kind)):
                found[row] = _codes(catalogue, row)
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        return cls(np.concatenate([np.empty(0, np.int64), *found]), np.concatenate([[0], np.cumsum(sizes)]))

    def of_row(self, row: int) -> Ints:
        """Category codes of one item."""
        return self.codes[self.starts[row] : self.starts[row + 1]]

    def total(self, per_code: Floats, rows: Ints) -> Floats:
        """Sum a value of categories over each item's subjects, shape (n_rows,)."""
        if rows.size <= FEW:
            return np.array([per_code[self.of_row(row)].sum() for row in rows.tolist()], np.float32)
        sums = np.concatenate([[0.0], np.cumsum(per_code[self.codes], dtype=np.float64)])
        return np.asarray(sums[self.starts[rows + 1]] - sums[self.starts[rows]], np.float32)


def _codes(catalogue: Catalogue, row: int) -> Ints:
    promoted = catalogue.texts.promotes[row]
    if promoted:
        rows = catalogue.rows_of(promoted)
        codes = catalogue.path[rows[rows >= 0]]
        return np.unique(codes[codes > 0]).astype(np.int64)
    topics: Sequence[str] = [SEPARATOR.join(catalogue.texts.category[row]), *catalogue.texts.tags[row]]
    under = [catalogue.paths_under(topic) for topic in topics if topic]
    return np.unique(np.concatenate([np.empty(0, np.int32), *under])).astype(np.int64)


def purchases_by_category(person: PersonView) -> Floats:
    """How much a person buys of each category, older purchases fading, shape (n_categories,)."""
    bought = person.actions.purchases
    weight = bought.count * np.exp(-person.days_since / FADES_IN_DAYS)
    size = len(person.catalogue.paths)
    return np.bincount(person.catalogue.path[bought.item], weight, size).astype(np.float32)
