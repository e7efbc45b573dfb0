"""A person as the features see them: what is computed once for all candidates, and again without some of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.recommender.actions import PURCHASE, ActionKey, Actions
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue
from service.recommender.circumstances import UNKNOWN, Circumstances
from service.recommender.embedding import Embedding
from service.recommender.events import DAY, INTEREST_WEIGHT, EventType
from service.recommender.item_features import ItemFeatures

RECENT_TRIPS = 3
NEVER = 999.0
"""Days since what never happened."""

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
    circumstances : of that moment, as far as they are known
    """

    actions: Actions
    now: int
    catalogue: Catalogue
    items: ItemFeatures
    embedding: Embedding
    circumstances: Circumstances = UNKNOWN

    def without(self, gone: Collection[ActionKey]) -> PersonView:
        """See the same person, had they not done some of it; what that does not touch is not computed again."""
        return _PersonWithout(
            self.actions.without(gone), self.now, self.catalogue, self.items, self.embedding, self.circumstances,
            whole=self, gone=gone,
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


@dataclass(frozen=True, kw_only=True)
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


def lookup(keys: Ints, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted row stands among ascending keys, and whether it does."""
    if not keys.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, np.bool_)
    at = np.searchsorted(keys, wanted).clip(max=keys.size - 1)
    return at, keys[at] == wanted
