"""Bootstrap intervals over people: how far a mean would move with other people of the same kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.evaluation.metrics import Marks

RESAMPLES = 1_000
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where 95 % of the means of resampled people lie."""

    mean: float
    low: float
    high: float


def intervals(marks: Marks, seed: int, resamples: int = RESAMPLES) -> list[Interval]:
    """Draw people with replacement, the same ones for every column, so that differences can be compared as pairs.

    Parameters
    ----------
    marks : float64, shape (n_people, n_columns)
        NaN where a measure says nothing of a person; they are left out of that column's mean.

    Returns
    -------
    One a column; NaN where nobody has the measure.

    References
    ----------
    Efron, Bootstrap Methods: Another Look at the Jackknife, Annals of Statistics 1979 (percentile intervals).

    >>> [one] = intervals(np.ones((30, 1)), seed=1)
    >>> one
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    there = ~np.isnan(marks)
    values, counted = np.where(there, marks, 0.0), there.astype(np.float64)
    draw, size = np.random.default_rng(seed), len(marks)
    means = np.full((resamples, marks.shape[1]), np.nan)
    for start in range(0, resamples if size else 0, _CHUNK):
        stop = min(start + _CHUNK, resamples)
        drawn = [np.bincount(draw.integers(size, size=size), minlength=size) for _ in range(stop - start)]
        times = np.stack(drawn).astype(np.float64)
        means[start:stop] = _ratio(times @ values, times @ counted)
    measured = ~np.isnan(means).all(axis=0)
    low, high = np.full((2, marks.shape[1]), np.nan)
    low[measured], high[measured] = np.nanquantile(means[:, measured], (0.025, 0.975), axis=0)
    mean = _ratio(values.sum(axis=0), counted.sum(axis=0))
    return [Interval(*map(float, one)) for one in zip(mean, low, high, strict=True)]


def _ratio(part: Marks, whole: Marks) -> Marks:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0), np.float64)
