"""Accuracy of lists against what was truly taken. Relevance is binary throughout.

All work on `hits`, bool, shape (n, k): whether the item at each place of each list was taken; and `sizes`, int64,
shape (n,): how many items were truly taken, |T|. Each gives one number an occasion, shape (n,), in [0, 1]; NaN where
nothing was taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.evaluation.interactions import Mask
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Ints

Marks = npt.NDArray[np.float64]


def hits_of(items: Ints, occasions: Occasions, among: Mask | None = None) -> Mask:
    """Tell which places of the lists are true.

    Parameters
    ----------
    items : int64, shape (n, k)
        -1 is no item.
    among : bool, shape (n_truths,)
        Count these true items alone.
    """
    width = np.int64(occasions.history.n_items)
    kept = slice(None) if among is None else among
    true = occasions.truth_rows[kept] * width + occasions.truth[kept]
    return np.isin(np.arange(len(items))[:, None] * width + items, true) & (items >= 0)


def recall(hits: Mask, sizes: Ints) -> Marks:
    """Part of what was taken that is in the list: Σ hits / |T|. Above 1 / |T| · k it cannot come.

    >>> recall(np.array([[True, False], [False, False]]), np.array([4, 1]))
    array([0.25, 0.  ])
    """
    return _over(hits.sum(axis=1), sizes)


def ndcg(hits: Mask, sizes: Ints) -> Marks:
    """Normalised discounted cumulative gain: Σ_r hit_r / log₂(r + 1), over the same of a perfect list.

    A perfect list has min(k, |T|) hits at its top: that is the convention here.

    >>> ndcg(np.array([[False, True, False]]), np.array([1])).round(4)
    array([0.6309])
    >>> ndcg(np.array([[True, False]]), np.array([5])).round(4)  # 1 / (1 + 0.6309)
    array([0.6131])
    """
    discount = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(sizes, hits.shape[1])]
    return _over(hits @ discount, ideal)


def hit(hits: Mask, sizes: Ints) -> Marks:
    """Whether anything in the list was taken.

    >>> hit(np.array([[False, True], [False, False]]), np.array([1, 1]))
    array([1., 0.])
    """
    return _over(hits.any(axis=1), np.minimum(sizes, 1))


def reciprocal_rank(hits: Mask, sizes: Ints) -> Marks:
    """One over the place of the first hit (its mean is MRR); 0 without one.

    >>> reciprocal_rank(np.array([[False, True, True], [False, False, False]]), np.array([2, 2]))
    array([0.5, 0. ])
    """
    return _over(hits.any(axis=1) / (hits.argmax(axis=1) + 1), np.minimum(sizes, 1))


def average_precision(hits: Mask, sizes: Ints) -> Marks:
    """Σ_r hit_r · (hits until r) / r, over min(k, |T|) (its mean is MAP).

    >>> average_precision(np.array([[True, False, True]]), np.array([2])).round(4)  # (1 + 2/3) / 2
    array([0.8333])
    """
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return _over((precision * hits).sum(axis=1), np.minimum(sizes, hits.shape[1]))


def _over(part: npt.ArrayLike, whole: npt.ArrayLike) -> Marks:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0), np.float64)
