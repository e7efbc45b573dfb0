"""Features as they would be had the person not bought some of it: what a purchase touches is changed, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.recommender.actions import ActionKey
from service.recommender.arrays import Floats, Ints
from service.recommender.events import DAY, INTEREST_WEIGHT, EventType
from service.recommender.person_view import NEVER, PersonView
from service.recommender.ranking_features import COLUMN, person_item_features, trip_features, trips_since

_WITHOUT_OWN = {
    "own_count": 0.0, "own_days_since": NEVER, "own_gap": np.nan, "own_gap_ratio": np.nan, "own_decay": 0.0,
    "own_count_decay": 0.0, "own_share": 0.0, "own_on_last_trip": 0.0, "price_over_last_paid": np.nan,
    "own_month": 0.0, "own_quarter": 0.0, "own_year": 0.0, "own_trips_since": NEVER, "own_trip_rate": 0.0,
    "own_due_in": np.nan,
}


class Counterfactual:
    """One person, asked many times what their features would be without this or that.

    Taking a few purchases away changes a handful of sums, minima and one median, so that features without them follow
    from those with them. Whatever is not as simple as that is computed from the beginning.
    """

    def __init__(self, person: PersonView) -> None:
        self._person = person
        self._bought = person.actions.purchases

    def features(self, rows: Ints, base: Floats, gone: Sequence[Collection[ActionKey]]) -> Floats:
        """Compute features of items, each without some actions.

        Parameters
        ----------
        rows : int64, shape (n,)
        base : float32, shape (n, n_features)
            Features of those items with everything that the person did.
        gone : actions to take away, for each item

        Returns
        -------
        float32, shape (n, n_features)
            Equal to `person_item_features` of the person without them, but for rounding.
        """
        out = base.copy()
        simple: list[int] = []
        places: list[list[int]] = []
        afresh: dict[frozenset[ActionKey], list[int]] = defaultdict(list)
        for index, keys in enumerate(gone):
            found = self._places(keys)
            if found is None:
                afresh[frozenset(keys)].append(index)
            elif found:
                simple.append(index)
                places.append(found)
        for lost, those in afresh.items():
            out[those] = person_item_features(self._person.without(lost), rows[those])
        if simple:
            widest = max(map(len, places))
            padded = np.array([[*one, *[-1] * (widest - len(one))] for one in places], np.int64)
            out[simple] = self._without(padded, rows[simple], base[simple])
        return out

    def _places(self, gone: Collection[ActionKey]) -> list[int] | None:
        """Where the purchases stand that go; None where their going is not simple."""
        if any(kind is not EventType.PURCHASE or row not in self._place for kind, row in gone):
            return None
        at = [self._place[row] for _, row in gone]
        if len(at) == len(self._bought):
            return None
        trips = [trip for place in at if (trip := self._trip_list[place]) >= 0]
        emptied = any(trips.count(trip) == self._on_trip[trip] for trip in trips)
        return None if emptied else at

    @cached_property
    def _place(self) -> dict[int, int]:
        return {row: place for place, row in enumerate(self._bought.item.tolist())}

    @cached_property
    def _trip_list(self) -> list[int]:
        trips: list[int] = self._trip.tolist()
        return trips

    @cached_property
    def _trip(self) -> Ints:
        """Number of the recent trip on which each thing was bought last; -1 for earlier ones."""
        days = self._bought.last_at // DAY
        recent = np.isin(self._bought.item, self._person.recent_items)
        trips = np.unique(days[recent])
        return np.where(recent, np.searchsorted(trips, days), -1)

    @cached_property
    def _on_trip(self) -> list[int]:
        """How many things were bought on each recent trip."""
        counts: list[int] = np.bincount(self._trip[self._trip >= 0]).tolist()
        return counts

    @cached_property
    def _prices(self) -> tuple[Floats, Ints]:
        """Prices paid, ascending, and the rank of each purchase among them; -1 without a price."""
        prices = self._bought.last_price
        order = np.argsort(prices, kind="stable")
        order = order[np.isfinite(prices[order])]
        rank = np.full(prices.size, -1, np.int64)
        rank[order] = np.arange(order.size)
        return prices[order], rank

    def _without(self, places: Ints, rows: Ints, features: Floats) -> Floats:
        """Change what the going of purchases changes, for all items at once.

        Parameters
        ----------
        places : int64, shape (n, most)
            Where the purchases stand that go for each item; -1 fills up.
        """
        person, bought, catalogue = self._person, self._bought, self._person.catalogue
        goes = places >= 0
        gone, counts = bought.item[places], np.where(goes, bought.count[places], 0)
        stays = np.ones((rows.size, len(bought)), np.bool_)
        stays[np.nonzero(goes)[0], places[goes]] = False
        out = features.copy()

        def put(name: str, values: npt.ArrayLike) -> None:
            out[:, COLUMN[name]] = values

        def newest(of: npt.NDArray[np.bool_]) -> Floats:
            return np.asarray(np.where(of, person.days_since, NEVER).min(axis=1), np.float32)

        purchases = bought.count.sum() - counts.sum(axis=1)
        for name, codes in (("category", catalogue.path), ("department", catalogue.department),
                            ("brand", catalogue.brand)):
            same = (codes[gone] == codes[rows][:, None]) & goes
            left = (person.bought_of[name][codes[rows]] - (same * counts).sum(axis=1)).clip(0)
            put(f"{name}_share", left / purchases.clip(1))
            if name == "category":
                put("category_count", np.log1p(left))
                put("category_days_since", newest(stays & (codes[bought.item] == codes[rows][:, None])))
        put("retrieval_score", self._taste(gone, goes, rows, features[:, COLUMN["retrieval_score"]]))
        recent = goes & (self._trip[places] >= 0)
        with_it = (person.items.together[gone] == rows[:, None, None]) & recent[:, :, None]
        lost = (with_it * person.items.together_weight[gone]).sum(axis=(1, 2))
        put("together_score", (features[:, COLUMN["together_score"]] - lost).clip(0))
        most = np.where(stays, bought.count, 0).max(axis=1).clip(1)
        put("own_share", np.expm1(features[:, COLUMN["own_count"]]) / most)
        put("person_items", np.log1p(stays.sum(axis=1)))
        put("person_days_since", newest(stays))
        usual = self._usual_price(places)
        put("price_over_usual", np.log1p(person.items.price_median[rows]) - np.log1p(usual))
        put("person_trip_items", purchases / person.trips.size)
        for index, ours in enumerate(places.tolist()):
            if days := self._lost_trips(ours):
                self._put_trips(out[index], int(rows[index]), days, float(purchases[index]))
        own = ((gone == rows[:, None]) & goes).any(axis=1)
        for name, value in _WITHOUT_OWN.items():
            out[own, COLUMN[name]] = value
        return out

    def _put_trips(self, features: Floats, row: int, lost: list[int], purchases: float) -> None:
        """Change what is counted in trips, where whole trips go."""
        bought, left = self._bought, self._person.trips[~np.isin(self._person.trips, lost)]
        for name, value in trip_features(left, self._person.now, purchases).items():
            features[COLUMN[name]] = value
        at = self._place.get(row)
        if at is None:
            return
        here = slice(at, at + 1)
        since, rate = trips_since(left, bought.first_at[here], bought.last_at[here], bought.count[here])
        features[[COLUMN["own_trips_since"], COLUMN["own_trip_rate"]]] = since[0], rate[0]

    def _lost_trips(self, places: list[int]) -> list[int]:
        """Days on which nothing was bought but what goes."""
        days = Counter(day for place in places if place >= 0 for day in self._days[place])
        return [day for day, count in days.items() if count == self._made_for[day]]

    @cached_property
    def _days(self) -> list[set[int]]:
        """First and last day of each purchase."""
        first, last = self._bought.first_at // DAY, self._bought.last_at // DAY
        return [{one, other} for one, other in zip(first.tolist(), last.tolist(), strict=True)]

    @cached_property
    def _made_for(self) -> Counter[int]:
        """How many things were bought for the first or the last time on a day."""
        return Counter(day for days in self._days for day in days)

    def _taste(self, gone: Ints, goes: npt.NDArray[np.bool_], rows: Ints, score: Floats) -> Floats:
        """Retrieval scores, less what those that go contribute."""
        embedding, size = self._person.embedding, len(self._person.actions)
        likeness = np.einsum("nd,nkd->nk", embedding.vectors[rows], embedding.vectors[gone])
        weight = INTEREST_WEIGHT[EventType.PURCHASE] * embedding.action_scale[gone]
        lost = (likeness * weight * goes).sum(axis=1) * embedding.answer_scale[rows]
        left = (size - goes.sum(axis=1)).clip(1)
        return np.asarray((score * np.sqrt(max(size, 1)) - lost) / np.sqrt(left), np.float32)

    def _usual_price(self, places: Ints) -> npt.NDArray[np.float64]:
        """The median price of what is left: walk past those that go; NaN where nothing has a price."""
        prices, rank_of = self._prices
        if not prices.size:
            return np.full(len(places), np.nan)
        ranks = np.where(places >= 0, rank_of[places], -1)
        left = prices.size - (ranks >= 0).sum(axis=1)
        ranks = np.sort(np.where(ranks >= 0, ranks, prices.size), axis=1)

        def at(wanted: Ints) -> npt.NDArray[np.float64]:
            for rank in ranks.T:
                wanted = wanted + (rank <= wanted)
            return np.asarray(prices[wanted.clip(0, prices.size - 1)], np.float64)

        return np.where(left > 0, (at((left - 1) // 2) + at(left // 2)) / 2, np.nan)
