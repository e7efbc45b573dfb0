"""Cold start: on a shop whose answer is obvious, what is measured is what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings
from index.learning import TrainingSettings
from index.ranker import RankerSettings
from service.evaluation.cold_items import FEWEST_BUYERS, Past, hide_items, measure_new_items
from service.evaluation.cold_start import measure_cold_start
from service.evaluation.errors import DataUnusable
from service.recommender.stored import StoredActions
from tests.evaluation.two_tastes import two_tastes

SETTINGS = TrainingSettings(EmbeddingSettings(dimension=8), RankerSettings(trees=20, least_in_leaf=60, negatives=1.0))
SEED = 3
"""Hides three new items of each taste."""
ROWS = {"random", "most-popular", "category-popular", "konomi"}


@pytest.fixture(scope="module")
def shop():
    return two_tastes()


@pytest.fixture(scope="module")
def found(shop):
    return measure_cold_start(shop, seed=SEED, settings=SETTINGS, ks=(3, 10))


@pytest.fixture(scope="module")
def measured(found):
    return found.models


def test_every_situation_has_every_row(measured) -> None:
    assert set(measured) == ROWS
    for row in measured.values():
        assert set(row) == {f"{situation} recall@{k}" for situation in
                            ("visitor", "one-action", "new-item", "new-item-among-all") for k in (3, 10)}
        assert all(0 <= value <= 1 for value in row.values())


def test_a_gain_is_the_difference_of_the_means_and_its_interval_lies_around_it(found) -> None:
    assert set(found.gains) == {"most-popular", "category-popular"}
    for other, row in found.gains.items():
        assert set(row) == set(found.models["konomi"])
        for name, gain in row.items():
            assert gain.mean == pytest.approx(found.models["konomi"][name] - found.models[other][name])
            assert gain.low <= gain.mean <= gain.high
    clear = found.gains["category-popular"]["new-item recall@3"]
    assert 0 < clear.low < clear.mean < clear.high


def test_a_new_item_finds_those_who_like_its_brand(shop) -> None:
    catalogue = read_catalogue(shop.items, "1")
    found = measure_new_items(shop, catalogue, SETTINGS.embedding, (3, 10), SEED, draws=1)
    among_new, among_all = (found[name].recalls() for name in ("new-item", "new-item-among-all"))
    assert among_new["random"][3] == pytest.approx(0.5)  # three of the six that were hidden
    assert among_new["most-popular"][3] < 0.7
    assert among_new["category-popular"][3] < 0.7
    assert among_new["konomi"][3] > 0.9
    assert among_all["konomi"][10] > 1.2 * among_all["random"][10]


def test_each_draw_hides_other_items_and_nobody_counts_twice(shop) -> None:
    catalogue = read_catalogue(shop.items, "1")
    one, three = (
        measure_new_items(shop, catalogue, SETTINGS.embedding, (3,), SEED, draws=draws)["new-item"] for draws in (1, 3)
    )
    assert set(one.marks["konomi"]) <= set(three.marks["konomi"]) <= {key for key, _ in shop.people[shop.newest]}
    assert any(one.marks["konomi"][key] != three.marks["konomi"][key] for key in one.marks["konomi"])


def test_one_action_tells_the_taste(measured) -> None:
    name = "one-action recall@10"
    assert measured["konomi"][name] > 1.4 * measured["most-popular"][name]
    assert measured["category-popular"][name] == pytest.approx(measured["most-popular"][name], abs=0.03)


def test_of_a_visitor_nothing_is_known(measured) -> None:
    for k in (3, 10):
        name = f"visitor recall@{k}"
        assert measured["konomi"][name] == pytest.approx(measured["most-popular"][name], abs=0.05)


def test_a_seed_gives_the_same_figures_and_another_hides_other_items(shop) -> None:
    one, same = (measure_cold_start(shop, seed=5, settings=SETTINGS, ks=(3,)) for _ in range(2))
    assert one == same
    catalogue = read_catalogue(shop.items, "1")
    first, other = (hide_items(Past(shop, catalogue, SETTINGS.embedding), seed).rows.tolist() for seed in (5, 6))
    assert first != other


def without_events_of(shop, rows, catalogue):
    """Let the hidden items never have been sold before the moment that counts."""
    gone, at = {catalogue.item_ids[row] for row in rows}, shop.cutoffs[0]

    def cleaned(stored: StoredActions) -> StoredActions:
        kept = [n for n, one in enumerate(stored.item_id) if one not in gone]
        return StoredActions(*(
            [column[n] for n in kept]
            for column in (stored.item_id, stored.type, stored.count, stored.first_at, stored.last_at,
                           stored.last_price, stored.faded_30, stored.faded_90, stored.faded_365) if column
        ))

    people = {**shop.people, at: [(key, cleaned(stored)) for key, stored in shop.people[at]]}
    return replace(shop, people=people)


def test_nothing_of_a_hidden_item_but_its_texts_reaches_the_model(shop) -> None:
    catalogue = read_catalogue(shop.items, "1")
    hidden = hide_items(Past(shop, catalogue, SETTINGS.embedding), seed=7)
    assert hidden.rows.size == 6
    assert not any(np.isin(one.item, hidden.rows).any() for one in hidden.people.values())
    assert not hidden.snapshot.items.buyers_91[hidden.rows].any()
    assert hidden.snapshot.items.buyers_91.any()
    never = hide_items(Past(without_events_of(shop, hidden.rows, catalogue), catalogue, SETTINGS.embedding), seed=7)
    np.testing.assert_array_equal(never.rows, hidden.rows)
    np.testing.assert_array_equal(never.snapshot.embedding.vectors, hidden.snapshot.embedding.vectors)


def test_truth_is_what_was_really_bought_of_the_hidden_items_afterwards(shop) -> None:
    catalogue = read_catalogue(shop.items, "1")
    hidden = hide_items(Past(shop, catalogue, SETTINGS.embedding), seed=7)
    pairs = {
        (key, item_id)
        for labels in shop.labels.values()
        for key, item_id in zip(labels["person_key"].to_pylist(), labels["item_id"].to_pylist(), strict=True)
    }
    told = {(key, catalogue.item_ids[row]) for key, rows in hidden.bought.items() for row in rows}
    assert told == {(key, one) for key, one in pairs if catalogue.row_of[one] in hidden.rows}
    for row in hidden.rows:
        buyers = {key for key, stored in shop.people[shop.newest] if catalogue.item_ids[row] in stored.item_id}
        assert len(buyers) >= FEWEST_BUYERS


def test_where_the_region_tells_the_taste_it_helps_who_told_it() -> None:
    measured = measure_cold_start(two_tastes(200, 16, told=True), settings=SETTINGS, ks=(4,)).models
    name = "demographics recall@4"
    assert measured["konomi"][name] > measured["most-popular"][name] + 0.05
    assert measured["konomi"][name] > measured["konomi"]["visitor recall@4"] + 0.05


def test_a_shop_without_a_week_to_look_at_says_so(shop) -> None:
    with pytest.raises(DataUnusable, match="younger than a week"):
        measure_cold_start(replace(shop, labels={}), settings=SETTINGS)
