"""Items like those a person has: item-based collaborative filtering."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.baselines.sparse_rows import largest_of_product, power, scaled
from service.evaluation.best import rank_by
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.ports import Ints


class ItemKnn:
    """Cosine between items over the people who took them; an item's mark is its likeness to all that a person took.

    An item is most like itself; where repeats are allowed, how often a person took an item counts.

    Parameters
    ----------
    neighbours : most similar items that are kept of each

    References
    ----------
    Sarwar et al., Item-Based Collaborative Filtering Recommendation Algorithms, WWW 2001.
    """

    name = "item-knn"

    def __init__(self, neighbours: int = 100) -> None:
        self._neighbours = neighbours

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Work out the neighbours of every item."""
        self._popularity = train.popularity
        by_item = csr_array(train.took.T)
        unit = scaled(by_item, power(np.diff(by_item.indptr), -0.5))
        self._similarity = largest_of_product(unit, csr_array(unit.T), self._neighbours)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Sum likeness."""

        def marks(block: Occasions) -> csr_array:
            return csr_array(block.past_matrix() @ self._similarity)

        return rank_by(marks, occasions, self._popularity, k)
