"""Recall of several models for the same people, and by how much, with intervals, the one of interest does better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.evaluation.bootstrap import Interval, intervals
from service.evaluation.metrics import Marks
from service.recommender.arrays import Ints

OURS = "konomi"
CHANCE = "random"


@dataclass(frozen=True)
class Situation:
    """Who found how much of what they really bought.

    Attributes
    ----------
    chance : recall of a random order, by length of list
    marks : by model and person, recall at each of those lengths, shape (n_lengths,)
    """

    chance: Mapping[int, float]
    marks: Mapping[str, Mapping[str, Marks]]

    @classmethod
    def joined(cls, draws: Sequence[Situation]) -> Situation:
        """Put several draws together, each person counting once with the mean of the draws that they are in."""
        found: dict[str, dict[str, list[Marks]]] = defaultdict(lambda: defaultdict(list))
        for draw in draws:
            for model, people in draw.marks.items():
                for key, marks in people.items():
                    found[model][key].append(marks)
        chance = {k: float(np.mean([draw.chance[k] for draw in draws])) for k in draws[0].chance}
        return cls(chance, {
            model: {key: np.mean(marks, axis=0) for key, marks in people.items()} for model, people in found.items()
        })

    def recalls(self) -> Mapping[str, Mapping[int, float]]:
        """Mean over people, by model and length of list; of a random order what is to be expected."""
        ks = list(self.chance)
        return {CHANCE: self.chance} | {
            model: dict(zip(ks, np.mean(list(people.values()), axis=0).tolist(), strict=True))
            for model, people in self.marks.items()
        }

    def gains(self, seed: int) -> Mapping[str, Mapping[int, Interval]]:
        """By how much the recall of `OURS` is higher than each other model's: paired, 95 % over people."""
        ours, ks = self.marks[OURS], list(self.chance)
        return {
            model: dict(zip(ks, intervals(np.stack([ours[key] - people[key] for key in sorted(ours)]), seed),
                            strict=True))
            for model, people in self.marks.items()
            if model != OURS
        }


def recall(best: Ints, bought: Ints, ks: Sequence[int]) -> Marks:
    """Part of what was bought that is among the first k, for each k.

    >>> recall(np.array([4, 2, 9]), np.array([2, 7]), [1, 3])
    array([0. , 0.5])
    """
    return np.array([np.isin(best[:k], bought).sum() / bought.size for k in ks], np.float64)


def by_chance(pool: int, ks: Sequence[int]) -> Mapping[int, float]:
    """Recall to be expected of a random order of so many items.

    >>> by_chance(50, [10, 100])
    {10: 0.2, 100: 1.0}
    """
    return {k: min(1.0, k / pool) for k in ks}
