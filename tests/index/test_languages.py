"""An item's place does not depend on the language that its title is in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings
from index.learning import learn_embedding
from index.moments import people_at
from index.text_features import text_features
from tests.index.clustered_inputs import AISLES, NEWEST, item, items_table, shop_items, training_inputs

SIBLINGS = {"category": ["Shop", "Cheese"], "brand": "Cheese & Co", "price": Decimal(5), "currency": "EUR"}
NEW = [
    item("english", title="Burrata", **SIBLINGS),
    item("japanese", title="北海道産ブッラータ", titles=[("ja", "北海道産ブッラータ")], **SIBLINGS),
    item("only-words", title="猫用フード大袋"),
    item("no-spaces", title="徳用猫用フード詰替"),
    item("tea-in-japanese", title="宇治のお茶"),
]


@pytest.fixture(scope="module")
def neighbours():
    """Aisle products by nearness to each new item."""
    inputs = replace(training_inputs(), items=items_table([*shop_items(), *NEW]))
    catalogue = read_catalogue(inputs.items, "1")
    people = people_at(inputs, NEWEST, catalogue)
    placed = learn_embedding(people.values(), catalogue, text_features(catalogue), EmbeddingSettings(dimension=12))
    unit = placed.vectors / np.maximum(np.linalg.norm(placed.vectors, axis=1, keepdims=True), 1e-9)
    ids = [f"{aisle}-{n}" for aisle in AISLES for n in range(8)]
    rows = catalogue.rows_of(ids)

    def nearest(new: str) -> list[str]:
        return [ids[at] for at in np.argsort(-(unit[rows] @ unit[catalogue.row_of[new]]), kind="stable")[:8]]

    return nearest


def test_a_japanese_title_lands_where_its_english_sibling_does(neighbours) -> None:
    english, japanese = set(neighbours("english")), set(neighbours("japanese"))
    assert len(english & japanese) >= 7
    assert sum(one.startswith("Cheese-") for one in japanese) >= 7


@pytest.mark.parametrize(("new", "aisle"), [
    ("only-words", "Cat Food"), ("no-spaces", "Cat Food"), ("tea-in-japanese", "Tea"),
])
def test_words_are_found_in_japanese_without_spaces_or_category(neighbours, new: str, aisle: str) -> None:
    assert sum(one.startswith(f"{aisle}-") for one in neighbours(new)) >= 6


def test_a_number_in_brackets_tells_nothing_and_a_price_does() -> None:
    catalogue = read_catalogue(items_table([
        item("1", title="Bread", price=Decimal(2), currency="EUR"),
        item("2", title="Bread (No. 7)", price=Decimal(2), currency="EUR"),
        item("3", title="Bread", price=Decimal(90), currency="EUR"),
    ]), "1")
    features = text_features(catalogue).toarray()
    np.testing.assert_array_equal(features[0], features[1])
    assert features[0] @ features[2] < 0.99
