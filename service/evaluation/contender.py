"""What a model is, to evaluation."""

from __future__ import annotations

from typing import Protocol

from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.evaluation.time_groups import WEEK
from service.recommender.arrays import Ints

NIGHTLY, WEEKLY = 0, WEEK


class Contender(Protocol):
    """A model under test. It may know what it was fitted on and what it is asked, nothing else."""

    @property
    def name(self) -> str:
        """How its row is called."""

    @property
    def lasts(self) -> int:
        """How long a fit is good for, in seconds: counts are renewed nightly, what is costly to fit weekly."""

    def fit(self, train: Interactions, as_of: int) -> None:
        """Learn from everybody's entries before `as_of` (epoch seconds); what was learnt before is forgotten.

        `train` may be empty: then nothing is known but what a person did.
        """

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Recommend to each.

        Parameters
        ----------
        occasions : as `Occasions.asked` gives them; each person's own history is exact up to their moment
        k : length of the lists

        Returns
        -------
        int64, shape (n, k)
            Distinct item numbers, best first; -1 fills up. Only what `occasions.allowed` says: all items, those
            new to the person, or their own.
        """
