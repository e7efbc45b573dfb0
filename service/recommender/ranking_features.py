"""Features of a person and an item together. Serving and training call this one function on the same arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from service.recommender.actions import FADES_IN_DAYS
from service.recommender.arrays import Floats, Ints
from service.recommender.circumstances import SATURDAY
from service.recommender.events import DAY
from service.recommender.person_view import NEVER, PersonView, lookup

FEATURE_NAMES: tuple[str, ...] = (
    "own_count",  # how often the person bought it
    "own_days_since",
    "own_gap",  # days between their purchases of it
    "own_gap_ratio",  # days since the last, over the usual gap: 1 is due
    "own_decay",  # exp(-days/90)
    "own_count_decay",
    "own_share",  # of their most bought item
    "own_on_last_trip",
    "own_month",  # purchases, each fading by exp(-days/30)
    "own_quarter",  # exp(-days/90)
    "own_year",  # exp(-days/365)
    "own_trips_since",  # days with a purchase after its last
    "own_trip_rate",  # purchases over days with a purchase since its first
    "own_due_in",  # days until its usual gap is over; below 0 it is overdue
    "category_count",
    "category_days_since",
    "category_share",
    "department_share",
    "brand_share",
    "retrieval_score",
    "together_score",  # bought with what was in the last trips
    "interest",  # looked at, liked, put into the cart
    "interest_days_since",
    "buyers_1",
    "buyers_3",
    "buyers_7",
    "buyers_28",
    "buyers_91",
    "trend",
    "repeat_rate",
    "repeat_gap",
    "price",
    "discount_share",
    "price_over_last_paid",
    "price_week",  # of the last week over the month's
    "discount_share_week",
    "price_over_usual",  # over what the person usually pays for an item
    "person_items",
    "person_days_since",
    "person_trips",
    "person_trips_month",
    "person_gap_ratio",  # days since the last trip, over the usual gap between trips
    "person_trip_items",  # things bought on a trip
    "daypart_lift",  # how much more often than others it is bought at this part of the day
    "weekday_lift",
    "channel_lift",
    "weekend",
)
COLUMN: dict[str, int] = {name: column for column, name in enumerate(FEATURE_NAMES)}

FADING = ("own_month", "own_quarter", "own_year")
"""By the places of `FADES_IN_DAYS`."""

MONTH_DAYS = 30

Put = Callable[[str, npt.ArrayLike], None]
"""Writes one named column of the feature matrix."""


def person_item_features(person: PersonView, rows: Ints) -> Floats:
    """Features of a person and some items.

    Parameters
    ----------
    person : the person as of a moment
    rows : int64, shape (n_candidates,)
        Rows of the catalogue.

    Returns
    -------
    float32, shape (n_candidates, len(FEATURE_NAMES))
        NaN where a feature has no value (LightGBM reads it as missing).
    """
    out = np.full((rows.size, len(FEATURE_NAMES)), np.nan, np.float32)

    def put(name: str, values: npt.ArrayLike) -> None:
        out[:, COLUMN[name]] = values

    _own(person, rows, put)
    _affinity(person, rows, put)
    _items(person, rows, put)
    for name, value in trip_features(person.trips, person.now, float(person.actions.purchases.count.sum())).items():
        put(name, value)
    _circumstances(person, rows, put)
    return out


def _own(person: PersonView, rows: Ints, put: Put) -> None:
    bought = person.actions.purchases
    at, own = lookup(bought.item, rows)
    if not own.any():
        for name in ("own_count", "own_decay", "own_count_decay", "own_share", "own_on_last_trip", *FADING,
                     "own_trip_rate"):
            put(name, np.zeros(rows.size, np.float32))
        put("own_days_since", np.full(rows.size, NEVER, np.float32))
        put("own_trips_since", np.full(rows.size, NEVER, np.float32))
    else:
        count = np.where(own, bought.count[at], 0)
        days = np.where(own, person.days_since[at], NEVER)
        span = ((bought.last_at[at] - bought.first_at[at]) / DAY).clip(0)
        gap = np.where(own & (count > 1), span / np.maximum(count - 1, 1), np.nan)
        usual = np.where(np.isnan(gap), np.where(own, person.items.repeat_gap[rows], np.nan), gap)
        decay = np.where(own, np.exp(-days / 90), 0)
        put("own_count", np.log1p(count))
        put("own_days_since", days)
        put("own_gap", gap)
        put("own_gap_ratio", np.minimum(days / np.maximum(usual, 1), 20))
        put("own_due_in", usual - days)
        put("own_decay", decay)
        put("own_count_decay", count * decay)
        put("own_share", count / max(float(bought.count.max()), 1.0))
        put("own_on_last_trip", (own & lookup(person.recent_items, rows)[1]).astype(np.float32))
        faded = bought.faded[at] * np.exp(-days[:, None] / FADES_IN_DAYS)
        for place, name in enumerate(FADING):
            put(name, np.where(own, faded[:, place], 0))
        since, rate = trips_since(person.trips, bought.first_at[at], bought.last_at[at], bought.count[at])
        put("own_trips_since", np.where(own, since, NEVER))
        put("own_trip_rate", np.where(own, rate, 0))


def trips_since(trips: Ints, first_at: Ints, last_at: Ints, count: Floats) -> tuple[Floats, Floats]:
    """Trips after the last purchase of each thing, and its purchases over the trips since its first.

    >>> trips_since(np.array([1, 5, 9]), np.array([DAY]), np.array([5 * DAY]), np.float32([2]))
    (array([1.], dtype=float32), array([0.6666667], dtype=float32))
    """
    since = trips.size - np.searchsorted(trips, last_at // DAY, side="right")
    possible = trips.size - np.searchsorted(trips, first_at // DAY, side="left")
    return since.astype(np.float32), np.minimum(count / np.maximum(possible, 1), 1).astype(np.float32)


def _affinity(person: PersonView, rows: Ints, put: Put) -> None:
    catalogue, bought = person.catalogue, person.actions.purchases
    total = max(float(bought.count.sum()), 1.0)
    of_path = person.bought_of["category"][catalogue.path[rows]]
    put("category_count", np.log1p(of_path.clip(0)))
    put("category_share", of_path / total)
    put("department_share", person.bought_of["department"][catalogue.department[rows]] / total)
    put("brand_share", person.bought_of["brand"][catalogue.brand[rows]] / total)
    newest = np.full(len(catalogue.paths), NEVER, np.float32)
    np.minimum.at(newest, catalogue.path[bought.item], person.days_since)
    put("category_days_since", newest[catalogue.path[rows]])
    taste = person.embedding.retrieval_scores(person.vector, rows)
    put("retrieval_score", taste / np.sqrt(max(len(person.actions), 1)))
    put("together_score", _found(person.company[0], rows, person.company[1], 0))
    keys, strength, since = person.interests
    put("interest", _found(keys, rows, strength, 0))
    put("interest_days_since", _found(keys, rows, since, NEVER))
    put("person_items", np.log1p(bought.item.size))
    put("person_days_since", person.days_since.min(initial=NEVER))


def trip_features(trips: Ints, now: int, purchases: float) -> dict[str, float]:
    """How often a person comes, and how due they are.

    Parameters
    ----------
    trips : days of purchase since the epoch, ascending
    now : epoch seconds
    purchases : how many things they bought

    >>> trip_features(np.array([0, 10, 20]), 25 * DAY, 6.0)
    {'person_trips': 3.0, 'person_trips_month': 3.0, 'person_gap_ratio': 0.5, 'person_trip_items': 2.0}
    """
    if not trips.size:
        return {"person_trips": 0.0, "person_trips_month": 0.0}
    today, first, last = now // DAY, int(trips[0]), int(trips[-1])
    found = {
        "person_trips": float(trips.size),
        "person_trips_month": float(trips.size - np.searchsorted(trips, today - MONTH_DAYS)),
        "person_gap_ratio": float("nan"),
        "person_trip_items": purchases / trips.size,
    }
    if last > first:
        found["person_gap_ratio"] = max(today - last, 0) / ((last - first) / (trips.size - 1))
    return found


def _circumstances(person: PersonView, rows: Ints, put: Put) -> None:
    here, items = person.circumstances, person.items
    for name, lifts, code in (("daypart_lift", items.daypart_lift, here.daypart),
                              ("weekday_lift", items.weekday_lift, here.weekday),
                              ("channel_lift", items.channel_lift, here.channel)):
        if code is not None:
            put(name, lifts[rows, code])
    if here.weekday is not None:
        put("weekend", float(here.weekday >= SATURDAY))


def _found(keys: Ints, rows: Ints, values: Floats, missing: float) -> Floats:
    """Values of the rows that are among ascending keys, `missing` for the others."""
    if not keys.size:
        return np.full(rows.size, missing, np.float32)
    at, there = lookup(keys, rows)
    return np.where(there, values[at], np.float32(missing))


def _items(person: PersonView, rows: Ints, put: Put) -> None:
    items, bought = person.items, person.actions.purchases
    put("buyers_1", np.log1p(items.buyers_1[rows]))
    put("buyers_3", np.log1p(items.buyers_3[rows]))
    put("buyers_7", np.log1p(items.buyers_7[rows]))
    put("buyers_28", np.log1p(items.buyers_28[rows]))
    put("buyers_91", np.log1p(items.buyers_91[rows]))
    put("trend", items.trend[rows])
    put("repeat_rate", items.repeat_rate[rows])
    put("repeat_gap", items.repeat_gap[rows])
    price = items.price_median[rows]
    put("price", np.log1p(price))
    put("discount_share", items.discount_share[rows])
    put("price_week", np.log(np.maximum(items.price_week[rows], 0.01) / np.maximum(price, 0.01)))
    put("discount_share_week", items.discount_share_week[rows])
    at, own = lookup(bought.item, rows)
    if own.any():
        put("price_over_last_paid", np.where(own, price / np.maximum(bought.last_price[at], 0.01), np.nan))
    paid = bought.last_price[np.isfinite(bought.last_price)]
    if paid.size:
        put("price_over_usual", np.log1p(price) - np.log1p(np.median(paid)))
