"""How well an item of which nothing was sold is likely to sell, by how well its kind does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats
from service.recommender.catalogue import KINDS, Catalogue, ItemKind
from service.recommender.item_features import ItemFeatures

FEWEST_BUYERS = 5
"""Buyers within a quarter from which an item's demand teaches something of its kind's."""
_HALF_WEIGHT = 5.0
_SHRINKAGE = 5.0
"""A group's effect is drawn to nothing as if so many average items were part of it."""
_ROUNDS = 5
_BANDS_OF_A_DOUBLING = 2
_BANDS = 1024
"""More than the prices of a float fall into."""

Codes = npt.NDArray[np.int64]
Effects = npt.NDArray[np.float64]


def expected_demand(catalogue: Catalogue, items: ItemFeatures) -> Floats:
    """Tell for every item the demand that its category, brand and price let expect, whatever was sold of itself.

    log(1 + buyers of four weeks) is taken for a sum of effects: of the department, the category, the brand, the brand
    within the department, and the price band within the category. They are fitted in turn, the general before the
    special, each from what the others leave over, so that a group of few items says little on top of what is above it.

    Returns
    -------
    float32, shape (n_items,)
        Above the mean of what sells; 0 where nothing was sold yet.

    References
    ----------
    Buja, Hastie and Tibshirani, Linear Smoothers and Additive Models, Annals of Statistics 1989 (backfitting).
    """
    taught = (items.buyers_91 >= FEWEST_BUYERS) & (catalogue.kind == KINDS.index(ItemKind.PRODUCT))
    total = np.zeros(len(catalogue), np.float64)
    if not taught.any():
        return total.astype(np.float32)
    weight = np.asarray(items.buyers_91 / (items.buyers_91 + _HALF_WEIGHT), np.float64)[taught]
    demand = np.log1p(items.buyers_28.astype(np.float64))[taught]
    groups = _groups(catalogue)
    effects = _fit([codes[taught] for codes in groups], demand - np.average(demand, weights=weight), weight)
    for codes, effect in zip(groups, effects, strict=True):
        known = codes < effect.size
        total[known] += effect[codes[known]]
    return total.astype(np.float32)


def _groups(catalogue: Catalogue) -> Sequence[Codes]:
    """Codes of what items have in common, the general before the special."""
    priced = np.nan_to_num(catalogue.price) > 0
    doublings = np.log2(catalogue.price, out=np.zeros(len(catalogue), np.float32), where=priced)
    band = np.where(priced, np.floor(_BANDS_OF_A_DOUBLING * doublings), -_BANDS // 2).astype(np.int64)
    _, priced_alike = np.unique(catalogue.path.astype(np.int64) * _BANDS + band, return_inverse=True)
    plain = (catalogue.department, catalogue.path, catalogue.brand, catalogue.line)
    return [*(codes.astype(np.int64) for codes in plain), np.asarray(priced_alike, np.int64)]


def _fit(groups: Sequence[Codes], left: Effects, weight: Effects) -> Sequence[Effects]:
    """Fit the effect of every code of every group; `left` is each item's demand, less the mean."""
    effects = [np.zeros(int(codes.max()) + 1) for codes in groups]
    mass = [np.bincount(codes, weight) + _SHRINKAGE for codes in groups]
    for _ in range(_ROUNDS):
        for codes, effect, total in zip(groups, effects, mass, strict=True):
            left = left + effect[codes]
            effect[:] = np.bincount(codes, weight * left) / total
            left = left - effect[codes]
    return effects
