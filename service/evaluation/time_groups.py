"""Which occasions share one fit: models know of others only what happened before the group's first day."""

from __future__ import annotations

import numpy as np

from service.recommender.arrays import Ints

DAY = 86_400
WEEK = 7 * DAY
WIDTHS = (*[DAY] * 28, *[WEEK] * 6, 4 * WEEK, 8 * WEEK)
"""From the latest occasion back; the last width goes on."""


def group_starts(at: Ints) -> Ints:
    """Start of each occasion's time group: the moment as of which a model is fitted for it.

    Daily for the latest four weeks, as a shop computes its features every night, weekly for six more, and coarser
    before: few people's last action lies there, and every group costs a fit. Starts are UTC midnights, never later than
    that of the occasion's own day.

    Parameters
    ----------
    at : int64, shape (n,)
        Epoch seconds.

    Returns
    -------
    int64, shape (n,)

    >>> day = 86_400 * np.array([100, 99, 93, 40])
    >>> group_starts(day + 5) // 86_400
    array([100,  99,  93,  38])
    """
    if not at.size:
        return at.astype(np.int64)
    day, edges = at // DAY * DAY, [int(at.max()) // DAY * DAY + DAY]
    while edges[-1] > day.min():
        edges.append(edges[-1] - WIDTHS[min(len(edges), len(WIDTHS)) - 1])
    ascending = np.array(edges[::-1], np.int64)
    return ascending[np.searchsorted(ascending, day, side="right") - 1]
