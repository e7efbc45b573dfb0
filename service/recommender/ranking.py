"""Ranking: one number an item, from the trained model or from a rule that needs none."""

from __future__ import annotations

import numpy as np

from service.recommender.actions import TYPES
from service.recommender.arrays import Floats, Ints
from service.recommender.events import DAY, EventType
from service.recommender.person_view import PersonView, lookup
from service.recommender.ranking_features import COLUMN, FEATURE_NAMES
from service.recommender.snapshot import Snapshot
from service.recommender.subjects import purchases_by_category

FRESH_DAYS = 45
SEEN_AGAIN_DAYS = 10
SEEN_AGAIN_WAITS = 3.0


class RecencyRanker:
    """What was bought lately and often comes first; the fallback of the trained ranker, and its yardstick."""

    feature_names = FEATURE_NAMES

    def ranking_scores(self, features: Floats) -> Floats:
        """exp(-days/90) + 0.1 * purchases, then taste, then popularity."""
        column = features.T
        return np.asarray(
            column[COLUMN["own_decay"]]
            + 0.1 * np.expm1(column[COLUMN["own_count"]])
            + 0.05 * np.tanh(column[COLUMN["retrieval_score"]])
            + 0.05 * column[COLUMN["together_score"]]
            + 0.01 * column[COLUMN["buyers_28"]],
            np.float32,
        )


class PopularityRanker:
    """What many people buy, and more than they used to, comes first; the same for everybody."""

    feature_names = FEATURE_NAMES

    def ranking_scores(self, features: Floats) -> Floats:
        """Log of the buyers, moved a little by the trend and a discount; more of either finds less of what sells."""
        column = features.T
        return np.asarray(
            column[COLUMN["buyers_28"]] + 0.1 * np.clip(column[COLUMN["trend"]], -2, 2)
            + 0.1 * column[COLUMN["discount_share"]],
            np.float32,
        )


def affinity(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """How near items lie to the person's taste: cosine of the two vectors, in [-1, 1]; 0 for nobody."""
    return snapshot.cosines(person.vector, rows)


def interest(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """How much a person buys of what contents are about and ads promote: log of fading purchases; 0 for nobody."""
    return np.log1p(snapshot.subjects.total(purchases_by_category(person), rows))


def content_scores(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Rank contents: about what the person buys, near their taste, wanted and fresh; what was just read waits."""
    age = (person.now - snapshot.first_seen[rows].astype(np.float64)) / DAY
    fresh = np.where(np.isfinite(age) & (age >= 0), np.exp(-age.clip(0) / FRESH_DAYS), 0)
    wanted = snapshot.subjects.total(snapshot.category_popularity, rows)
    score = interest(person, snapshot, rows) + affinity(person, snapshot, rows) + 0.1 * np.log1p(wanted) + 0.3 * fresh
    return np.asarray(score - SEEN_AGAIN_WAITS * _read_lately(person, rows), np.float32)


def _read_lately(person: PersonView, rows: Ints) -> Floats:
    actions = person.actions
    kinds = [TYPES.index(kind) for kind in (EventType.VIEW, EventType.CLICK)]
    read = actions.keep(np.isin(actions.type, kinds) & (person.now - actions.last_at < SEEN_AGAIN_DAYS * DAY))
    _, there = lookup(np.unique(read.item), rows)
    return there.astype(np.float32)


def click_probability(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Estimate how likely an ad is clicked, in (0, 1): a prior of 2 %, moved by what the person buys and likes."""
    pull = 0.6 * interest(person, snapshot, rows) + affinity(person, snapshot, rows)
    return np.asarray(1 / (1 + np.exp(3.9 - pull)), np.float32)
