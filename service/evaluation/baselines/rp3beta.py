"""Random walks of three steps from a person, damped by popularity."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from service.evaluation.baselines.sparse_rows import largest_of_product, power, scaled
from service.evaluation.best import rank_by
from service.evaluation.contender import WEEKLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Ints


class Rp3Beta:
    """Walk person → item → person → item; the chance of each step to the power alpha, the end's popularity to -beta.

    Parameters
    ----------
    alpha, beta, neighbours : exponents, and how many ends are kept of each item

    References
    ----------
    Paudel et al., Updatable, Accurate, Diverse, and Scalable Recommendations for Interactive Applications,
    ACM TiiS 2017.
    """

    name = "rp3beta"
    lasts = WEEKLY

    def __init__(self, alpha: float = 0.65, beta: float = 0.2, neighbours: int = 200) -> None:
        self._alpha, self._beta, self._neighbours = alpha, beta, neighbours

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Work out where walks from every item end."""
        self._popularity = train.popularity
        by_person, by_item = train.took, csr_array(train.took.T)
        to_people = scaled(by_item, power(np.diff(by_item.indptr), -self._alpha))
        to_items = scaled(by_person, power(np.diff(by_person.indptr), -self._alpha))
        damped = csr_array(to_items @ diags_array(power(np.diff(by_item.indptr), -self._beta)))
        self._walks = largest_of_product(to_people, damped, self._neighbours)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Walk from what each person took."""

        def marks(block: Occasions) -> csr_array:
            return csr_array(block.past_matrix() @ self._walks)

        return rank_by(marks, occasions, self._popularity, k)
