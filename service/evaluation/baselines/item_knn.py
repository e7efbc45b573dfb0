"""Items like those a person has: item-based collaborative filtering."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.baselines.sparse_rows import largest_of_product
from service.evaluation.best import rank_by
from service.evaluation.contender import WEEKLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Floats, Ints


class ItemKnn:
    """Cosine between items over the people who took them; an item's mark is its likeness to all that a person took.

    An item is most like itself; where repeats are allowed, how often a person took an item counts.

    Parameters
    ----------
    neighbours : most similar items that are kept of each
    shrinkage : added to the cosine's denominator, so that likeness of items that few took counts for less

    References
    ----------
    Sarwar et al., Item-Based Collaborative Filtering Recommendation Algorithms, WWW 2001.
    """

    name = "item-knn"
    lasts = WEEKLY

    def __init__(self, neighbours: int = 200, shrinkage: float = 100) -> None:
        self._neighbours, self._shrinkage = neighbours, shrinkage

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Work out the neighbours of every item."""
        self._popularity = train.popularity
        by_item = csr_array(train.took.T)
        norm = np.sqrt(np.diff(by_item.indptr)).astype(np.float32)

        def cosine(rows: Ints, columns: Ints, together: Floats) -> Floats:
            return np.asarray(together / (norm[rows] * norm[columns] + np.float32(self._shrinkage)), np.float32)

        self._similarity = largest_of_product(by_item, csr_array(by_item.T), self._neighbours, cosine)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Sum likeness."""

        def marks(block: Occasions) -> csr_array:
            return csr_array(block.past_matrix() @ self._similarity)

        return rank_by(marks, occasions, self._popularity, k)
