"""What happened since the last feature run, counted in process: what trends, and what each ad has spent today."""

from __future__ import annotations

import math
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import ReferenceType, ref
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import ItemKind
from service.recommender.events import Event, EventType
from service.recommender.snapshot import Snapshot

HALF_LIFE_HOURS = 6.0
REMEMBERED = timedelta(days=3)
"""Of what was recorded earlier less than a thousandth of the heat is left, and its day's budget is over."""
FEWEST_PEOPLE = 3
"""What fewer people do makes no heat."""
FADED = 0.5
"""Heat of one fresh view; what is left below it counts as nothing."""
RISING_BUYERS = 5
"""Buyers of the last week from which its trend may be spoken of."""
_WEIGHT = {EventType.PURCHASE: 3.0, EventType.ADD_TO_CART: 2.0, EventType.LIKE: 2.0, EventType.SHARE: 2.0,
           EventType.CLICK: 1.0, EventType.VIEW: 0.5}


@dataclass(frozen=True, slots=True)
class _Heat:
    """Warmth of an item as of a moment, and its first few people, by whose number it counts."""

    warmth: float
    at: float
    people: frozenset[int]
    """By numbers that name nobody outside this process."""

    def left(self, now: float) -> float:
        """Warmth that is left later."""
        return self.warmth * _left(now - self.at)

    def and_one(self, person: int, weight: float, at: float) -> _Heat:
        """With one more action; an event that comes in late counts as the old one that it is."""
        now = max(at, self.at)
        warmth = self.left(now)
        people = self.people if warmth > FADED / 10 else frozenset()  # long cold: a new crowd
        if len(people) < FEWEST_PEOPLE:
            people |= {person}
        return _Heat(warmth + weight * _left(now - at), now, people)


def _left(seconds: float) -> float:
    return math.exp(-math.log(2) * max(seconds, 0.0) / 3600 / HALF_LIFE_HOURS)


@dataclass(frozen=True, slots=True)
class _Trend:
    """What trends in one kind, and what that rests on."""

    snapshot: ReferenceType[Snapshot]
    observed: int
    minute: int
    rows: Ints
    """Hottest first."""
    hot: Ints
    """Rows that have heat."""


@dataclass
class Live:
    """Counters that a background reader of the event log keeps up to date.

    One person counts once an hour for an item, and heat counts from `FEWEST_PEOPLE` on, so that nobody makes a trend
    alone. Every click on an ad is paid for.
    """

    zone: ZoneInfo
    _heat: dict[str, _Heat] = field(default_factory=dict)
    _spent: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    _counted: set[int] = field(default_factory=set)
    """Of person, item and hour, as a number: a million of them take tens of MiB, not hundreds."""
    _salt: int = field(default_factory=lambda: secrets.randbits(64))
    _observed: int = 0
    _trends: dict[ItemKind, _Trend] = field(default_factory=dict)
    """Worked out once a minute, and after new events."""

    def observe(self, events: Sequence[Event], snapshot: Snapshot) -> None:
        """Count events, in log order."""
        for event in events:
            if not event.counts:
                continue
            row = snapshot.catalogue.row_of.get(event.item_id or "", -1)
            if row < 0 or event.item_id is None:
                continue
            bid = float(snapshot.catalogue.bid[row])
            if event.type is EventType.CLICK and not math.isnan(bid):
                self._spent[self._day(event.occurred_at), event.item_id] += bid
            self._warm(event, event.item_id)
        self._observed += 1
        if len(self._counted) > 1_000_000:  # noqa: PLR2004 - bounds memory; an hour's worth is far less
            self._counted.clear()

    def _warm(self, event: Event, item_id: str) -> None:
        weight, at = _WEIGHT.get(event.type, 0.0), event.occurred_at.timestamp()
        person = hash((self._salt, event.person))
        once = hash((person, item_id, int(at // 3600)))
        if not weight or once in self._counted:
            return
        self._counted.add(once)
        self._heat[item_id] = self._heat.get(item_id, _Heat(0.0, at, frozenset())).and_one(person, weight, at)

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()

    def trending(self, kind: ItemKind, snapshot: Snapshot, now: datetime) -> Ints:
        """Rows of a kind that are wanted more than they used to be, hottest first.

        Heat is what happened in the last hours; under it lies the trend of the last week, for items that enough
        people buy to speak of one.
        """
        return self._trend(kind, snapshot, now).rows

    def _trend(self, kind: ItemKind, snapshot: Snapshot, now: datetime) -> _Trend:
        minute, last = int(now.timestamp() // 60), self._trends.get(kind)
        if last and last.snapshot() is snapshot and (last.observed, last.minute) == (self._observed, minute):
            return last
        observed, rows, items = self._observed, snapshot.popular(kind)[:2000], snapshot.items
        score = np.log1p(items.buyers_7[rows]) * np.clip(items.trend[rows], 0, 2) + 0.001 * items.buyers_7[rows]
        heat = self.heat(kind, snapshot, now)
        hot = np.fromiter(heat, np.int64, len(heat))
        if heat:
            rows, score = _union(rows, score, hot, np.fromiter(heat.values(), np.float32, len(heat)))
        trend = _Trend(ref(snapshot), observed, minute, rows[np.lexsort((rows, -score))][:200], hot)
        self._trends[kind] = trend
        return trend

    def heat(self, kind: ItemKind, snapshot: Snapshot, now: datetime) -> dict[int, float]:
        """Heat that is left of each item of a kind, by row; of those alone that enough people want."""
        found = {}
        for item_id, heat in list(self._heat.items()):
            row, left = snapshot.catalogue.row_of.get(item_id, -1), heat.left(now.timestamp())
            if row < 0 or left <= FADED or len(heat.people) < FEWEST_PEOPLE:
                continue
            if snapshot.catalogue.kind_of(row) is kind:
                found[row] = left
        return found

    def is_rising(self, kind: ItemKind, snapshot: Snapshot, rows: Ints, now: datetime) -> npt.NDArray[np.bool_]:
        """Which of some rows more people want than usual: so it may be said of them."""
        items = snapshot.items
        rising = (items.trend[rows] > 0) & (items.buyers_7[rows] >= RISING_BUYERS)
        return rising | np.isin(rows, self._trend(kind, snapshot, now).hot)

    def has_budget(self, snapshot: Snapshot, rows: Ints, now: datetime) -> npt.NDArray[np.bool_]:
        """Which ads may still be shown today: paced over the day, never over the budget with one more click."""
        local = now.astimezone(self.zone)
        elapsed = (local.hour * 60 + local.minute) / 1440
        day, catalogue = local.date().isoformat(), snapshot.catalogue
        known = (self._spent.get((day, catalogue.item_ids[row]), 0.0) for row in rows)
        spent = np.fromiter(known, np.float64, rows.size)
        budget = np.where(np.isnan(catalogue.daily_budget[rows]), np.inf, catalogue.daily_budget[rows])
        bid = np.nan_to_num(catalogue.bid[rows])
        return (spent + bid <= budget) & (spent <= budget * min(1.0, elapsed + 0.1))


def _union(rows: Ints, score: Floats, more: Ints, heat: Floats) -> tuple[Ints, Floats]:
    every = np.unique(np.concatenate([rows, more]))
    total = np.zeros(every.size, np.float32)
    total[np.searchsorted(every, rows)] += score
    total[np.searchsorted(every, more)] += heat
    return every, total
