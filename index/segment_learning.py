"""Learning what segments are made by: fifths, rhythm, lifetimes and tastes of all customers, and of no one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from index.lifetime import fit_lifetime
from index.segment_popularity import popular_in_segments
from index.segmentation import Shoppers, count
from index.tastes import find_tastes
from service.recommender.catalogue import SEPARATOR, Catalogue
from service.recommender.lifetime import Doubles
from service.recommender.quintiles import FIFTHS, Quintiles
from service.recommender.segment_sizes import SMALLEST
from service.recommender.segmentation import NO_SEGMENTATION, USUAL_GAP_DAYS, Segmentation
from service.recommender.stored import StoredActions
from service.recommender.traits import Traits

IN_FIFTHS = ("recency_days", "frequency_91", "monetary_91", "mean_basket_value")
MOST_LEARNERS = 20_000
"""Customers that are learnt from, every so many of more; who they are changes little beyond."""
_DIGITS = 3
"""Significant ones of what lies between two fifths, so that no single customer's amount is kept."""


def segment(
    shoppers: Shoppers, catalogue: Catalogue, seed: int, actions: Iterable[tuple[str, StoredActions]] = (),
    now: int = 0,
) -> Segmentation:
    """Learn what segments are made by, count the people of each, and find what those buy more than everybody.

    Parameters
    ----------
    seed : of the search for tastes
    actions : person keys of those who may be learnt from, with what each did
    now : epoch seconds
    """
    several = max(-(-shoppers.traits.num_rows // MOST_LEARNERS), 1)
    learners = list(islice(shoppers.who("learn"), 0, None, several))
    learnt = learn_segmentation(learners, catalogue, seed)
    sizes = count(shoppers, learnt)
    return replace(learnt, sizes=sizes, popular=popular_in_segments(shoppers, sizes.told_by_rule, actions, now))


def learn_segmentation(people: Sequence[Traits], catalogue: Catalogue, seed: int) -> Segmentation:
    """Learn from the features of customers who agreed to it; nothing from fewer than `SMALLEST`. Nobody is counted.

    Parameters
    ----------
    people : features of each
    catalogue : tells which categories are too sensitive to be told
    seed : of the search for tastes
    """
    if len(people) < SMALLEST:
        return NO_SEGMENTATION
    gaps = [gap for person in people if (gap := person.number("mean_gap_days")) is not None]
    return Segmentation(
        usual_gap_days=usual_gap_days(np.array(gaps, np.float64)),
        quintiles=Quintiles(_fifths(people)),
        lifetime=fit_lifetime(*_histories(people)),
        tastes=find_tastes(people, sensitive_categories(catalogue), seed),
    )


def usual_gap_days(mean_gaps: Doubles) -> float:
    """Days between orders, the middle of all customers' mean gaps; of fewer than `SMALLEST` customers, a guess."""
    return round(float(np.median(mean_gaps)), 1) if mean_gaps.size >= SMALLEST else USUAL_GAP_DAYS


def sensitive_categories(catalogue: Catalogue, depth: int = 2) -> frozenset[str]:
    """Categories, to a depth, of which any item is sensitive: they are never told of anybody."""
    rows = np.flatnonzero(catalogue.sensitive).tolist()
    return frozenset(SEPARATOR.join(catalogue.texts.category[row][:depth]) for row in rows)


def _fifths(people: Sequence[Traits]) -> Mapping[str, tuple[float, ...]]:
    found = {}
    for name in IN_FIFTHS:
        values = [value for person in people if (value := person.number(name)) is not None]
        if len(values) >= SMALLEST:
            found[name] = tuple(float(f"{edge:.{_DIGITS}g}") for edge in np.quantile(values, FIFTHS))
    return found


def _histories(people: Sequence[Traits]) -> tuple[Doubles, Doubles, Doubles]:
    """Repeats, recency and age of whoever has bought, each of shape (n,)."""
    rows = [
        (orders - 1, *spans)
        for person in people
        if (orders := person.number("frequency")) and (spans := person.days_with_the_shop())
    ]
    repeats, recency, age = np.array(rows, np.float64).reshape(-1, 3).T
    return repeats, recency, age
