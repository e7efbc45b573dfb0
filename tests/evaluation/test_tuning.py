from __future__ import annotations

import numpy as np
import pytest

from index.embedding import EmbeddingSettings, embed
from service.evaluation.carving import HIDDEN_DAYS, carves
from service.evaluation.errors import DataUnusable
from service.evaluation.interactions import Interactions
from service.evaluation.time_groups import DAY
from service.evaluation.tuning import Tuner
from tests.evaluation.small_trials import checkerboard, interactions


def untimed(seed: int = 2, people: int = 120, items: int = 80) -> Interactions:
    draw = np.random.default_rng(seed)
    taste, answer = draw.normal(size=(people, 4)), draw.normal(size=(4, items))
    person, item = np.nonzero(taste @ answer + draw.normal(size=(people, items)) > 2)
    nothing = np.zeros(person.size, np.int64)
    return Interactions.of(person, item, nothing, nothing)


def pairs(one):
    return set(zip(one.person.tolist(), one.item.tolist(), strict=True))


def test_without_times_the_carves_are_seeded_draws_and_fit_and_truth_never_overlap():
    whole = untimed()
    first, second = carves(whole, 2, 1_000, seed=1)
    for carve in (first, second):
        truth = set(zip(carve.occasions.person[carve.occasions.truth_rows].tolist(), carve.occasions.truth.tolist(),
                        strict=True))
        assert not truth & pairs(carve.fitted_on)
        assert truth | pairs(carve.fitted_on) <= pairs(whole)
        assert 0.15 < len(truth) / len(whole) < 0.25
    assert pairs(first.fitted_on) != pairs(second.fitted_on)
    assert pairs(first.fitted_on) == pairs(carves(whole, 1, 1_000, seed=1)[0].fitted_on)


def test_with_times_the_latest_weeks_are_hidden_and_only_what_is_new_in_them_is_asked_for():
    whole = checkerboard(people=20, items=30, weeks=16)
    newest, older = carves(whole, 2, 1_000, seed=1)
    end = whole.at.max() + 1
    assert newest.fitted_on.at.max() < end - HIDDEN_DAYS * DAY
    assert older.fitted_on.at.max() < end - 2 * HIDDEN_DAYS * DAY
    for carve in (newest, older):
        assert not carve.occasions.truth_is_repeat.any()


def test_no_more_people_are_asked_than_wanted():
    assert len(carves(untimed(), 1, 7, seed=1)[0].occasions) == 7


def test_too_little_to_hide_is_said():
    with pytest.raises(DataUnusable, match="too few"):
        carves(interactions((0, 1, 1, 0)), 2, 10, seed=1)


def test_a_seed_gives_the_same_choice_and_the_choice_is_the_best_tried_at_its_dimension():
    found = []
    for _ in range(2):
        tuner = Tuner(carves(untimed(), 2, 1_000, seed=5), k=10)
        found.append(tuner.choose(EmbeddingSettings(seed=5), [4, 8]))
    first, again = found
    assert first == again
    assert first.settings.dimension in {4, 8}
    best = max(one.objective for one in tuner.tried.values() if one.settings.dimension == 8)
    assert tuner.measure(EmbeddingSettings(seed=5, dimension=8)).objective <= best
    assert first.objective >= best - 1e-4
    assert first.objective >= tuner.measure(EmbeddingSettings(seed=5, dimension=4)).objective


def test_descending_finds_the_way_from_a_bad_start():
    tuner = Tuner(carves(untimed(), 2, 1_000, seed=5), k=10)
    bad = EmbeddingSettings(dimension=8, answer_boost=1.5, item_damping=0.0)
    start = tuner.measure(bad)
    assert tuner.choose(bad, [8]).objective > start.objective + 0.01


def test_what_is_measured_without_a_new_decomposition_is_what_a_new_one_gives():
    matrix = untimed().took
    other = EmbeddingSettings(dimension=6, action_damping=0.1, answer_boost=0.6)
    fresh, moved = embed(matrix, other), embed(matrix, EmbeddingSettings(dimension=6)).rescaled(other)
    for name in ("vectors", "action_scale", "answer_scale", "degree"):
        np.testing.assert_array_equal(getattr(fresh, name), getattr(moved, name))
