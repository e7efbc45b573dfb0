"""Arrivals: items by when they came in, so that finding the new ones among all is a cut and no search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from service.recommender.arrays import Ints
from service.recommender.catalogue import FOREVER


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Items that came in at a known time, newest first; of two at once the one of the lower row.

    Attributes
    ----------
    rows : int64, shape (n_known,)
    ago : int64, shape (n_known,), ascending
        Minus the epoch seconds at which each came in.
    """

    rows: Ints
    ago: Ints

    @classmethod
    def of(cls, rows: Ints, first_seen: Ints) -> Self:
        """Put items in order.

        Parameters
        ----------
        rows : int64, ascending
        first_seen : int64, shape (n_items,)
            Epoch seconds at which each item of the catalogue came in; the largest int64 where that is not known.
        """
        known = rows[first_seen[rows] < FOREVER]
        known = known[np.argsort(-first_seen[known], kind="stable")]
        return cls(known, -first_seen[known])

    def between(self, after: int | None, until: int) -> Ints:
        """Rows of what came in later than `after`, at whatever time where that is None, and not after `until`.

        >>> came_in = Arrivals.of(np.array([0, 1, 2]), np.array([10, 30, 20]))
        >>> came_in.between(None, 20), came_in.between(10, 40)
        (array([2, 0]), array([1, 2]))
        """
        begin = np.searchsorted(self.ago, -until)
        end = self.ago.size if after is None else np.searchsorted(self.ago, -after)
        return self.rows[begin:end]
