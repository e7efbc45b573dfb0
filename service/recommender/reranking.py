"""Re-ranking: variety, a fair mix of categories, and a few places to learn in, over the best of a ranking."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats, Ints

WINDOW = 60
"""How many places are re-ranked; below them relevance alone decides."""
POOL = 180
"""How many of the best candidates compete for those places."""
DEFAULT_BALANCE = 0.06
FIRST = 10
"""Places of a list that are seen at a glance."""
LONGEST_RUN = 3
"""Items of one main category in a row among them."""


def diversify(
    relevance: Floats, vectors: Floats, category: Ints, target: Floats, balance: float, window: int = WINDOW,
) -> Ints:
    """Order items by relevance, discounted by likeness to those chosen and by the excess of their category.

    Greedy maximal marginal relevance, with a calibration term: an item of a category that has had more than its
    target share of the places so far loses by the excess.

    Parameters
    ----------
    relevance : float32, shape (n,)
        Ranking scores, best first; what is not finite counts as the lowest.
    vectors : float32, shape (n, dimension)
        Of length 1, or 0.
    category : int, shape (n,)
        Codes into `target`.
    target : float32, shape (n_categories,)
        Share of the places that each category should have; zeros switch calibration off.
    balance : 0 keeps the order of relevance exactly, 1 looks at variety alone
    window : how many places to fill this way

    Returns
    -------
    int64, shape (n,)
        Positions in the input, best first; ties go to the earlier one. What lies below the window keeps its order.

    References
    ----------
    Carbonell & Goldstein, SIGIR 1998; Steck, RecSys 2018.

    >>> diversify(np.float32([3, 2, 1]), np.float32([[1], [1], [0]]), np.array([0, 0, 0]), np.zeros(1, "f4"), 0.0)
    array([0, 1, 2])
    >>> diversify(np.float32([3, 2.9, 1]), np.float32([[1], [1], [0]]), np.array([0, 0, 0]), np.zeros(1, "f4"), 0.7)
    array([0, 2, 1])
    """
    size = relevance.size
    if balance == 0 or size <= 2:  # noqa: PLR2004 - two items have nothing to be diverse about
        return np.arange(size, dtype=np.int64)
    pool = min(size, POOL)
    places = min(window, pool)
    known = np.isfinite(relevance[:pool])
    best_known = relevance[:pool].astype(np.float64)[known]
    low, high = float(best_known.min(initial=np.inf)), float(best_known.max(initial=-np.inf))
    value = np.zeros(pool)
    value[known] = (1 - balance) * (best_known - low) / max(high - low, 1e-9)
    near, excess = np.zeros(pool, np.float32), np.zeros(pool, np.float32)
    codes, had, calibrated = category[:pool], np.zeros(target.size, np.float32), bool(target.any())
    pooled, share = vectors[:pool], target[category[:pool]]
    gone = np.zeros(pool, np.float32)
    chosen = np.empty(places, np.int64)
    for place in range(places):
        best = int(np.argmax(value - balance * (near + excess) - gone))
        chosen[place], gone[best] = best, np.inf
        np.maximum(near, pooled @ vectors[best], out=near)
        if calibrated:
            had[codes[best]] += 1
            excess = np.maximum(had[codes] / (place + 1) - share, 0)
    rest = np.ones(size, np.bool_)
    rest[chosen] = False
    return np.concatenate([chosen, np.flatnonzero(rest)])


def spread(category: npt.NDArray[np.integer], first: int = FIRST, longest: int = LONGEST_RUN) -> Ints:
    """Break up runs: who would be one too many of a category in a row waits for the next of another.

    Parameters
    ----------
    category : int, shape (n,)
        Main category of each item, best first; 0 is none, and of that there are no runs.
    first : how many places to look after
    longest : items of one category in a row

    Returns
    -------
    int64, shape (n,)
        Positions in the input; where there is nothing of another category, the order stays.

    >>> spread(np.array([5, 5, 5, 5, 5, 7]))
    array([0, 1, 2, 5, 3, 4])
    """
    codes, left = category.tolist(), list(range(category.size))
    chosen: list[int] = []
    while left and len(chosen) < first:
        run = {codes[at] for at in chosen[-longest:]} if len(chosen) >= longest else set()
        full = run if len(run) == 1 and run != {0} else set()
        best = next((at for at in left if codes[at] not in full), left[0])
        left.remove(best)
        chosen.append(best)
    return np.array([*chosen, *left], np.int64)


def explore(order: Ints, tail: Ints, seed: int, first: int = 8, last: int = 18) -> tuple[Ints, int | None, float]:
    """Give one place of the first page to an item chosen to learn, not because it fits.

    Parameters
    ----------
    order : int64, best first
    tail : items that may be tried; one is drawn evenly
    seed : decides the place and the item, so that a replay draws the same

    Returns
    -------
    order : the order with the item at its place
    position : counted from 1; None where nothing was tried
    propensity : probability with which this item was drawn

    >>> explore(np.arange(30), np.array([40, 41]), seed=3)[1] in range(8, 19)
    True
    """
    if tail.size == 0 or order.size <= last:
        return order, None, 0.0
    draw = np.random.default_rng(seed)
    position = int(draw.integers(first, last + 1))
    item = int(tail[draw.integers(tail.size)])
    kept = order[order != item]
    return np.insert(kept, position - 1, item), position, 1.0 / tail.size
