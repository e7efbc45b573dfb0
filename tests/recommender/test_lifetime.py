"""The BG/NBD model against the figures published for CDNOW, and against numbers worked out another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from service.recommender.lifetime import Lifetime, expected_purchases, probability_alive

CDNOW = Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""In weeks, as the paper gives them (table 2)."""
parameter = st.floats(0.05, 20)


def of(*values):
    return np.array(values, np.float64)


def test_the_customer_of_the_paper():
    repeats, recency, age = of(2), of(30.43), of(38.86)
    assert expected_purchases(CDNOW, 39, repeats, recency, age)[0] == pytest.approx(1.226, abs=5e-4)
    # By hand: 1 / (1 + .793 / 3.426 * (43.274 / 34.844) ** 2.243).
    assert probability_alive(CDNOW, repeats, recency, age)[0] == pytest.approx(0.72657, abs=1e-5)


def test_who_never_came_again_has_had_no_chance_to_leave():
    assert probability_alive(CDNOW, of(0, 0), of(0, 0), of(1, 500)).tolist() == [1.0, 1.0]


def test_it_is_the_formula_of_the_paper():
    repeats, recency, age, days = of(0, 1, 2, 7, 19), of(0, 3, 30, 20, 38), of(39, 39, 39, 21, 38.86), 28.0
    r, alpha, a, b = CDNOW.r, CDNOW.alpha, CDNOW.a, CDNOW.b
    shrunk = ((alpha + age) / (alpha + age + days)) ** (r + repeats)
    series = hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, days / (alpha + age + days))
    left = np.where(repeats > 0, a / (b + np.maximum(repeats, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + repeats), 0)
    published = (a + b + repeats - 1) / (a - 1) * (1 - shrunk * series) / (1 + left)
    assert expected_purchases(CDNOW, days, repeats, recency, age) == pytest.approx(published, rel=1e-9)


def test_chance_falls_with_silence_and_the_faster_the_more_often_they_came():
    silence = np.linspace(0, 200, 21)
    often, seldom = (probability_alive(CDNOW, np.full(21, n), np.full(21, 30.0), 30 + silence) for n in (20.0, 2.0))
    assert (np.diff(often) < 0).all()
    assert (np.diff(seldom) < 0).all()
    assert often[0] > seldom[0]
    assert often[-1] < seldom[-1]


def test_many_purchases_do_not_overflow():
    repeats, recency, age = of(5_000, 5_000), of(364.99, 10), of(365, 365)
    alive = probability_alive(CDNOW, repeats, recency, age)
    soon = expected_purchases(CDNOW, 28, repeats, recency, age)
    assert alive[0] > 0.99
    assert alive[1] < 1e-9
    assert soon[0] == pytest.approx(5_000 / 365 * 28, rel=0.2)
    assert soon[1] < 1e-6


@given(parameter, parameter, parameter, parameter, st.integers(0, 2_000), st.floats(0, 3_000), st.floats(0, 3_000))
def test_any_customer_has_a_probability_and_no_fewer_purchases_than_none(r, alpha, a, b, repeats, recency, silence):
    model, customer = Lifetime(r, alpha, a, b), (of(repeats), of(recency), of(recency + silence))
    assert 0 <= probability_alive(model, *customer)[0] <= 1
    month, year = (expected_purchases(model, days, *customer)[0] for days in (28, 365))
    assert np.isfinite([month, year]).all()
    assert -1e-6 <= month <= year * (1 + 1e-9) + 1e-6


def test_the_formula_has_a_limit_where_a_is_one():
    customer = of(3), of(30), of(40)
    near, there = (expected_purchases(Lifetime(0.3, 5, a, 2.4), 28, *customer)[0] for a in (1 + 1e-4, 1.0))
    assert there == pytest.approx(near, rel=1e-3)
