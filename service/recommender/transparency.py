"""What the recommender is, which signals it uses and how much each weighs, and what a person can choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.recommender.consent import Purpose
from service.recommender.wording import Message

SIGNALS: dict[str, tuple[str, ...]] = {
    "own": ("own_count", "own_days_since", "own_gap", "own_gap_ratio", "own_decay", "own_count_decay", "own_share",
            "own_on_last_trip", "own_month", "own_quarter", "own_year", "own_trips_since", "own_trip_rate",
            "own_due_in"),
    "category": ("category_count", "category_days_since", "category_share", "department_share", "brand_share"),
    "taste": ("retrieval_score",),
    "together": ("together_score",),
    "interest": ("interest", "interest_days_since"),
    "popularity": ("buyers_1", "buyers_3", "buyers_7", "buyers_28", "buyers_91", "trend", "repeat_rate", "repeat_gap"),
    "price": ("price", "discount_share", "price_over_last_paid", "price_week", "discount_share_week",
              "price_over_usual"),
    "person": ("person_items", "person_days_since", "person_trips", "person_trips_month", "person_gap_ratio",
               "person_trip_items"),
    "circumstances": ("daypart_lift", "weekday_lift", "channel_lift", "weekend"),
}
CHOICES = tuple(Message(f"transparency.choice.{name}") for name in ("profiling", "consents", "forget", "hide"))
SUMMARY = Message("transparency.summary")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One group of signals; `weight` is its part of the model's gain, None without a trained model."""

    name: str
    meaning: Message
    purpose: Purpose
    weight: float | None


def parameters(weights: Mapping[str, float]) -> list[Parameter]:
    """All signals of the ranking, the weightiest first.

    >>> from service.recommender.ranking_features import FEATURE_NAMES
    >>> sorted(name for names in SIGNALS.values() for name in names) == sorted(FEATURE_NAMES)
    True
    """
    found = []
    for name, columns in SIGNALS.items():
        weight = sum(weights.get(column, 0.0) for column in columns) if weights else None
        found.append(Parameter(name, Message(f"transparency.{name}"), Purpose.PERSONALISE_CONTENT, weight))
    return sorted(found, key=lambda one: -(one.weight or 0.0))
