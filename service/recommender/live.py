"""What happened since the last feature run, counted in process: what trends, and what each ad has spent today."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.catalogue import ItemKind
from service.recommender.events import Event, EventType
from service.recommender.ports import Floats, Ints
from service.recommender.snapshot import Snapshot

HALF_LIFE_HOURS = 6.0
_WEIGHT = {EventType.PURCHASE: 3.0, EventType.ADD_TO_CART: 2.0, EventType.LIKE: 2.0, EventType.SHARE: 2.0,
           EventType.CLICK: 1.0, EventType.VIEW: 0.5}


@dataclass
class Live:
    """Counters that a background reader of the event log keeps up to date.

    One person counts once an hour for an item, so that nobody makes a trend alone.
    """

    zone: ZoneInfo
    _heat: dict[str, tuple[float, float]] = field(default_factory=dict)
    _spent: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    _counted: set[tuple[str, str, int]] = field(default_factory=set)

    def observe(self, events: Sequence[Event], snapshot: Snapshot) -> None:
        """Count events, in log order."""
        for event in events:
            row = snapshot.catalogue.row_of.get(event.item_id or "", -1)
            weight = _WEIGHT.get(event.type, 0.0)
            if row < 0 or not weight or event.item_id is None:
                continue
            hour = int(event.occurred_at.timestamp() // 3600)
            once = (event.person.key, event.item_id, hour)
            if once in self._counted:
                continue
            self._counted.add(once)
            heat, at = self._heat.get(event.item_id, (0.0, event.occurred_at.timestamp()))
            now = max(event.occurred_at.timestamp(), at)
            self._heat[event.item_id] = (heat * self._left(now - at) + weight, now)
            bid = float(snapshot.catalogue.bid[row])
            if event.type is EventType.CLICK and not math.isnan(bid):
                self._spent[self._day(event.occurred_at), event.item_id] += bid
        if len(self._counted) > 1_000_000:  # noqa: PLR2004 - bounds memory; an hour's worth is far less
            self._counted.clear()

    @staticmethod
    def _left(seconds: float) -> float:
        return math.exp(-math.log(2) * seconds / 3600 / HALF_LIFE_HOURS)

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()

    def trending(self, kind: ItemKind, snapshot: Snapshot, now: datetime) -> Ints:
        """Rows of a kind that are wanted more than they used to be, hottest first.

        Heat is what happened in the last hours; under it lies the trend of the last week, for items that enough
        people buy to speak of one.
        """
        rows = snapshot.popular(kind)[:2000]
        items = snapshot.items
        score = np.log1p(items.buyers_7[rows]) * np.clip(items.trend[rows], 0, 2) + 0.001 * items.buyers_7[rows]
        heat = self._heat_of(kind, snapshot, now)
        if heat:
            hot = np.fromiter(heat, np.int64, len(heat))
            rows, score = _union(rows, score, hot, np.fromiter(heat.values(), np.float32, len(heat)))
        return rows[np.lexsort((rows, -score))][:200]

    def _heat_of(self, kind: ItemKind, snapshot: Snapshot, now: datetime) -> dict[int, float]:
        found = {}
        for item_id, (heat, at) in list(self._heat.items()):
            row = snapshot.catalogue.row_of.get(item_id, -1)
            left = heat * self._left(max(now.timestamp() - at, 0))
            if row >= 0 and left > 0.5 and snapshot.catalogue.kind_of(row) is kind:  # noqa: PLR2004 - one faded view
                found[row] = left
        return found

    def has_budget(self, snapshot: Snapshot, rows: Ints, now: datetime) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
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
