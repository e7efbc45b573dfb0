"""A drawn picture for an item that has none: a pictogram of its category on a ground in its category's colour."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

RULES = Path(__file__).parent / "pictograms.toml"
TINTS = 12
SCENES = 6


@dataclass(frozen=True)
class Artwork:
    """Names of a pictogram, of one of the style sheet's tints, and of the ground that is drawn behind."""

    pictogram: str
    tint: int
    scene: int


def draw(category: Sequence[str], item_id: str, otherwise: str = "basket") -> Artwork:
    """Choose an item's artwork; the same item gets the same one for ever.

    The colour comes from the category's first two levels, so that one aisle looks of a piece; the ground from the
    item, so that neighbours differ. A category that no rule knows gets the pictogram `otherwise`.
    """
    return Artwork(
        pictogram=pictogram(tuple(category)) or otherwise,
        tint=crc32(" > ".join(category[:2]).encode()) % TINTS,
        scene=crc32(item_id.encode()) % SCENES,
    )


@cache
def pictogram(category: tuple[str, ...]) -> str | None:
    """Name the pictogram of a category path, told by its second level, then those below, then its department.

    >>> pictogram(("Grocery", "Milk & Cream", "Whole Milk"))
    'milk'
    >>> pictogram(("Home, Beauty & General", "Hair Care", "Shampoo"))
    'care'
    """
    for part in (*category[1:], *category[:1]):
        for name, pattern in _rules():
            if pattern.search(part):
                return name
    return None


@cache
def _rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))["words"]
    return tuple((name, re.compile("|".join(map(_beginning, words)), re.IGNORECASE)) for name, words in rules.items())


def _beginning(word: str) -> str:
    return rf"\b{re.escape(word)}" if word.isascii() else re.escape(word)
