"""Scorers: how a ranking score comes about, in two steps, so that many what-ifs are scored in one batch.

`features` says what counts about a person and items; `scores` turns rows of features into ranking scores. An
explanation takes the features of a person without some action and scores them together with everything else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from service.recommender.actions import ActionKey
from service.recommender.arrays import Floats, Ints
from service.recommender.counterfactual import Counterfactual
from service.recommender.embedding import cosine_falls
from service.recommender.newcomers import newcomer_falls, newcomer_scores
from service.recommender.person_view import PersonView
from service.recommender.ports import Ranker
from service.recommender.ranking import PopularityRanker, RecencyRanker, affinity, click_probability, content_scores
from service.recommender.ranking_features import person_item_features
from service.recommender.snapshot import Snapshot


class Scorer(Protocol):
    """One way to score items of one kind for one intent."""

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Features, shape (n_rows, n_features)."""

    def features_without(
        self, person: PersonView, rows: Ints, base: Floats, gone: Sequence[frozenset[ActionKey]],
    ) -> Floats:
        """Features of items, each without some actions of the person; `base` is those with them."""

    def scores(self, features: Floats) -> Floats:
        """Ranking scores, shape (n_rows,)."""

    def contributions(self, person: PersonView, rows: Ints) -> Floats:
        """Guess what each action of the person does for each item's score, shape (n_rows, n_actions)."""


class ProductScorer:
    """The trained ranker; recency without one; popularity where nothing about the person is known."""

    def __init__(self, *, personal: bool, ranker: Ranker | None = None) -> None:
        self._ranker: Ranker = (ranker or RecencyRanker()) if personal else PopularityRanker()

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Features that training used too."""
        return person_item_features(person, rows)

    def features_without(
        self, person: PersonView, rows: Ints, base: Floats, gone: Sequence[frozenset[ActionKey]],
    ) -> Floats:
        """Features that follow from those with everything."""
        return Counterfactual(person).features(rows, base, gone)

    def scores(self, features: Floats) -> Floats:
        """Scores of the ranker."""
        return self._ranker.ranking_scores(features)

    def contributions(self, person: PersonView, rows: Ints) -> Floats:
        """Parts of the retrieval score: what a ranker makes of an action follows from no formula."""
        return person.contributions(rows)


class _Direct(ABC):
    """A scorer whose only feature is the score itself."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @abstractmethod
    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column."""

    def features_without(
        self, person: PersonView, rows: Ints, base: Floats, gone: Sequence[frozenset[ActionKey]],
    ) -> Floats:
        """Scores of the person without those actions, once for each distinct set of them."""
        out = base.copy()
        for keys in set(gone):
            indices = [index for index, one in enumerate(gone) if one == keys]
            out[indices] = self.features(person.without(keys), rows[indices])
        return out

    def scores(self, features: Floats) -> Floats:
        """The one column."""
        return features[:, 0]

    def contributions(self, person: PersonView, rows: Ints) -> Floats:
        """How far the nearness to the person's taste falls without each action."""
        return taste_falls(person, rows)


class ContentScorer(_Direct):
    """Taste and freshness."""

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column."""
        return content_scores(person, self._snapshot, rows)[:, None]


class AdScorer(_Direct):
    """Probability of a click, times the bid."""

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column."""
        bid = np.nan_to_num(self._snapshot.catalogue.bid[rows])
        return np.asarray(click_probability(person, self._snapshot, rows) * bid, np.float32)[:, None]


class DiscoveryScorer(_Direct):
    """Taste above popularity: what fits the person although they never bought of its category."""

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column."""
        known = np.log1p(self._snapshot.items.buyers_28[rows])
        return np.asarray(affinity(person, self._snapshot, rows) + 0.03 * known, np.float32)[:, None]


class NewcomerScorer(_Direct):
    """What is new, by what it is to the person: nobody's purchases can speak for it yet."""

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column."""
        return newcomer_scores(person, self._snapshot, rows)[:, None]

    def contributions(self, person: PersonView, rows: Ints) -> Floats:
        """How far the score falls without each action."""
        return newcomer_falls(person, self._snapshot, rows)


class AnchorScorer(_Direct):
    """What goes with one purchase; without that purchase, nothing does."""

    def __init__(self, snapshot: Snapshot, anchor: int | None) -> None:
        super().__init__(snapshot)
        self.anchor = anchor

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """Scores as a column: whatever was bought together first, then what is merely alike."""
        anchor = self.anchor
        if anchor is None or anchor not in person.actions.purchases.item:
            return np.zeros((rows.size, 1), np.float32)
        items, embedding = self._snapshot.items, self._snapshot.embedding
        together = dict(zip(items.together[anchor].tolist(), items.together_weight[anchor].tolist(), strict=True))
        weight = np.fromiter((together.get(int(row), 0.0) for row in rows), np.float32, rows.size)
        length = np.maximum(self._snapshot.vector_norm[rows] * np.linalg.norm(embedding.vectors[anchor]), 1e-9)
        alike = (embedding.vectors[rows] @ embedding.vectors[anchor]) * embedding.answer_scale[rows] / length
        return np.asarray(2 * (weight > 0) + weight + alike, np.float32)[:, None]  # a cosine is never above 1


def taste_falls(person: PersonView, rows: Ints) -> Floats:
    """Tell how far each item's cosine with the person's vector falls when an action leaves that vector.

    Returns
    -------
    float32, shape (n_rows, n_actions)
        Falls, times the length of the item's own vector.
    """
    added = person.embedding.added(person.actions.item, person.actions.interest_weight)
    return cosine_falls(added, person.contributions(rows))
