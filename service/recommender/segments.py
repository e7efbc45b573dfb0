"""Segments: groups of customers by rule, by taste, and as the shop brought them; each with the reason why one is in it.

Only segments are told and targeted that single nobody out: see `segment_sizes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from service.recommender.segment_rules import (
    Belonging,
    by_frequency,
    by_lifecycle,
    by_lifetime,
    by_rfm,
    by_spending,
    by_told,
)
from service.recommender.segment_sizes import SMALLEST
from service.recommender.segmentation import Segmentation
from service.recommender.stored import NamedFeature
from service.recommender.taste import Mark, category_shares
from service.recommender.traits import Traits
from service.recommender.wording import Listed, Message

__all__ = ["SMALLEST", "Segment", "belongings", "keys_of", "only_told", "segments_of"]

SHOP_SEGMENTS = "shop_segments"
"""Feature with the keys of the segments that the shop put a person in."""
Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A group that a person is in; `size` is the number of its people."""

    key: str
    title: Message | Mapping[str, str]
    because: Message
    size: int


def segments_of(
    traits: Mapping[str, object], everybody: Segmentation, currency: str = "", titles: Titles | None = None,
) -> list[Segment]:
    """All segments that a person with these traits is in, as far as they may be told.

    Parameters
    ----------
    traits : features by name; missing ones put the person into no segment that needs them
    everybody : what segments are made by, and their sizes
    currency : of the amounts that are told
    titles : of the shop's segments, by key and language
    """
    by_rule, by_shop, titles = everybody.sizes.told_by_rule, everybody.sizes.told_by_shop, titles or {}
    ours = [
        Segment(one.key, one.title, one.because, by_rule[one.key])
        for one in belongings(traits, everybody, currency)
        if one.key in by_rule
    ]
    shops = [
        Segment(key, titles.get(key) or {"en": key}, Message("segment_because.shop"), by_shop[key])
        for key in brought(traits)
        if key in by_shop
    ]
    return [*ours, *shops]


def keys_of(traits: Mapping[str, object], everybody: Segmentation, wanted: frozenset[str]) -> frozenset[str]:
    """Those of the wanted segments that a person is in and that may be targeted; works out no more than it must."""
    sizes = everybody.sizes
    found = {key for key in brought(traits) if key in wanted and key in sizes.told_by_shop}
    if not wanted.isdisjoint(sizes.told_by_rule):
        ours = (one.key for one in belongings(traits, everybody))
        found |= {key for key in ours if key in wanted and key in sizes.told_by_rule}
    return frozenset(found)


def belongings(traits: Mapping[str, object], everybody: Segmentation, currency: str = "") -> list[Belonging]:
    """All that a person belongs to by rule or taste, however small; for counting, and never to be told.

    >>> [one.key for one in belongings({"recency_days": 3, "frequency_91": 20, "age_band": "35-44"}, Segmentation())]
    ['lifecycle.active', 'frequency.often', 'age.35-44']
    """
    person = Traits(traits)
    return [
        *by_lifecycle(person, everybody),
        *by_rfm(person, everybody, currency),
        *by_lifetime(person, everybody),
        *by_frequency(person),
        *by_spending(person, everybody, currency),
        *_by_taste(person, everybody),
        *by_told(person),
    ]


def only_told(feature: NamedFeature, everybody: Segmentation) -> NamedFeature:
    """Leave out of what is stored of a person the shop's segments that are too small to be shown."""
    if feature.name != SHOP_SEGMENTS:
        return feature
    told = everybody.sizes.told_by_shop
    return replace(feature, value=[key for key in brought({SHOP_SEGMENTS: feature.value}) if key in told])


def brought(traits: Mapping[str, object]) -> list[str]:
    """Keys of the segments that the shop put a person in."""
    return list(dict.fromkeys(Traits(traits).texts(SHOP_SEGMENTS)))


def _by_taste(person: Traits, everybody: Segmentation) -> Iterator[Belonging]:
    """The group whose baskets are most like the person's; where their own show why, that is said."""
    taste = everybody.tastes.of(person) if everybody.tastes else None
    if taste is None:
        return
    own = category_shares(person)
    marks = Listed(tuple(_word(mark) for mark in taste.marks))
    title = Message("segment.taste", {"marks": marks})
    shown = next((mark for mark in taste.marks if own.get(mark.category or "", 0.0) > mark.usual_share), None)
    if shown is None:
        because = Message("segment_because.taste.alike", {"marks": marks})
    else:
        because = Message("segment_because.taste", {
            "category": _word(shown), "percent": f"{100 * own[shown.category or '']:.1f}",
        })
    yield Belonging(taste.key, title, because)


def _word(mark: Mark) -> str | Message:
    return mark.category.rsplit(" > ", 1)[-1] if mark.category else Message(f"habit.{mark.habit}")
