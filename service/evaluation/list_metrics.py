"""What lists are like, whether or not they hit: coverage, novelty, diversity, calibration, popularity.

`items` is int64, shape (n, k), with -1 where a list has no more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.evaluation.best import popularity_order
from service.evaluation.metrics import Marks
from service.recommender.arrays import Floats, Ints

HEAD = 0.01
"""Part of the items that counts as the most popular."""
SMOOTHING = 0.01


def coverage(items: Ints, n_items: int) -> float:
    """Part of the catalogue that is in any list: distinct items listed / n_items.

    >>> coverage(np.array([[0, 1], [1, -1]]), 8)
    0.25
    """
    return float(np.unique(items[items >= 0]).size / n_items)


def novelty(items: Ints, popularity: Floats, n_people: int) -> Marks:
    """Mean self-information of a list in bits: mean of -log₂ p(i), p(i) = (people who took i + 1) / (all people + 1).

    Parameters
    ----------
    popularity : float32, shape (n_items,)
        Distinct people who took each item.

    >>> novelty(np.array([[0, 1]]), np.float32([3, 0]), 3)  # 0 bits and 2 bits
    array([1.])
    """
    information = -np.log2((popularity.astype(np.float64) + 1) / (n_people + 1))
    return _mean_of_places(information[items], items)


def popularity_share(items: Ints, popularity: Floats) -> Marks:
    """Part of a list's places that the most popular percent of all items takes.

    >>> popularity_share(np.array([[0, 7]]), np.arange(200, dtype="f4")[::-1])  # the head is items 0 and 1
    array([0.5])
    """
    head = np.zeros(popularity.size, np.float64)
    head[popularity_order(popularity)[: max(1, round(HEAD * popularity.size))]] = 1
    return _mean_of_places(head[items], items)


def diversity(items: Ints, paths: Ints) -> Marks:
    """Intra-list diversity: mean distance of all pairs, 1 - (shared leading parts of the category paths) / depth.

    Parameters
    ----------
    paths : int64, shape (n_items, depth)
        Category codes from general to special, distinct over all levels; -1 where a path ends (which is like nothing).

    Returns
    -------
    float64, shape (n,), in [0, 1]; NaN for a list of one

    >>> diversity(np.array([[0, 1, 2]]), np.array([[5, 6], [5, 7], [8, 9]])).round(4)  # ½, 1, 1
    array([0.8333])
    """
    n, k = items.shape
    left, right = np.triu_indices(k, 1)
    distance = np.full((n, left.size), np.nan)
    for start in range(0, n, 1_024):
        block = items[start : start + 1_024]
        of_places = paths[block]
        same = (of_places[:, left] == of_places[:, right]) & (of_places[:, left] >= 0)
        shared = np.cumprod(same, axis=2).sum(axis=2) / paths.shape[1]
        there = (block[:, left] >= 0) & (block[:, right] >= 0)
        distance[start : start + 1_024] = np.where(there, 1 - shared, np.nan)
    return _nan_mean(distance)


def calibration(items: Ints, category: Ints, past: tuple[Ints, Ints]) -> Marks:
    """Divergence of a list's categories q from those of the person's history p: Σ_c p(c) ln(p(c) / q̃(c)).

    q̃ = 0.99 q + 0.01 p, so that it is finite; 0 is a list that has everything in the history's proportions.

    Parameters
    ----------
    category : int64, shape (n_items,)
        -1 is none.
    past : list row and item of every entry of the histories

    Returns
    -------
    float64, shape (n,), not negative; NaN without a history or a list that has categories

    References
    ----------
    Steck, Calibrated Recommendations, RecSys 2018.

    >>> calibration(np.array([[0, 1]]), np.array([4, 4]), (np.array([0, 0]), np.array([0, 1])))
    array([0.])
    """
    size = int(category.max(initial=-1)) + 1
    rows = np.repeat(np.arange(len(items)), items.shape[1])
    listed = np.where(items.ravel() >= 0, category[items.ravel()], -1)
    result = np.full(len(items), np.nan)
    row, done = past[0], category[past[1]]
    bounds = np.searchsorted(row, np.arange(len(items) + 1))
    per_list = listed.reshape(items.shape)
    for one in np.unique(rows):
        before, shown = done[bounds[one] : bounds[one + 1]], per_list[one]
        before, shown = before[before >= 0], shown[shown >= 0]
        if before.size and shown.size:
            history = np.bincount(before, minlength=size) / before.size
            smoothed = (1 - SMOOTHING) * np.bincount(shown, minlength=size) / shown.size + SMOOTHING * history
            there = history > 0
            result[one] = max(0.0, float((history[there] * np.log(history[there] / smoothed[there])).sum()))
    return result


def _mean_of_places(values: npt.NDArray[np.float64], items: Ints) -> Marks:
    return _nan_mean(np.where(items >= 0, values, np.nan))


def _nan_mean(values: npt.NDArray[np.float64]) -> Marks:
    there = ~np.isnan(values)
    counts = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, counts, out=np.full(len(values), np.nan), where=counts > 0), np.float64)
