"""Training examples: what would have been offered, with the features of that time, and what was then bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.moments import Moment
from index.newcomers import as_newcomers
from service.recommender.arrays import Floats, Ints
from service.recommender.candidates import NEIGHBOURS, TRAINED_ON, generate
from service.recommender.catalogue import ItemKind
from service.recommender.person_view import PersonView, lookup
from service.recommender.ranking_features import person_item_features

BASKETS_A_WEEK = 3
"""Baskets of a person that are learnt from for each week: those who come more often do not teach more."""
SEARCHED_AT_ONCE = 256
"""People whose neighbours are looked for in one search: more at once take less time each, and more memory."""


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


class Offer(NamedTuple):
    """One person's candidates.

    Attributes
    ----------
    rows : int64, shape (n_candidates,)
    grades : int8, shape (n_candidates,)
        1 is in the basket.
    """

    person_key: str
    view: PersonView
    rows: Ints
    grades: npt.NDArray[np.int8]

    def features(self, kept: npt.NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """Features of the candidates, or of some of them, shape (n_kept, n_features)."""
        return person_item_features(self.view, self.rows[kept])


def offered(moment: Moment, people: Sequence[str]) -> Iterator[Offer]:
    """Generate everybody's candidates, in their order; neighbours are searched for many people at once."""
    shop = moment.snapshot
    for begin in range(0, len(people), SEARCHED_AT_ONCE):
        some = people[begin : begin + SEARCHED_AT_ONCE]
        views = [moment.view(person_key) for person_key in some]
        near, _ = shop.neighbours[ItemKind.PRODUCT].neighbours(np.stack([view.vector for view in views]), NEIGHBOURS)
        for person_key, view, neighbours in zip(some, views, near, strict=True):
            rows = generate(view, shop, ItemKind.PRODUCT, sources=TRAINED_ON, near=neighbours).rows
            _, grades = lookup(moment.baskets[person_key].rows, rows)
            yield Offer(person_key, view, rows, grades.astype(np.int8))


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
    for offer in offered(moment, people):
        kept = (offer.grades > 0) | (rng.random(offer.rows.size) < negatives)
        if offer.grades.any():
            yield Examples(offer.features(kept), offer.grades[kept], np.array([int(kept.sum())], np.int64))


def examples_of(moment: Moment, most_people: int, negatives: float, seed: int) -> Examples | None:
    """Make the examples of a moment, of a sample of its people and of half of them as newcomers; None without any.

    Each teaches with several baskets of the week, a newcomer with one. Of fewer than `most_people` more is kept of
    what they did not buy, up to all of it.
    """
    people = sampled_people(moment, most_people, seed)
    negatives = min(1.0, negatives * most_people / max(len(people), 1))
    young = [key for key in people[::2] if len(moment.people[key].purchases)]
    groups = [*examples(as_newcomers(moment, young, seed), young, negatives, seed)]
    for turn, then in enumerate([moment, *map(moment.drawn, range(1, BASKETS_A_WEEK))]):
        again = [key for key in people if key in then.people and key in then.baskets]
        groups += examples(then, again, negatives, seed + turn)
    return Examples.joined(groups) if groups else None
