"""A trial: data split into what may be learnt and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Ints


@dataclass(frozen=True)
class Trial:
    """What a protocol makes of the data.

    Attributes
    ----------
    protocol : its name
    interactions : everything that happened (of a given split: the train part)
    occasions : the questions and their truth
    is_timed : whether times are known, so that models are fitted as of each time group
    """

    protocol: str
    interactions: Interactions
    occasions: Occasions
    is_timed: bool

    def sampled(self, people: int | None, seed: int) -> Trial:
        """Ask at most so many people, seeded; all others are still learnt from."""
        if people is None or people >= len(self.occasions):
            return self
        chosen = np.random.default_rng(seed).choice(len(self.occasions), people, replace=False)
        return replace(self, occasions=self.occasions.take(np.sort(chosen)))

    def without_held_out(self) -> Interactions:
        """Everything but what the people asked did from their moment on; of a given split: all of the train part."""
        if not self.is_timed:
            return self.interactions
        return self.interactions.keep(self.interactions.is_before(self.occasions.person, self.occasions.at))


def person_keys(keys: Sequence[str] | None, people: Ints) -> list[str]:
    """Names of some people; their numbers where they have none."""
    return [str(one) if keys is None else keys[one] for one in people.tolist()]
