"""Features as they would be had the person not bought some of it: what a purchase touches is changed, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.recommender.events import INTEREST_WEIGHT, EventType
from service.recommender.person_view import DAY, NEVER, PersonView
from service.recommender.ports import Floats, Ints
from service.recommender.profile import ActionKey
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
        places: list[Ints] = []
        afresh: dict[frozenset[ActionKey], list[int]] = defaultdict(list)
        for index, keys in enumerate(gone):
            found = self._places(keys)
            if found is None:
                afresh[frozenset(keys)].append(index)
            elif found.size:
                simple.append(index)
                places.append(found)
        for lost, those in afresh.items():
            out[those] = person_item_features(self._person.without(lost), rows[those])
        if simple:
            widest = max(map(len, places))
            padded = np.array([np.pad(one, (0, widest - one.size), constant_values=-1) for one in places], np.int64)
            out[simple] = self._without(padded, rows[simple], base[simple])
        return out

    def _places(self, gone: Collection[ActionKey]) -> Ints | None:
        """Where the purchases stand that go; None where their going is not simple."""
        if any(kind is not EventType.PURCHASE or row not in self._place for kind, row in gone):
            return None
        at = [self._place[row] for _, row in gone]
        if len(at) == len(self._bought):
            return None
        trips = [trip for place in at if (trip := self._trip_list[place]) >= 0]
        emptied = any(trips.count(trip) == self._on_trip[trip] for trip in trips)
        return None if emptied else np.array(at, np.int64)

    @cached_property
    def _place(self) -> dict[int, int]:
        return {row: place for place, row in enumerate(self._bought.item.tolist())}

    @cached_property
    def _trip_list(self) -> list[int]:
        return list(map(int, self._trip))

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
        return list(map(int, np.bincount(self._trip[self._trip >= 0])))

    @cached_property
    def _by_count(self) -> list[int]:
        return list(map(int, np.argsort(-self._bought.count, kind="stable")))

    @cached_property
    def _by_days(self) -> list[int]:
        return list(map(int, np.argsort(self._person.days_since, kind="stable")))

    @cached_property
    def _by_path(self) -> dict[int, list[int]]:
        """Purchases of each category, the latest first."""
        found: dict[int, list[int]] = defaultdict(list)
        paths = self._person.catalogue.path[self._bought.item].tolist()
        for place in self._by_days:
            found[paths[place]].append(place)
        return found

    @cached_property
    def _prices(self) -> tuple[Floats, Ints]:
        """Prices paid, ascending, and the place of each purchase among them; -1 without a price."""
        prices = self._bought.last_price
        order = np.argsort(prices, kind="stable")
        order = order[np.isfinite(prices[order])]
        place = np.full(prices.size, -1, np.int64)
        place[order] = np.arange(order.size)
        return prices[order], place

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
        out, names = features.copy(), [set(row) for row in places.tolist()]

        def put(name: str, values: npt.ArrayLike) -> None:
            out[:, COLUMN[name]] = values

        total = (bought.count.sum() - counts.sum(axis=1)).clip(1)
        for name, codes in (("category", catalogue.path), ("department", catalogue.department),
                            ("brand", catalogue.brand)):
            same = (codes[gone] == codes[rows][:, None]) & goes
            left = (person.bought_of[name][codes[rows]] - (same * counts).sum(axis=1)).clip(0)
            put(f"{name}_share", left / total)
            if name == "category":
                put("category_count", np.log1p(left))
                for index in np.flatnonzero(same.any(axis=1)):
                    others = self._by_path[int(codes[rows[index]])]
                    out[index, COLUMN["category_days_since"]] = self._newest(others, names[index])
        put("retrieval_score", self._taste(gone, goes, rows, features[:, COLUMN["retrieval_score"]]))
        recent = goes & (self._trip[places] >= 0)
        with_it = (person.items.together[gone] == rows[:, None, None]) & recent[:, :, None]
        lost = (with_it * person.items.together_weight[gone]).sum(axis=(1, 2))
        put("together_score", (features[:, COLUMN["together_score"]] - lost).clip(0))
        most = [max(float(bought.count[next(p for p in self._by_count if p not in ours)]), 1.0) for ours in names]
        put("own_share", np.expm1(features[:, COLUMN["own_count"]]) / most)
        put("person_items", np.log1p(len(bought) - goes.sum(axis=1)))
        put("person_days_since", [self._newest(self._by_days, ours) for ours in names])
        usual = np.array([self._usual_price(ours) for ours in names])
        put("price_over_usual", np.log1p(person.items.price_median[rows]) - np.log1p(usual))
        for features_of_one, row, ours in zip(out, rows.tolist(), names, strict=True):
            self._put_trips(features_of_one, row, ours)
        own = ((gone == rows[:, None]) & goes).any(axis=1)
        for name, value in _WITHOUT_OWN.items():
            out[own, COLUMN[name]] = value
        return out

    def _put_trips(self, features: Floats, row: int, gone: set[int]) -> None:
        """Change what is counted in trips, where whole trips go with the only things that they were made for."""
        at, days = self._place.get(row), Counter(day for place in gone if place >= 0 for day in self._days[place])
        lost = [day for day, count in days.items() if count == self._made_for[day]]
        bought, left = self._bought, self._person.trips[~np.isin(self._person.trips, lost)]
        purchases = float(bought.count.sum() - sum(bought.count[place] for place in gone if place >= 0))
        for name, value in trip_features(left, self._person.now, purchases).items():
            features[COLUMN[name]] = value
        if at is None or not lost:
            return
        here = slice(at, at + 1)
        since, rate = trips_since(left, bought.first_at[here], bought.last_at[here], bought.count[here])
        features[[COLUMN["own_trips_since"], COLUMN["own_trip_rate"]]] = since[0], rate[0]

    @cached_property
    def _days(self) -> list[set[int]]:
        """First and last day of each purchase."""
        first, last = self._bought.first_at // DAY, self._bought.last_at // DAY
        return [{one, other} for one, other in zip(first.tolist(), last.tolist(), strict=True)]

    @cached_property
    def _made_for(self) -> Counter[int]:
        """How many things were bought for the first or the last time on a day."""
        return Counter(day for days in self._days for day in days)

    def _newest(self, places: list[int], gone: set[int]) -> float:
        """Days since the latest of some purchases that do not go."""
        return next((float(self._person.days_since[place]) for place in places if place not in gone), NEVER)

    def _taste(self, gone: Ints, goes: npt.NDArray[np.bool_], rows: Ints, score: Floats) -> Floats:
        """Retrieval scores, less what those that go contribute."""
        embedding, size = self._person.embedding, len(self._person.actions)
        likeness = np.einsum("nd,nkd->nk", embedding.vectors[rows], embedding.vectors[gone])
        weight = INTEREST_WEIGHT[EventType.PURCHASE] * embedding.action_scale[gone]
        lost = (likeness * weight * goes).sum(axis=1) * embedding.answer_scale[rows]
        left = (size - goes.sum(axis=1)).clip(1)
        return np.asarray((score * np.sqrt(max(size, 1)) - lost) / np.sqrt(left), np.float32)

    def _usual_price(self, gone: set[int]) -> float:
        """The median price of what is left: walk past those that go; NaN where nothing has a price."""
        prices, place = self._prices
        ranks = sorted(rank for one in gone if one >= 0 and (rank := int(place[one])) >= 0)
        left = prices.size - len(ranks)
        if not left:
            return float("nan")

        def at(wanted: int) -> float:
            for rank in ranks:
                wanted += rank <= wanted
            return float(prices[wanted])

        return (at((left - 1) // 2) + at(left // 2)) / 2
