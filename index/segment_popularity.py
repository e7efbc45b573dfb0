"""What people of a segment buy clearly more than everybody: for customers of whom no purchase is known yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from index.segmentation import Shoppers
from service.recommender.events import DAY, EventType
from service.recommender.lifetime import Doubles
from service.recommender.segment_popularity import FAMILIES, SegmentPopularity
from service.recommender.segment_rules import by_told
from service.recommender.segment_sizes import SMALLEST
from service.recommender.stored import StoredActions

DAYS = 91
CLEARLY = 1.2
"""Times everybody's rate from which an item is a segment's."""
SURELY = 3.0
"""Standard errors that this must lie above everybody's rate."""
_PRIOR = 50.0
"""People's worth of everybody's rate that a segment's own has to outweigh."""


def popular_in_segments(
    shoppers: Shoppers, told: Collection[str], actions: Iterable[tuple[str, StoredActions]], now: int,
) -> SegmentPopularity:
    """Find the items that people of each told segment buy clearly more than everybody does.

    An item is a segment's only where at least `SMALLEST` of its people bought it within `DAYS`, so that no few people
    are told by what they buy.

    Parameters
    ----------
    shoppers : who belongs where; only those count who may be learnt from
    told : keys of segments that are large enough to be told
    actions : person keys, with what each did; sensitive items are no part of it
    now : epoch seconds
    """
    segments_of = {
        key: [one.key for one in by_told(person) if one.key.split(".", 1)[0] in FAMILIES]
        for key, person in shoppers.keyed("learn")
    }
    bought = [(segments_of[key], _recent(stored, now)) for key, stored in actions if key in segments_of]
    people = [(keys, items) for keys, items in bought if items]
    names = sorted({item for _, items in people for item in items})
    keys = sorted({key for segments, _ in people for key in segments})
    if len(people) < SMALLEST or not keys:
        return SegmentPopularity({})
    has = _incidence([items for _, items in people], names)
    belongs = _incidence([segments for segments, _ in people], keys)
    rate = np.asarray(has.sum(axis=0), np.float64) / len(people)
    buyers, size = (belongs.T @ has).toarray(), np.asarray(belongs.sum(axis=0), np.float64)
    family = np.array([key.split(".", 1)[0] for key in keys])
    found = {}
    for row, key in enumerate(keys):
        peers = family == family[row]
        # Of whom a trait is known may buy more of everything: an item is a segment's only beside its peers as well.
        usual = np.maximum(rate, buyers[peers].sum(axis=0) / size[peers].sum())
        if key in told and (lifts := _lifts(buyers[row], size[row], usual, names)):
            found[key] = lifts
    return SegmentPopularity(found)


def _recent(stored: StoredActions, now: int) -> set[str]:
    return {
        item for item, kind, last in zip(stored.item_id, stored.type, stored.last_at, strict=True)
        if kind == EventType.PURCHASE.value and last >= now - DAYS * DAY
    }


def _incidence(owned: Sequence[Collection[str]], names: Sequence[str]) -> csr_array:
    column = {name: at for at, name in enumerate(names)}
    rows = [row for row, some in enumerate(owned) for _ in some]
    columns = [column[name] for some in owned for name in some]
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(owned), len(names)))


def _lifts(buyers: Doubles, size: float, rate: Doubles, names: Sequence[str]) -> Mapping[str, float]:
    """Log of the shrunk rate over everybody's, of the items that are clearly and surely this segment's."""
    own = (buyers + _PRIOR * rate) / (size + _PRIOR)
    lift = own / rate
    spread = np.sqrt(size * rate * (1 - rate)).clip(min=1e-9)
    clear = (buyers >= SMALLEST) & (lift >= CLEARLY) & (buyers - size * rate >= SURELY * spread)
    return {names[at]: round(float(np.log(lift[at])), 3) for at in np.flatnonzero(clear).tolist()}
