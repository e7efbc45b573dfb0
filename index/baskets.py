"""What people bought after a moment, basket by basket, and which of their baskets the ranker learns to foresee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

import numpy as np
import pyarrow as pa

from service.recommender.actions import Actions, with_recent
from service.recommender.arrays import Ints
from service.recommender.catalogue import Catalogue
from service.recommender.events import EventType, RecentAction


@dataclass(frozen=True, slots=True)
class Basket:
    """What a person bought at once.

    Attributes
    ----------
    at : epoch seconds
    rows : int64, shape (n_items,)
        Distinct rows, ascending.
    prices : length n_items
        Per unit; None where the shop does not tell.
    channel : None where it is not known
    """

    at: int
    rows: Ints
    prices: Sequence[float | None]
    channel: str | None = None


def read_baskets(labels: pa.Table | None, catalogue: Catalogue) -> dict[str, list[Basket]]:
    """Put lines together into each person's baskets, oldest first.

    Items that the shop no longer has, and sensitive ones, are left out; a basket of nothing else is none.

    Parameters
    ----------
    labels : as `TrainingInputs.labels` describes them
    """
    if labels is None or not labels.num_rows:
        return {}
    rows = catalogue.rows_of(labels["item_id"].to_pylist())
    names = ("person_key", "at", "price", "channel")
    lines = zip(*(labels[name].to_pylist() for name in names), rows.tolist(), strict=True)
    known = (rows >= 0) & ~catalogue.sensitive[rows]
    kept = sorted((line for line, there in zip(lines, known, strict=True) if there), key=itemgetter(0, 1, 4))
    found: dict[str, list[Basket]] = {}
    for (person_key, at), same in groupby(kept, key=itemgetter(0, 1)):
        of_row = {row: (price, channel) for _, _, price, channel, row in same}
        prices, channels = zip(*of_row.values(), strict=True)
        found.setdefault(person_key, []).append(Basket(at, np.array(list(of_row), np.int64), prices, channels[0]))
    return found


def draw_one_each(baskets: Mapping[str, Sequence[Basket]], at: datetime, turn: int = 0) -> dict[str, int]:
    """Draw one basket of each person, the same on every run, and another one on each further turn.

    The first after a moment would be that of a day or two later for all who come often: a ranker that saw no other
    has not learnt how a week goes on.

    Parameters
    ----------
    turn : counted from 0; people with no more baskets than that are left out

    Returns
    -------
    By person key, the place of the basket in `baskets`.
    """
    draw = np.random.default_rng([int(at.timestamp()), 3])
    first = {key: int(draw.integers(len(baskets[key]))) for key in sorted(baskets)}
    return {
        key: (place + turn) % len(baskets[key]) for key, place in first.items() if turn < len(baskets[key])
    }


def with_baskets(actions: Actions, earlier: Sequence[Basket], catalogue: Catalogue) -> Actions:
    """Add what a person bought since their features were stored, as serving adds recent actions."""
    since = [
        RecentAction(
            sequence=0, event_id="", type=EventType.PURCHASE, item_id=catalogue.item_ids[row],
            occurred_at=datetime.fromtimestamp(basket.at, UTC), price=price,
        )
        for basket in earlier
        for row, price in zip(basket.rows.tolist(), basket.prices, strict=True)
    ]
    return with_recent(actions, since, catalogue)
