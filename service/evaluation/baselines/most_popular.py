"""The same list for everybody: what most baskets held."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.best import rank_by
from service.evaluation.contender import NIGHTLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Ints


class MostPopular:
    """Items by the number of baskets that held them, over all that is known.

    The whole past counts, as in the published figures; in the demo's shop a shorter window is no better.
    """

    name = "most-popular"
    lasts = NIGHTLY

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Count."""
        self._popularity = train.popularity

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Give everybody the same, without what is masked."""

        def marks(block: Occasions) -> csr_array:
            return csr_array((len(block), self._popularity.size), dtype=np.float32)  # all equal: popularity decides

        return rank_by(marks, occasions, self._popularity, k)
