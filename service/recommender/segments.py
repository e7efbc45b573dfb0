"""Segments: groups of customers by rule, named in words, each with the reason why a person is in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.recommender.wording import Message

SMALLEST = 50
"""A segment of fewer people is neither shown nor targeted."""
NEW_WITHIN_DAYS = 35
OFTEN = 13
"""Orders within 91 days from which somebody shops often: one a week."""
BIG_BASKET = 50.0
SMALL_BASKET = 15.0
SEEKS_DISCOUNTS = 0.5


@dataclass(frozen=True, slots=True)
class Segment:
    """A group that a person is in; `size` is the number of its people, None where it is not known."""

    key: str
    title: Message | Mapping[str, str]
    because: Message
    size: int | None = None


@dataclass(frozen=True, slots=True)
class _Traits:
    values: Mapping[str, object] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return str(value) if value not in {None, ""} else None


def segments_of(traits: Mapping[str, object], currency: str = "") -> list[Segment]:
    """All segments that a person with these traits is in, without sizes.

    Parameters
    ----------
    traits : scalar features by name; missing ones put the person into no segment that needs them
    currency : of the amounts that are told

    >>> [one.key for one in segments_of({"recency_days": 3, "frequency_91": 20, "age_band": "35-44"})]
    ['lifecycle.active', 'frequency.often', 'age.35-44']
    """
    person = _Traits(traits)
    return [*_lifecycle(person), *_frequency(person), *_spending(person, currency), *_told(person)]


def _lifecycle(person: _Traits) -> Iterable[Segment]:
    recency, orders = person.number("recency_days"), person.number("frequency_91")
    first_at, last_at = person.number("first_order_at"), person.number("last_order_at")
    if recency is None:
        return
    first = recency + (last_at - first_at) / 86_400 if first_at is not None and last_at is not None else None
    usual = person.number("mean_gap_days") or 14.0
    values = {"recency": round(recency), "orders": round(orders or 0)}
    if first is not None and first <= NEW_WITHIN_DAYS:
        yield Segment("lifecycle.new", Message("segment.lifecycle.new"),
                      Message("segment_because.lifecycle.new", {"days": NEW_WITHIN_DAYS}))
        return
    stage = "active" if recency <= max(3 * usual, 28) else "at_risk" if recency <= max(8 * usual, 91) else "lapsed"
    key = f"lifecycle.{stage}"
    yield Segment(key, Message(f"segment.{key}"), Message(f"segment_because.{key}", values))


def _frequency(person: _Traits) -> Iterable[Segment]:
    orders = person.number("frequency_91")
    if orders:
        key = "frequency.often" if orders >= OFTEN else "frequency.sometimes"
        yield Segment(key, Message(f"segment.{key}"), Message("segment_because.frequency", {"orders": round(orders)}))


def _spending(person: _Traits, currency: str) -> Iterable[Segment]:
    value = person.number("mean_basket_value")
    if value is not None and not SMALL_BASKET < value < BIG_BASKET:
        key = "value.high" if value >= BIG_BASKET else "value.low"
        told = {"amount": f"{value:.2f} {currency}".strip()}
        yield Segment(key, Message(f"segment.{key}"), Message("segment_because.value", told))
    share = person.number("discounted_share")
    if share is not None and share >= SEEKS_DISCOUNTS:
        values = {"percent": round(100 * share)}
        yield Segment("discount.seeker", Message("segment.discount.seeker"),
                      Message("segment_because.discount.seeker", values))


def _told(person: _Traits) -> Iterable[Segment]:
    for group, trait, slot in (("age", "age_band", "band"), ("region", "region", "region"),
                               ("household", "household", "household"), ("income", "income_band", "band")):
        value = person.text(trait)
        if value:
            yield Segment(f"{group}.{value}", Message(f"segment.{group}", {slot: value}),
                          Message("segment_because.trait", {"value": value}))


def shop_segments(keys: Sequence[str], titles: Mapping[str, Mapping[str, str]]) -> list[Segment]:
    """Segments that the shop brought, with its own titles by language."""
    return [Segment(key, titles.get(key) or {"en": key}, Message("segment_because.shop")) for key in keys]


def sized(segments: Iterable[Segment], sizes: Mapping[str, int]) -> list[Segment]:
    """Those that are large enough to be shown, with their sizes."""
    return [
        Segment(one.key, one.title, one.because, sizes[one.key])
        for one in segments
        if sizes.get(one.key, 0) >= SMALLEST
    ]
