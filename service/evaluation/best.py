"""The best items by a model's marks: exact, ties by popularity, only of those allowed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.occasions import Allowed, Occasions
from service.recommender.arrays import Floats, Ints

BLOCK = 64
Marks = Callable[[Occasions], Floats | csr_array]
"""Marks of all items for some occasions, shape (n, n_items). Of a sparse matrix none may be negative."""


def popularity_order(popularity: Floats) -> Ints:
    """Items by popularity, most popular first, ties by number, shape (n_items,)."""
    return np.argsort(-popularity, kind="stable").astype(np.int64)


def best_items(marks: Floats, k: int) -> Ints:
    """The k best columns of each row, ties to the lower column; -1 where a mark is -inf.

    A float's bits, read as an integer, order as the float does: with the column in the lower half of one integer, a
    plain partition settles ties exactly.

    >>> best_items(np.float32([[1, 3, 3, -np.inf]]), 4)
    array([[ 1,  2,  0, -1]])
    """
    rows, width = marks.shape
    bits = np.ascontiguousarray(marks + np.float32(0), np.float32).view(np.int32)  # -0.0 becomes 0.0
    order = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
    key = (order << 32) | (width - 1 - np.arange(width))
    found = min(k, width)
    best = np.argpartition(key, width - found, axis=1)[:, width - found :]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(key, best, axis=1), axis=1), axis=1)
    ranked = np.full((rows, k), -1, np.int64)
    ranked[:, :found] = np.where(np.isneginf(np.take_along_axis(marks, best, axis=1)), -1, best)
    return ranked


def rank_by(marks: Marks, occasions: Occasions, popularity: Floats, k: int, *, fill: bool = True) -> Ints:
    """Rank all items for every occasion, in blocks.

    Parameters
    ----------
    marks : of a block of occasions
    popularity : float32, shape (n_items,)
        Settles ties.
    fill : whether items with a mark of 0 may follow, by popularity

    Returns
    -------
    int64, shape (n, k)
    """
    order = popularity_order(popularity)
    ranked = [np.empty((0, k), np.int64)]
    for start in range(0, len(occasions), BLOCK):
        block = occasions.take(np.arange(start, min(start + BLOCK, len(occasions))))
        ranked.append(_ranked(marks(block), block, order, k, fill=fill))
    return np.concatenate(ranked)


def _ranked(marks: Floats | csr_array, block: Occasions, order: Ints, k: int, *, fill: bool) -> Ints:
    columns = order
    if isinstance(marks, csr_array):
        # Of items without a mark only the most popular can come in, as many as are still free behind those seen.
        most_seen = int(np.diff(block.seen.indptr).max(initial=0)) if block.allowed is Allowed.NEW else 0
        wanted = np.zeros(order.size, np.bool_)
        wanted[marks.indices] = True
        wanted[order[: k + most_seen]] = True
        if block.allowed is Allowed.OWN:
            wanted[block.seen.indices] = True
        columns = order[wanted[order]]
        marks = marks[:, columns].toarray()
    else:
        marks = marks[:, columns]
    if not fill:
        marks = np.where(marks == 0, np.float32(-np.inf), marks)
    if block.allowed is not Allowed.ALL:
        forbidden = (block.seen[:, columns].toarray() > 0) == (block.allowed is Allowed.NEW)
        marks = np.where(forbidden, np.float32(-np.inf), marks)
    best = best_items(marks, k)
    return np.where(best < 0, -1, columns[best])
