"""Customer lifetime by the BG/NBD model: whether somebody still buys here, and how often they will.

While alive a customer buys at a steady rate of their own; after any purchase they may leave for good, each with a
probability of their own. Rates follow a gamma distribution (`r`, `alpha`), probabilities a beta one (`a`, `b`).

References
----------
Fader, Hardie & Lee, "Counting your customers" the easy way, Marketing Science 24 (2), 2005.
Fader, Hardie & Lee, Computing P(alive) using the BG/NBD model, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_MOST_TERMS = 2_000
_NEGLIGIBLE = 1e-14
"""Where the series may end; its terms fall about by the factor t / (alpha + T + t)."""
_POLE = 1e-6


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Parameters of the model, all above zero; `alpha` is in days."""

    r: float
    alpha: float
    a: float
    b: float


def probability_alive(model: Lifetime, repeats: Doubles, recency: Doubles, age: Doubles) -> Doubles:
    """Probability that each customer is still one.

    Parameters
    ----------
    repeats : float64, shape (n,)
        Purchases after the first. Without any the model knows no way to have left, and says 1.
    recency : float64, shape (n,)
        Days from the first purchase to the last.
    age : float64, shape (n,)
        Days from the first purchase to now, at least `recency`.

    >>> cdnow = Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> probability_alive(cdnow, np.array([2.0]), np.array([30.43]), np.array([38.86])).round(4)
    array([0.7266])
    """
    left = _odds_of_having_left(model, repeats, recency, age)
    return np.asarray(np.where(repeats > 0, np.exp(-np.logaddexp(0, left)), 1.0), np.float64)


def expected_purchases(
    model: Lifetime, days: float, repeats: Doubles, recency: Doubles, age: Doubles,
) -> Doubles:
    """Purchases to be expected of each customer within the next `days`; parameters as in `probability_alive`.

    The paper's formula, with Euler's transformation of the hypergeometric function, so that nothing overflows however
    many purchases there were.

    >>> cdnow = Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> expected_purchases(cdnow, 39, np.array([2.0]), np.array([30.43]), np.array([38.86])).round(3)
    array([1.226])
    """
    r, alpha, b = model.r, model.alpha, model.b
    a = model.a if abs(model.a - 1) > _POLE else 1 + _POLE  # the formula has a limit there, and no value
    z = days / (alpha + age + days)
    series = _hypergeometric(np.full_like(z, a + b - 1 - r), a - 1, a + b + repeats - 1, z)
    grown = 1 - np.exp((a - 1) * np.log1p(-z)) * series
    return np.asarray(
        (a + b + repeats - 1) / (a - 1) * grown * probability_alive(model, repeats, recency, age), np.float64,
    )


def _odds_of_having_left(model: Lifetime, repeats: Doubles, recency: Doubles, age: Doubles) -> Doubles:
    """Log odds; meaningful where there are repeats."""
    at_least_one = np.maximum(repeats, 1)
    late = (model.r + at_least_one) * (np.log(model.alpha + age) - np.log(model.alpha + recency))
    return np.asarray(np.log(model.a) - np.log(model.b + at_least_one - 1) + late, np.float64)


def _hypergeometric(a: Doubles, b: float, c: Doubles, z: Doubles) -> Doubles:
    """Gauss' 2F1 by its series, for 0 <= z < 1."""
    terms = 20 + np.log(_NEGLIGIBLE) / np.log(z.max(initial=1e-9))
    n = np.arange(min(terms, _MOST_TERMS), dtype=np.float64)
    ratios = (a[:, None] + n) * (b + n) / ((c[:, None] + n) * (n + 1)) * z[:, None]
    return np.asarray(1 + np.cumprod(ratios, axis=1).sum(axis=1), np.float64)
