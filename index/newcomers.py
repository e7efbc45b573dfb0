"""People as they would look had they just come: what the ranker must see to serve them well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.moments import Moment
from service.recommender.actions import PURCHASE, Actions

MOST_KEPT = 4
"""Purchases that a newcomer has at most."""


def as_newcomers(moment: Moment, people: Sequence[str], seed: int, most_kept: int = MOST_KEPT) -> Moment:
    """Set a moment's people back to a few purchases each, as if they had just come to the shop.

    Nearly everybody in a grown shop's data has a long history. A ranker that has seen no other falls behind plain
    popularity for those who bought once or twice.

    Parameters
    ----------
    people : keys of whom to set back; those who never bought are left out, others are in the result as they were
    seed : draws how many purchases each keeps (1 to `most_kept`) and which
    """
    draw = np.random.default_rng([seed, int(moment.at.timestamp()), 2])
    known = dict(moment.people)
    for key in people:
        few = _few(known.pop(key), most_kept, draw)
        if few is not None:
            known[key] = few
    return replace(moment, people=known)


def _few(actions: Actions, most_kept: int, draw: np.random.Generator) -> Actions | None:
    bought = np.flatnonzero(actions.type == PURCHASE)
    if not bought.size:
        return None
    size = min(int(draw.integers(1, most_kept + 1)), bought.size)
    kept = np.zeros(len(actions), np.bool_)
    kept[draw.choice(bought, size, replace=False)] = True
    few = actions.keep(kept)
    return replace(few, count=np.ones(size, np.float32), first_at=few.last_at, faded=np.ones_like(few.faded))
