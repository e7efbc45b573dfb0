"""Every category of the demo shop has a picture, and every picture exists."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import service.console
from service.console.artwork import SCENES, TINTS, _rules, draw, pictogram
from service.console.cards import PICTOGRAMS

CONSOLE = Path(service.console.__file__).parent
SPRITE = (CONSOLE / "static" / "pictograms.svg").read_text(encoding="utf-8")
CATEGORIES = json.loads((CONSOLE.parent / "demo" / "words" / "categories.json").read_text(encoding="utf-8"))


def test_every_rule_names_a_pictogram_that_is_drawn():
    drawn = set(re.findall(r'<symbol id="(\w+)"', SPRITE))
    assert {name for name, _ in _rules()} | set(PICTOGRAMS.values()) == drawn


@pytest.mark.parametrize("language", [0, 1], ids=["English", "Japanese"])
def test_hardly_a_category_of_the_demo_shop_is_left_to_the_basket(language):
    chosen = Counter(pictogram(("?", names[language])) for names in CATEGORIES.values())
    assert chosen[None] < 0.15 * len(CATEGORIES)
    assert len(chosen) > 25


@pytest.mark.parametrize(
    ("category", "name"),
    [
        (("Grocery", "Peanut Butter & Jam"), "sauce"), (("Grocery", "Cat Food"), "pet"), (("Butcher's Counter", "Beef"), "meat"),
        (("Fresh Produce", "Sweet Corn"), "vegetable"), (("食料品", "牛乳・クリーム"), "milk"), (("Fresh Produce",), "fruit"), ((), None),
    ],
)
def test_what_stands_for_what(category, name):
    assert pictogram(category) == name


def test_an_aisle_has_one_colour_and_its_items_have_different_grounds():
    aisle = [draw(("Grocery", "Milk & Cream", leaf), f"item-{leaf}") for leaf in "abcdefghijkl"]
    assert len({artwork.tint for artwork in aisle}) == 1
    assert len({artwork.scene for artwork in aisle}) > 2
    assert all(0 <= artwork.tint < TINTS and 0 <= artwork.scene < SCENES for artwork in aisle)
    css = (CONSOLE / "static" / "konomi.css").read_text(encoding="utf-8")
    assert len(re.findall(r"^\.tint-\d+ ", css, re.MULTILINE)) == TINTS
