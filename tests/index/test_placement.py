from __future__ import annotations

import numpy as np
import pytest

from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings, embed
from index.interactions import interaction_matrix
from index.moments import people_at
from index.placement import EVIDENCE, place
from index.text_features import text_features
from service.recommender.embedding import Embedding
from tests.index.clustered_inputs import AISLES, NEWEST, item, items_table, shop_items, training_inputs

SETTINGS = EmbeddingSettings(dimension=12)


@pytest.fixture(scope="module")
def learned():
    inputs = training_inputs()
    catalogue = read_catalogue(inputs.items, "1")
    people = people_at(inputs, NEWEST, catalogue)
    return embed(interaction_matrix(list(people.values()), len(catalogue)), SETTINGS), catalogue


@pytest.fixture(scope="module")
def placed(learned) -> Embedding:
    embedding, catalogue = learned
    return place(embedding, catalogue, text_features(catalogue), SETTINGS)


def cosine(placed: Embedding, catalogue, one: str, aisle: str) -> float:
    unit = placed.vectors / np.maximum(np.linalg.norm(placed.vectors, axis=1, keepdims=True), 1e-9)
    rows = catalogue.rows_of([f"{aisle}-{n}" for n in range(8)])
    return float((unit[rows] @ unit[catalogue.row_of[one]]).mean())


@pytest.mark.parametrize(
    ("one", "home"),
    [*((f"about-{aisle}", aisle) for aisle in AISLES), *((f"ad-{aisle}", aisle) for aisle in AISLES),
     ("new-cheese", "Cheese"), ("new-cheese-ja", "Cheese")],
)
def test_an_item_nobody_acted_upon_lies_nearest_to_its_own_kind(placed, learned, one: str, home: str) -> None:
    nearness = {aisle: cosine(placed, learned[1], one, aisle) for aisle in AISLES}
    others = [value for aisle, value in nearness.items() if aisle != home]
    assert nearness[home] > max(others) + 0.15, nearness


def test_items_with_evidence_keep_exactly_their_own_vector_and_scales(placed, learned) -> None:
    embedding, _ = learned
    known = embedding.degree >= EVIDENCE
    assert known.sum() >= 30
    np.testing.assert_array_equal(placed.vectors[known], embedding.vectors[known])
    np.testing.assert_array_equal(placed.action_scale[known], embedding.action_scale[known])
    np.testing.assert_array_equal(placed.answer_scale[known], embedding.answer_scale[known])


def test_a_placed_item_speaks_no_louder_than_one_with_just_enough_evidence(placed, learned) -> None:
    embedding, catalogue = learned
    known = embedding.degree >= EVIDENCE
    spoken = np.linalg.norm(placed.vectors, axis=1) * placed.action_scale
    assert 0 < spoken[catalogue.row_of["about-Cheese"]] <= spoken[known].max() * 1.5


def test_own_actions_take_over_as_they_come_in(learned) -> None:
    embedding, catalogue = learned
    row, own = catalogue.row_of["new-cheese"], np.zeros(SETTINGS.dimension, np.float32)
    own[0] = 1
    text = text_features(catalogue)
    nearness = []
    for degree in (0, 1, 3, EVIDENCE):
        vectors, degrees = embedding.vectors.copy(), embedding.degree.copy()
        vectors[row], degrees[row] = own, degree
        changed = type(embedding)(vectors, embedding.action_scale, embedding.answer_scale, degrees)
        vector = place(changed, catalogue, text, SETTINGS).vectors[row]
        nearness.append(float(vector[0] / np.linalg.norm(vector)))
    assert nearness == sorted(nearness)
    assert nearness[-1] == pytest.approx(1)


def test_without_any_actions_nothing_is_placed_and_nothing_breaks() -> None:
    catalogue = read_catalogue(items_table(shop_items()), "1")
    nothing = embed(interaction_matrix([], len(catalogue)), SETTINGS)
    assert not place(nothing, catalogue, text_features(catalogue), SETTINGS).vectors.any()


def test_titles_in_one_script_meet_and_an_empty_title_is_no_row_of_noise() -> None:
    catalogue = read_catalogue(items_table([
        item("1", title="北海道牛乳"), item("2", title="低脂肪牛乳"), item("3", title="石けん"), item("4", title="..."),
        item("5", title="Cheddars"), item("6", title="Cheddar"),
    ]), "1")
    features = text_features(catalogue).toarray()
    alike = features @ features.T
    assert alike[0, 1] > alike[0, 2] + 0.1
    assert alike[4, 5] > 0.5
    np.testing.assert_allclose(np.diag(alike), [1, 1, 1, 0, 1, 1], atol=1e-5)
