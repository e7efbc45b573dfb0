"""Fitting lifetimes: what customers were made from is found again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import beta as beta_function
from scipy.special import gamma as gamma_function

from index.lifetime import FEWEST, fit_lifetime, log_likelihood
from service.recommender.lifetime import Lifetime, expected_purchases

TRUE = Lifetime(r=0.6, alpha=12.0, a=0.8, b=3.0)


def simulated(model: Lifetime, people: int, seed: int = 3, days: float = 365.0, after: float = 0.0):
    """Repeats, recency and age of customers who behave as the model says, and their purchases `after` that."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(people):
        rate, leaves = draw.gamma(model.r, 1 / model.alpha), draw.beta(model.a, model.b)
        age = draw.uniform(days / 3, days)
        at, count, last, later, alive = 0.0, 0, 0.0, 0, True
        while alive and (at := at + draw.exponential(1 / max(rate, 1e-12))) <= age + after:
            count, last, later = (count + 1, at, later) if at <= age else (count, last, later + 1)
            alive = draw.random() > leaves
        rows.append((count, last, age, later))
    return np.array(rows, np.float64).T


def test_parameters_are_found_again():
    repeats, recency, age, _ = simulated(TRUE, 4_000)
    found = fit_lifetime(repeats, recency, age)
    assert found is not None
    assert found.r == pytest.approx(TRUE.r, rel=0.1)
    assert found.alpha == pytest.approx(TRUE.alpha, rel=0.2)
    assert found.a / (found.a + found.b) == pytest.approx(TRUE.a / (TRUE.a + TRUE.b), rel=0.1)
    assert log_likelihood(found, repeats, recency, age) >= log_likelihood(TRUE, repeats, recency, age)


def test_what_it_expects_comes_true():
    repeats, recency, age, later = simulated(TRUE, 4_000, seed=5, after=28)
    found = fit_lifetime(repeats, recency, age)
    assert found is not None
    expected = expected_purchases(found, 28, repeats, recency, age)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.1)
    for some in (repeats == 0, (repeats > 0) & (repeats < 6), repeats >= 6):
        assert expected[some].mean() == pytest.approx(later[some].mean(), rel=0.25)


def test_the_likelihood_is_that_of_the_paper():
    r, alpha, a, b, x, last, age = 0.243, 4.414, 0.793, 2.426, 3, 20.0, 38.86
    first = beta_function(a, b + x) / beta_function(a, b) * gamma_function(r + x) * alpha**r
    second = beta_function(a + 1, b + x - 1) / beta_function(a, b) * gamma_function(r + x) * alpha**r
    published = first / gamma_function(r) / (alpha + age) ** (r + x) + second / gamma_function(r) / (alpha + last) ** (r + x)
    one = log_likelihood(Lifetime(r, alpha, a, b), *(np.array([value]) for value in (float(x), last, age)))
    assert one == pytest.approx(np.log(published), rel=1e-12)


def test_of_too_few_or_of_nobody_who_came_again_nothing_is_learnt():
    repeats, recency, age, _ = simulated(TRUE, FEWEST)
    assert fit_lifetime(repeats[1:], recency[1:], age[1:]) is None
    assert fit_lifetime(np.zeros(500), np.zeros(500), np.full(500, 30.0)) is None
    assert fit_lifetime(np.empty(0), np.empty(0), np.empty(0)) is None


def test_odd_histories_are_left_out():
    repeats, recency, age, _ = simulated(TRUE, 400)
    odd = [np.append(values, strange) for values, strange in zip((repeats, recency, age), ([np.nan, 3, 3], [1, -1, 9], [1, 5, 4]), strict=True)]
    assert fit_lifetime(*odd) == fit_lifetime(repeats, recency, age)


def test_customers_who_never_leave_are_fitted_too():
    draw = np.random.default_rng(1)
    age = draw.uniform(100, 300, 400)
    repeats = draw.poisson(age / 7).astype(np.float64)
    found = fit_lifetime(repeats, age - draw.exponential(7, 400).clip(0, 30), age)
    assert found is not None
    soon = expected_purchases(found, 28, repeats, age - 3, age)
    assert soon.mean() == pytest.approx(4, rel=0.15)
