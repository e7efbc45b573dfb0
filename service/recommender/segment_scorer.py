"""Scoring for customers of whom no purchase is known: popularity, moved by what people of their segments like."""

from __future__ import annotations

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.person_view import PersonView
from service.recommender.profile import Profile
from service.recommender.ranking_features import FEATURE_NAMES
from service.recommender.scoring import ProductScorer
from service.recommender.segment_popularity import WEIGHT, Favourites, favourites
from service.recommender.segments import keys_of
from service.recommender.snapshot import Snapshot

LIFT = len(FEATURE_NAMES)
"""Column of the log rate of the segment that likes an item most, behind the usual features."""


class SegmentScorer(ProductScorer):
    """Popularity, and above it what people of the person's own segments buy more than everybody."""

    def __init__(self, liked: Favourites) -> None:
        super().__init__(personal=False)
        self.liked = liked

    def features(self, person: PersonView, rows: Ints) -> Floats:
        """The usual features, and `LIFT`."""
        return np.column_stack([super().features(person, rows), self.liked.strongest(rows)])

    def scores(self, features: Floats) -> Floats:
        """Popularity moved by the segment."""
        return np.asarray(super().scores(features[:, :LIFT]) + WEIGHT * features[:, LIFT], np.float32)


def cold_scorer(profile: Profile, snapshot: Snapshot) -> ProductScorer:
    """Score for somebody without actions: by what they told, as far as it makes a difference and may be used."""
    popular = snapshot.segmentation.popular
    keys = keys_of(profile.traits, snapshot.segmentation, frozenset(popular.lifts)) if profile.traits else frozenset()
    if not keys:
        return ProductScorer(personal=False)
    return SegmentScorer(favourites(popular, sorted(keys), snapshot.catalogue.row_of))
