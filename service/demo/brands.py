"""Made-up brand names, one per manufacturer: the source names manufacturers by number alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from service.demo.wording import words

UNBRANDED = 2
"""The source's manufacturer of loose and unlabelled goods: bananas, salad by weight."""


class Brand(NamedTuple):
    """A brand's name in both languages."""

    en: str
    ja: str


def own_brand() -> Brand:
    """Return the shop's own brand."""
    return Brand(*words("brands")["own"])


def name_brands(manufacturers: Iterable[int], seed: int) -> dict[int, Brand]:
    """Give each manufacturer a brand name of its own.

    Parameters
    ----------
    manufacturers : the source's ids
    seed : the same seed gives the same names

    Returns
    -------
    dict
        No two manufacturers share a name; the maker of loose goods has none.
    """
    dictionary = words("brands")
    pairs = [
        Brand(f"{first_en} {second_en}", f"{first_ja}{second_ja}")
        for first_en, first_ja in dictionary["first"]
        for second_en, second_ja in dictionary["second"]
        if f"{first_en} {second_en}" not in dictionary["avoid"]
    ]
    ordered = sorted(set(manufacturers) - {UNBRANDED})
    drawn = np.random.default_rng(seed).permutation(len(pairs))[: len(ordered)]
    if len(drawn) < len(ordered):
        message = f"words/brands.json makes {len(pairs)} names for {len(ordered)} manufacturers: add words"
        raise ValueError(message)
    return {manufacturer: pairs[i] for manufacturer, i in zip(ordered, drawn.tolist(), strict=True)}
