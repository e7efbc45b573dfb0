"""Impressions: what a person was shown, when it tires them, and when an advertiser has been seen enough for a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import KINDS, Catalogue, ItemKind
from service.recommender.consent import Purpose
from service.recommender.events import DAY, EventType, Impression
from service.recommender.showings import MOST_OF_CAMPAIGN
from service.recommender.stored import StoredImpressions

MOST_IMPRESSIONS = 500
"""Of the latest, how many are looked at."""
REMEMBERED = timedelta(days=30)
LONGEST_DAY = timedelta(hours=25)
IGNORED_DAYS = 3
IGNORED_TIMES = 4
"""From so many days, or so many times, something is shown in vain."""
RECOVERS_HALF_IN = 7 * DAY
"""Seconds without being shown in which half of the tiredness goes."""
RECOVERED = 0.05
MOST_ADS_A_DAY = 24
TAKEN_UP = frozenset({
    EventType.VIEW, EventType.CLICK, EventType.ADD_TO_CART, EventType.PURCHASE, EventType.LIKE, EventType.SHARE,
})
"""Whoever does one of these with an item has not ignored it."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Impressions:
    """What a person was shown, as rows of the catalogue.

    Parameters
    ----------
    item, count, days, last_at : int64, shape (n_items,)
        As of the last feature run: how often something was shown and not taken up, on how many days, and when last.
    recent, recent_at : int64, shape (n_recent,)
        Each showing that the log tells of.
    until : epoch seconds; what was shown earlier is counted in the former
    spent : campaigns that as many answers of this day hold as may
    """

    item: Ints
    count: Ints
    days: Ints
    last_at: Ints
    recent: Ints
    recent_at: Ints
    until: int
    spent: frozenset[str] = frozenset()


_NONE = np.empty(0, np.int64)
NO_IMPRESSIONS = Impressions(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, 0)


def gather(
    stored: StoredImpressions, recent: Sequence[Impression], purposes: frozenset[Purpose], catalogue: Catalogue,
    spent: frozenset[str] = frozenset(),
) -> Impressions:
    """Put stored and recent impressions together, as far as a purpose allows; what is sensitive is left out."""
    if not stored.item_id and not recent:
        return replace(NO_IMPRESSIONS, spent=spent) if spent else NO_IMPRESSIONS
    item, later = catalogue.rows_of(stored.item_id), catalogue.rows_of([one.item_id for one in recent])
    kept, heard = _allowed(item, purposes, catalogue), _allowed(later, purposes, catalogue)
    count, days, last_at = (np.asarray(one, np.int64) for one in (stored.count, stored.days, stored.last_at))
    at = np.fromiter((int(one.occurred_at.timestamp()) for one in recent), np.int64, len(recent))
    until = int(stored.until.timestamp()) if stored.until else 0
    return Impressions(item[kept], count[kept], days[kept], last_at[kept], later[heard], at[heard], until, spent)


def _allowed(rows: Ints, purposes: frozenset[Purpose], catalogue: Catalogue) -> Flags:
    """Which of some rows (-1 for what the shop has no more) may be part of the profile."""
    allowed = rows >= 0
    there = rows[allowed]
    is_ad = catalogue.kind[there] == KINDS.index(ItemKind.AD)
    opened = np.where(is_ad, Purpose.PERSONALISE_ADS in purposes, Purpose.PERSONALISE_CONTENT in purposes)
    allowed[allowed] = opened & ~catalogue.sensitive[there]
    return np.asarray(allowed)


def since(stored: StoredImpressions, now: datetime) -> datetime:
    """From when on the log must be asked: what the feature run has not counted, and the whole of this day."""
    return max(min(stored.until or now - REMEMBERED, now - LONGEST_DAY), now - REMEMBERED)


def tiredness(shown: Impressions, taken: Ints, taken_at: Ints, now: int) -> tuple[Ints, Floats]:
    """Find what the person was shown in vain, several times.

    Parameters
    ----------
    shown : what they were shown
    taken, taken_at : int64, shape (n_actions,)
        Rows that they took up, and when last in epoch seconds; earlier showings of them count no more.
    now : epoch seconds

    Returns
    -------
    rows : int64, ascending
    weight : float32, in (0, 1]
        1 just after it was shown; half of it goes in a week without.
    """
    later = (shown.recent_at >= shown.until) & (shown.recent_at <= now)
    item = np.concatenate([shown.item, shown.recent[later]])
    if not item.size:
        return _NONE, np.empty(0, np.float32)
    at = np.concatenate([shown.last_at, shown.recent_at[later]])
    rows, where = np.unique(item, return_inverse=True)
    last_taken = np.full(rows.size, np.iinfo(np.int64).min)
    place = np.searchsorted(rows, taken).clip(max=rows.size - 1)
    known = rows[place] == taken
    np.maximum.at(last_taken, place[known], taken_at[known])
    ignored = at > last_taken[where]
    ones = np.ones(item.size - shown.item.size, np.int64)
    days = np.concatenate([shown.days, _first_of_day(where, at, shown.item.size)])
    total = np.bincount(where, np.concatenate([shown.count, ones]) * ignored, rows.size)
    total_days = np.bincount(where, days * ignored, rows.size)
    last = np.full(rows.size, np.iinfo(np.int64).min)
    np.maximum.at(last, where, np.where(ignored, at, last[where]))
    weight = np.exp2(-(now - last).clip(0).astype(np.float64) / RECOVERS_HALF_IN)
    in_vain = ((total >= IGNORED_TIMES) | (total_days >= IGNORED_DAYS)) & (weight >= RECOVERED)
    return rows[in_vain], weight[in_vain].astype(np.float32)


def _first_of_day(where: Ints, at: Ints, stored: int) -> Ints:
    """1 for each recent showing that is the first of its item on its day, stored ones included; else 0."""
    moments = np.stack([where, at // DAY])
    _, first = np.unique(moments, axis=1, return_index=True)
    is_first = np.zeros(where.size, np.int64)
    is_first[first] = 1
    return is_first[stored:]


def within_caps(
    shown: Impressions, campaigns: Sequence[str | None], rows: Ints, moment: datetime, zone: ZoneInfo,
) -> Flags:
    """Tell which ads the person may be shown once more today.

    Parameters
    ----------
    campaigns : campaign of every row of the catalogue
    rows : int64, shape (n,)
        Rows of ads.
    zone : the shop's, in which a day begins and ends
    """
    local = moment.astimezone(zone)
    midnight = int(datetime.combine(local.date(), time(), zone).timestamp())
    today = shown.recent[(shown.recent_at >= midnight) & (shown.recent_at <= int(moment.timestamp()))]
    seen: dict[str, int] = {}
    for campaign in (campaigns[row] for row in today.tolist()):
        if campaign is not None:
            seen[campaign] = seen.get(campaign, 0) + 1
    if sum(seen.values()) >= MOST_ADS_A_DAY:
        return np.zeros(rows.size, np.bool_)
    seen |= dict.fromkeys(shown.spent, MOST_OF_CAMPAIGN)
    fresh = (seen.get(campaigns[row] or "", 0) < MOST_OF_CAMPAIGN for row in rows.tolist())
    return np.fromiter(fresh, np.bool_, rows.size)
