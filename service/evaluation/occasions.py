"""Test occasions: a person at a moment, what they had done until then, and what they took next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.interactions import Interactions, Mask, summed
from service.recommender.arrays import Floats, Ints


class Allowed(StrEnum):
    """Which items may be recommended."""

    ALL = "all"
    NEW = "new"
    """None of the person's history."""
    OWN = "own"
    """Nothing but the person's history."""


@dataclass(frozen=True)
class Occasions:
    """What contenders are asked, and the truth that they are measured by.

    A contender gets `asked()`: no truth, and of `history` the askers' own slices alone.

    Attributes
    ----------
    person : int64, shape (n,)
    keys : length n
        Names of the people in stores, such as ``c:17``.
    at : int64, shape (n,)
        Epoch seconds of the moment.
    history : the entries that the slices point into
    start, end : int64, shape (n,)
        Slice of `history` with what the person did before the moment, oldest first.
    truth : int64, shape (n_truths,)
        Distinct items that were taken, occasion after occasion.
    truth_start : int64, shape (n + 1,)
    allowed : which items may be recommended
    """

    person: Ints
    keys: Sequence[str]
    at: Ints
    history: Interactions
    start: Ints
    end: Ints
    truth: Ints
    truth_start: Ints
    allowed: Allowed

    def __len__(self) -> int:
        return int(self.person.size)

    def take(self, chosen: Ints) -> Occasions:
        """Some of the occasions, in the order given; the history stays shared."""
        sizes = np.diff(self.truth_start)[chosen]
        return replace(
            self, person=self.person[chosen], keys=[self.keys[index] for index in chosen], at=self.at[chosen],
            start=self.start[chosen], end=self.end[chosen],
            truth=self.truth[slices(self.truth_start[chosen], self.truth_start[chosen] + sizes)],
            truth_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )

    def asked(self) -> Occasions:
        """The question alone: without truth, and with no entry in `history` but the askers' own before their moment."""
        sizes = self.end - self.start
        ends = np.cumsum(sizes)
        return replace(
            self, history=self.history.keep(slices(self.start, self.end)), start=ends - sizes, end=ends,
            truth=np.empty(0, np.int64), truth_start=np.zeros(len(self) + 1, np.int64),
        )

    def among(self, allowed: Allowed) -> Occasions:
        """The same, with other items allowed."""
        return replace(self, allowed=allowed)

    @cached_property
    def past(self) -> tuple[Ints, Ints]:
        """Occasion and row in `history` of every entry before the moments, both shape (n_past,)."""
        return np.repeat(np.arange(len(self)), self.end - self.start), slices(self.start, self.end)

    def past_matrix(self, weights: Floats | None = None) -> csr_array:
        """Sum of the weights (1 where left out) by occasion and item, float32, shape (n, n_items).

        Parameters
        ----------
        weights : float32, shape (n_past,), in the order of `past`
        """
        row, entry = self.past
        return summed(row, self.history.item[entry], weights, (len(self), self.history.n_items))

    @cached_property
    def seen(self) -> csr_array:
        """Items of each person's history: 1 by occasion and item, float32, shape (n, n_items)."""
        matrix = self.past_matrix()
        matrix.data[:] = 1
        return matrix

    @cached_property
    def truth_rows(self) -> Ints:
        """Occasion of each true item, shape (n_truths,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.truth_start))

    @cached_property
    def truth_is_repeat(self) -> Mask:
        """Whether each true item was in the history already, shape (n_truths,)."""
        return self.contains(self.seen, self.truth_rows, self.truth)

    @staticmethod
    def contains(matrix: csr_array, rows: Ints, items: Ints) -> Mask:
        """Whether each (row, item) is an entry of a matrix."""
        width = matrix.shape[1]
        there = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * width + matrix.indices
        return np.isin(rows * width + items, there)


def slices(starts: Ints, ends: Ints) -> Ints:
    """Rows of several slices, one after another.

    >>> slices(np.array([5, 0]), np.array([7, 3]))
    array([5, 6, 0, 1, 2])
    """
    sizes = ends - starts
    offset = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    return np.asarray(np.arange(sizes.sum()) + offset, np.int64)
