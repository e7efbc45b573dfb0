"""What the feature store tells of a person, as it lies there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.recommender.consent import Purpose
from service.recommender.events import RecentAction


@dataclass(frozen=True, slots=True)
class StoredActions:
    """A person's actions out of the feature store: parallel arrays, one entry per type and item."""

    item_id: Sequence[str] = ()
    type: Sequence[str] = ()
    count: Sequence[int] = ()
    first_at: Sequence[int] = ()
    """Epoch seconds of the first repetition."""
    last_at: Sequence[int] = ()
    """Epoch seconds of the latest repetition."""
    last_price: Sequence[float] = ()
    """Unit price last paid; NaN where the action has none."""
    faded_30: Sequence[float] = ()
    """Sum of exp(-days/30) over the repetitions, in days before the latest; features of earlier releases lack it."""
    faded_90: Sequence[float] = ()
    faded_365: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class StoredImpressions:
    """What a person was shown and did not take up since: parallel arrays, one entry per item."""

    item_id: Sequence[str] = ()
    count: Sequence[int] = ()
    days: Sequence[int] = ()
    """On how many days."""
    last_at: Sequence[int] = ()
    """Epoch seconds of the latest showing."""
    until: datetime | None = None
    """What was shown from then on is not counted; None where nothing is."""


@dataclass(frozen=True, slots=True)
class NamedFeature:
    """A feature as the model reads it, for showing to the person whom it describes."""

    name: str
    view: str
    value: object
    purpose: Purpose
    updated_at: datetime | None
    descriptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """All that one read of the feature store tells of a person."""

    actions: StoredActions = StoredActions()
    recent: Sequence[RecentAction] = ()
    through_sequence: int = 0
    """Events of the log up to this sequence are part of `actions`; later ones are not."""
    traits: Mapping[str, object] = field(default_factory=dict)
    """Scalar features by name: region, age_band, household, lifecycle, frequency, monetary …"""
    impressions: StoredImpressions = StoredImpressions()
