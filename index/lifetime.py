"""Fitting the BG/NBD model of customer lifetimes by maximum likelihood."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from service.recommender.lifetime import Doubles, Lifetime

FEWEST = 100
"""People from whom four parameters can be learnt."""
_WIDEST = 9.0
"""Bound of the parameters' logarithms: beyond it the likelihood is flat."""


def fit_lifetime(repeats: Doubles, recency: Doubles, age: Doubles) -> Lifetime | None:
    """Fit the model to customers' purchases so far; None where they are too few, or nobody came again.

    Parameters
    ----------
    repeats, recency, age : float64, shape (n,)
        As in `service.recommender.lifetime.probability_alive`.

    References
    ----------
    Fader, Hardie & Lee, Marketing Science 24 (2), 2005, equation 7.
    """
    known = np.isfinite(repeats) & np.isfinite(recency) & np.isfinite(age) & (recency >= 0) & (age >= recency)
    repeats, recency, age = repeats[known], recency[known], age[known]
    if repeats.size < FEWEST or not repeats.any() or age.max() <= 0:
        return None
    unit = float(age.max())  # near one, so that one step of the search fits all parameters

    def loss(logs: Doubles) -> float:
        likelihood = log_likelihood(Lifetime(*np.exp(logs)), repeats, recency / unit, age / unit)
        return -likelihood / repeats.size

    found = minimize(loss, np.log([1.0, 0.1, 1.0, 1.0]), method="L-BFGS-B", bounds=[(-_WIDEST, _WIDEST)] * 4)
    r, alpha, a, b = np.exp(found.x).tolist()
    return Lifetime(r, alpha * unit, a, b)


def log_likelihood(model: Lifetime, repeats: Doubles, recency: Doubles, age: Doubles) -> float:
    """Logarithm of the probability of all these purchases together."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    counts = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stays = gammaln(a + b) + gammaln(b + repeats) - gammaln(b) - gammaln(a + b + repeats)
    still_here = -(r + repeats) * np.log(alpha + age)
    at_least_one = np.maximum(repeats, 1)
    left = np.log(a) - np.log(b + at_least_one - 1) - (r + repeats) * np.log(alpha + recency)
    either = np.where(repeats > 0, np.logaddexp(still_here, left), still_here)
    return float((counts + stays + either).sum())
