"""Training examples: what would have been offered, with the features of that time, and what was then bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.moments import Moment
from index.newcomers import as_newcomers
from service.recommender.arrays import Floats, Ints
from service.recommender.candidates import TRAINED_ON, generate
from service.recommender.catalogue import ItemKind
from service.recommender.person_view import lookup
from service.recommender.ranking_features import person_item_features


@dataclass(frozen=True)
class Examples:
    """Candidates of many people, one group a person and moment.

    Attributes
    ----------
    features : float32, shape (n_examples, n_features)
    grades : int8, shape (n_examples,)
    groups : int64, shape (n_groups,)
        Sizes, in order.
    """

    features: Floats
    grades: npt.NDArray[np.int8]
    groups: Ints

    @classmethod
    def joined(cls, parts: Sequence[Examples]) -> Examples:
        """Put the examples of several moments one after another."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.grades for part in parts]),
            np.concatenate([part.groups for part in parts]),
        )


def offered(moment: Moment, person_key: str) -> tuple[Ints, Floats, npt.NDArray[np.int8]]:
    """Generate one person's candidates: their rows, features and grades (1 is in the basket)."""
    view = moment.view(person_key)
    rows = generate(view, moment.snapshot, ItemKind.PRODUCT, sources=TRAINED_ON).rows
    _, grades = lookup(moment.baskets[person_key].rows, rows)
    return rows, person_item_features(view, rows), grades.astype(np.int8)


def sampled_people(moment: Moment, most: int, seed: int) -> list[str]:
    """Choose whom to learn from: at most so many, seeded, the same on every run."""
    everybody = moment.learnable
    if len(everybody) <= most:
        return everybody
    chosen = np.random.default_rng([seed, int(moment.at.timestamp())]).choice(len(everybody), most, replace=False)
    return [everybody[index] for index in np.sort(chosen)]


def examples(moment: Moment, people: Sequence[str], negatives: float, seed: int) -> Iterator[Examples]:
    """Make one group a person, keeping a part of what was not bought; people who bought no candidate teach nothing.

    Parameters
    ----------
    negatives : part of the candidates with grade 0 that is kept, in (0, 1]
    """
    rng = np.random.default_rng([seed, int(moment.at.timestamp()), 1])
    for person_key in people:
        rows, features, grades = offered(moment, person_key)
        kept = (grades > 0) | (rng.random(rows.size) < negatives)
        if grades.any():
            yield Examples(features[kept], grades[kept], np.array([int(kept.sum())], np.int64))


def examples_of(moment: Moment, most_people: int, negatives: float, seed: int) -> Examples | None:
    """Make the examples of a moment, of a sample of its people and of half of them as newcomers; None without any.

    Of fewer than `most_people` more is kept of what they did not buy, up to all of it.
    """
    people = sampled_people(moment, most_people, seed)
    negatives = min(1.0, negatives * most_people / max(len(people), 1))
    young = [key for key in people[::2] if len(moment.people[key].purchases)]
    groups = [
        *examples(moment, people, negatives, seed),
        *examples(as_newcomers(moment, young, seed), young, negatives, seed),
    ]
    return Examples.joined(groups) if groups else None
