"""What is put together of several draws, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from service.evaluation.cold_recall import Situation


def draw(chance: float, **people: tuple[float, float]) -> Situation:
    """Marks of konomi and of what is popular, at one length of list."""
    ours = {key: np.array([marks[0]]) for key, marks in people.items()}
    popular = {key: np.array([marks[1]]) for key, marks in people.items()}
    return Situation({10: chance}, {"most-popular": popular, "konomi": ours})


def test_a_person_counts_once_however_many_draws_they_are_in() -> None:
    joined = Situation.joined([draw(0.1, ann=(1.0, 0.0), ben=(0.0, 0.0)), draw(0.3, ann=(0.5, 0.5))])
    assert joined.recalls() == {
        "random": {10: pytest.approx(0.2)}, "most-popular": {10: 0.125}, "konomi": {10: 0.375},
    }


def test_a_gain_is_paired() -> None:
    people = {f"p{n}": (n / 40 + 0.1, n / 40) for n in range(30)}
    gain = draw(0.1, **people).gains(seed=7)["most-popular"][10]
    assert gain.mean == pytest.approx(0.1)
    assert gain.low == pytest.approx(0.1)
    assert gain.high == pytest.approx(0.1)
