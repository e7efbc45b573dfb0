"""What a person bought most often, bought again."""

from __future__ import annotations

from service.evaluation.best import rank_by
from service.evaluation.contender import NIGHTLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Ints


class OwnMostFrequent:
    """Own items by the number of baskets that held them, ties by popularity.

    Parameters
    ----------
    filled : whether the most popular items follow where a person has too few of their own
    """

    lasts = NIGHTLY

    def __init__(self, *, filled: bool) -> None:
        self._filled = filled

    @property
    def name(self) -> str:
        """With or without what fills up."""
        return "own-most-frequent-filled" if self._filled else "own-most-frequent"

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Count, to settle ties."""
        self._popularity = train.popularity

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Rank by own counts."""
        return rank_by(Occasions.past_matrix, occasions, self._popularity, k, fill=self._filled)
