"""What a person bought often and lately."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.best import rank_by
from service.evaluation.contender import NIGHTLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.evaluation.time_groups import DAY
from service.recommender.arrays import Ints

MEMORY_DAYS = 90.0
FREQUENCY = 0.1


class RecencyWeightedFrequency:
    """Sum over an item's baskets of exp(-days ago / 90) + 0.1; ties and what fills up by popularity."""

    name = "recency-weighted-frequency"
    lasts = NIGHTLY

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Count, to settle ties."""
        self._popularity = train.popularity

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Rank by own counts, recent ones first."""
        return rank_by(_marks, occasions, self._popularity, k)


def _marks(block: Occasions) -> csr_array:
    row, entry = block.past
    days = (block.at[row] - block.history.at[entry]) / DAY
    return block.past_matrix((np.exp(-days / MEMORY_DAYS) + FREQUENCY).astype(np.float32))
