"""Features of a person and an item together. Serving and training call this one function on the same arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.recommender.catalogue import Catalogue
from service.recommender.embedding import Embedding
from service.recommender.events import INTEREST_WEIGHT, EventType
from service.recommender.item_features import ItemFeatures
from service.recommender.ports import Floats, Ints
from service.recommender.profile import PURCHASE, ActionKey, Actions

DAY = 86_400
RECENT_TRIPS = 3
NEVER = 999.0

FEATURE_NAMES: tuple[str, ...] = (
    "own_count",  # how often the person bought it
    "own_days_since",
    "own_gap",  # days between their purchases of it
    "own_gap_ratio",  # days since the last, over the usual gap: 1 is due
    "own_decay",  # exp(-days/90)
    "own_count_decay",
    "own_share",  # of their most bought item
    "own_on_last_trip",
    "own_month",  # purchases fading by exp(-days/30), spread evenly between the first and the last
    "own_quarter",  # exp(-days/90)
    "own_year",  # exp(-days/365)
    "own_trips_since",  # days with a purchase after its last
    "own_trip_rate",  # purchases over days with a purchase since its first
    "category_count",
    "category_days_since",
    "category_share",
    "department_share",
    "brand_share",
    "retrieval_score",
    "together_score",  # bought with what was in the last trips
    "interest",  # looked at, liked, put into the cart
    "interest_days_since",
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
)
COLUMN: dict[str, int] = {name: column for column, name in enumerate(FEATURE_NAMES)}

FADING = {"own_month": 30.0, "own_quarter": 90.0, "own_year": 365.0}
"""Days in which a purchase fades to 1/e."""

_INTEREST = np.array(
    [
        {EventType.VIEW: 0.2, EventType.CLICK: 0.5, EventType.ADD_TO_CART: 2.0, EventType.LIKE: 2.0,
         EventType.SHARE: 1.0, EventType.DISLIKE: -3.0}.get(kind, 0.0)
        for kind in EventType
    ],
    np.float32,
)


@dataclass(frozen=True)
class PersonView:
    """What the features need of a person, computed once and used for all candidates.

    Parameters
    ----------
    actions : the person's actions
    now : epoch seconds
    """

    actions: Actions
    now: int
    catalogue: Catalogue
    items: ItemFeatures
    embedding: Embedding

    def without(self, gone: Collection[ActionKey]) -> PersonView:
        """See the same person, had they not done some of it; what that does not touch is not computed again."""
        return _PersonWithout(
            self.actions.without(gone), self.now, self.catalogue, self.items, self.embedding, self, gone,
        )

    @property
    def _codes(self) -> Mapping[str, npt.NDArray[np.int32]]:
        catalogue = self.catalogue
        return {"category": catalogue.path, "department": catalogue.department, "brand": catalogue.brand}

    @cached_property
    def bought_of(self) -> dict[str, npt.NDArray[np.float64]]:
        """Purchases by code of category, department and brand."""
        bought = self.actions.purchases
        return {
            name: np.bincount(codes[bought.item], bought.count, int(codes.max(initial=0)) + 1).astype(np.float64)
            for name, codes in self._codes.items()
        }

    @cached_property
    def vector(self) -> Floats:
        """The person's vector, shape (dimension,)."""
        return self.embedding.person_vector(self.actions.item, self.actions.interest_weight)

    def contributions(self, rows: Ints) -> Floats:
        """Part of each item's retrieval score that each action adds, shape (n_rows, n_actions); a row sums to it."""
        answers = self.embedding.vectors[rows] * self.embedding.answer_scale[rows][:, None]
        return np.asarray(answers @ self._added.T, np.float32)

    @cached_property
    def _added(self) -> Floats:
        """What each action adds to the person's vector, shape (n_actions, dimension)."""
        return self.embedding.added(self.actions.item, self.actions.interest_weight)

    @cached_property
    def days_since(self) -> Floats:
        """Whole days since each purchase, in the order of `actions.purchases`."""
        return ((self.now - self.actions.purchases.last_at) // DAY).clip(0).astype(np.float32)

    @cached_property
    def trips(self) -> Ints:
        """Days on which a thing was bought for the first or the last time, ascending: nearly all days of purchase."""
        bought = self.actions.purchases
        return np.unique(np.concatenate([bought.first_at, bought.last_at]) // DAY)

    @cached_property
    def recent_items(self) -> Ints:
        """Rows bought on the last trips (days with a purchase), ascending."""
        bought = self.actions.purchases
        days = bought.last_at // DAY
        trips = np.unique(days)[-RECENT_TRIPS:]
        return bought.item[days >= trips[0]] if trips.size else bought.item

    @cached_property
    def company(self) -> tuple[Ints, Floats]:
        """Rows bought together with what was in the last trips, ascending, and how strongly each."""
        recent = self.recent_items
        rows = self.items.together[recent].ravel()
        weights = self.items.together_weight[recent].ravel()
        there = rows >= 0
        found, where = np.unique(rows[there], return_inverse=True)
        return found, np.bincount(where, weights[there], found.size).astype(np.float32)

    @cached_property
    def interests(self) -> tuple[Ints, Floats, Floats]:
        """Rows that the person looked at, ascending; how strong that interest is, and the days since."""
        actions = self.actions
        looked = actions.keep((actions.type != PURCHASE) & (_INTEREST[actions.type] != 0))
        since = ((self.now - looked.last_at) // DAY).clip(0).astype(np.float32)
        keys, where = np.unique(looked.item, return_inverse=True)
        strength = np.bincount(where, _INTEREST[looked.type] * np.sqrt(looked.count) * np.exp(-since / 14), keys.size)
        newest = np.full(keys.size, NEVER, np.float32)
        np.minimum.at(newest, where, since)
        return keys, strength.astype(np.float32), newest


@dataclass(frozen=True)
class _PersonWithout(PersonView):
    """A person who did not do some of what they did: whatever is asked follows from the whole person."""

    whole: PersonView
    gone: Collection[ActionKey]

    @cached_property
    def _left(self) -> npt.NDArray[np.bool_]:
        """Which of the whole person's purchases are left."""
        bought = self.whole.actions.purchases.item
        lost = np.array([row for kind, row in self.gone if kind is EventType.PURCHASE], np.int64)
        left = np.ones(bought.size, np.bool_)
        at, there = lookup(bought, lost)
        left[at[there]] = False
        return left

    @cached_property
    def bought_of(self) -> dict[str, npt.NDArray[np.float64]]:
        lost = self.whole.actions.purchases.keep(~self._left)
        totals = {name: total.copy() for name, total in self.whole.bought_of.items()}
        for name, codes in self._codes.items():
            np.subtract.at(totals[name], codes[lost.item], lost.count)
        return totals

    @cached_property
    def vector(self) -> Floats:
        if not self.actions.interest_weight.any():
            return super().vector  # zero to the last bit, or a direction would be left of it
        rows = np.array([row for _, row in self.gone], np.int64)
        weights = np.array([INTEREST_WEIGHT.get(kind, 0.0) for kind, _ in self.gone], np.float32)
        return np.asarray(self.whole.vector - self.embedding.person_vector(rows, weights), np.float32)

    @cached_property
    def days_since(self) -> Floats:
        return self.whole.days_since[self._left]

    @cached_property
    def _misses_no_trip(self) -> bool:
        return not np.isin(self.whole.actions.purchases.item[~self._left], self.whole.recent_items).any()

    @cached_property
    def recent_items(self) -> Ints:
        return self.whole.recent_items if self._misses_no_trip else super().recent_items

    @cached_property
    def company(self) -> tuple[Ints, Floats]:
        return self.whole.company if self._misses_no_trip else super().company

    @cached_property
    def interests(self) -> tuple[Ints, Floats, Floats]:
        only_purchases = all(kind is EventType.PURCHASE for kind, _ in self.gone)
        return self.whole.interests if only_purchases else super().interests


Put = Callable[[str, npt.ArrayLike], None]
"""Writes one named column of the feature matrix."""


def lookup(keys: Ints, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted row stands among ascending keys, and whether it does."""
    if not keys.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, np.bool_)
    at = np.searchsorted(keys, wanted).clip(max=keys.size - 1)
    return at, keys[at] == wanted


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
        put("own_decay", decay)
        put("own_count_decay", count * decay)
        put("own_share", count / max(float(bought.count.max()), 1.0))
        put("own_on_last_trip", (own & lookup(person.recent_items, rows)[1]).astype(np.float32))
        for name, fades_in in FADING.items():
            put(name, np.where(own, faded(bought.count[at], days, span, fades_in), 0))
        since, rate = trips_since(person.trips, bought.first_at[at], bought.last_at[at], bought.count[at])
        put("own_trips_since", np.where(own, since, NEVER))
        put("own_trip_rate", np.where(own, rate, 0))


def faded(count: Floats, days: Floats, span: Floats, fades_in: float) -> Floats:
    """Sum of exp(-age / fades_in) over purchases spread evenly over `span` days, the last of them `days` ago.

    >>> faded(np.float32([2, 1]), np.float32([0, 30]), np.float32([30, 0]), 30.0).round(3)
    array([1.368, 0.368])
    """
    gap = np.where(count > 1, span / np.maximum(count - 1, 1), 0).astype(np.float64)
    step = np.exp(-gap / fades_in)
    steady = step > 1 - 1e-9  # all at once
    sum_of_powers = np.where(steady, count, (1 - step**count) / np.where(steady, 1, 1 - step))
    return np.asarray(np.exp(-days / fades_in) * sum_of_powers)


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


def _found(keys: Ints, rows: Ints, values: Floats, missing: float) -> Floats:
    """Values of the rows that are among ascending keys, `missing` for the others."""
    if not keys.size:
        return np.full(rows.size, missing, np.float32)
    at, there = lookup(keys, rows)
    return np.where(there, values[at], np.float32(missing))


def _items(person: PersonView, rows: Ints, put: Put) -> None:
    items, bought = person.items, person.actions.purchases
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
