"""Tastes: who buys alike is found, named by what marks them, and found again."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from index.tastes import cluster, find_tastes, stability
from service.recommender.segment_sizes import SMALLEST
from service.recommender.taste import Tastes
from service.recommender.traits import Traits

AISLES = ("Tea", "Soap", "Cheese")
OTHERS = ("Bread", "Paper", "Fruit", "Milk")


def shopper(draw, favourite, *, evening=False):
    """Somebody who buys a little of all, mostly of one aisle."""
    lines = Counter(draw.choice([*AISLES, *OTHERS], 30))
    lines[favourite] += 30
    hours = np.zeros(168)
    hours[[day * 24 + (19 if evening else 12) for day in range(5)]] = 0.2
    return Traits({
        "frequency": 12, "categories": [f"Shop > {name}" for name in lines],
        "category_shares": [count / 60 for count in lines.values()], "hour_of_week": hours.tolist(),
        "discounted_share": draw.uniform(0.2, 0.4), "mean_basket_value": draw.uniform(10, 30), "mean_gap_days": 7.0,
    })


def shoppers(each=80, seed=1):
    draw = np.random.default_rng(seed)
    return [shopper(draw, aisle, evening=aisle == "Soap") for aisle in AISLES for _ in range(each)]


@pytest.fixture(scope="module")
def people():
    return shoppers()


@pytest.fixture(scope="module")
def tastes(people) -> Tastes:
    found = find_tastes(people, (), 7)
    assert found is not None
    return found


def test_everybody_is_with_those_who_buy_alike(tastes, people):
    of_aisle = {aisle: {tastes.of(one).key for one in people[at * 80 : (at + 1) * 80]} for at, aisle in enumerate(AISLES)}
    assert of_aisle == {"Tea": {"taste.tea"}, "Soap": {"taste.soap"}, "Cheese": {"taste.cheese"}}


def test_a_group_is_named_by_what_it_does_more_than_others(tastes):
    marks = {taste.key: taste.marks for taste in tastes.tastes}
    assert [mark.category for mark in marks["taste.tea"]] == ["Shop > Tea"]
    assert [mark.category or mark.habit for mark in marks["taste.soap"]] == ["Shop > Soap", "evening"]
    assert 0.15 < marks["taste.tea"][0].usual_share < 0.3


def test_a_stranger_is_placed_as_those_were(tastes):
    assert tastes.of(shopper(np.random.default_rng(99), "Cheese")).key == "taste.cheese"


def test_the_same_seed_gives_the_same(people, tastes):
    assert find_tastes(people, (), 7).as_json() == tastes.as_json()


def test_a_category_that_must_not_be_told_is_told_of_nobody(people):
    found = find_tastes(people, {"Shop > Soap", "Shop > Tea"}, 7)
    assert found is not None
    told = {mark.category for taste in found.tastes for mark in taste.marks}
    assert told.isdisjoint({"Shop > Soap", "Shop > Tea"})
    assert not any("soap" in taste.key or "tea" in taste.key for taste in found.tastes)


def test_where_no_word_tells_groups_apart_there_are_none(people):
    hours = [Traits({**one.values, "hour_of_week": None}) for one in people]
    assert find_tastes(hours, {f"Shop > {name}" for name in (*AISLES, *OTHERS)}, 7) is None


@pytest.mark.parametrize("few", [[], shoppers(each=10), [Traits({"frequency": 2})] * 300, [Traits({})] * 300])
def test_of_too_few_nothing_is_learnt(few):
    assert find_tastes(few, (), 7) is None


def test_every_group_holds_enough_people():
    draw = np.random.default_rng(4)
    few = [shopper(draw, "Fruit") for _ in range(SMALLEST - 10)]
    found = find_tastes([*shoppers(), *few], (), 7)
    assert found is not None
    sizes = Counter(found.of(one).key for one in [*shoppers(), *few])
    assert min(sizes.values()) >= SMALLEST


def test_what_only_a_few_buy_is_kept_nowhere():
    rare = Traits({"frequency": 9, "categories": ["Shop > Harpsichords"], "category_shares": [1.0]})
    found = find_tastes([*shoppers(), rare], (), 7)
    assert found is not None
    assert "Harpsichords" not in str(found.as_json())


def test_what_is_not_known_of_habits_counts_for_nothing(tastes):
    bare = Traits({"frequency": 9, "categories": ["Shop > Tea"], "category_shares": [0.9]})
    assert tastes.of(bare).key == "taste.tea"
    assert np.isfinite(tastes.vector(bare)).all()


def test_clear_groups_are_stable_and_noise_is_not():
    draw = np.random.default_rng(5)
    clear = np.concatenate([draw.normal(centre, 0.1, (100, 6)) for centre in (0, 3, 6)])
    assert stability(clear, 3, 1) > 0.99
    assert stability(draw.normal(0, 1, (300, 6)), 6, 1) < 0.5
    assert stability(np.zeros((60, 2)), 3, 1) == 0


def test_centres_are_the_means_of_their_points():
    draw = np.random.default_rng(2)
    points = np.concatenate([draw.normal(centre, 0.2, (40, 3)) for centre in (0, 4)])
    centres, label = cluster(points, 2, 1)
    assert sorted(centres.mean(axis=1).round()) == [0, 4]
    assert all(np.allclose(centres[at], points[label == at].mean(axis=0)) for at in range(2))
