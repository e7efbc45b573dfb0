"""A shop of two tastes that neither category nor popularity tells apart; brands do, and so does the region."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from index.inputs import TrainingInputs
from index.segmentation import Shoppers
from tests.index.clustered_inputs import (
    DAY,
    NEWEST,
    baskets_after,
    features_before,
    item,
    items_table,
    stored_before,
)

WEEKS = 3
BRANDS = {"even": "Hearth", "odd": "Quill"}
REGIONS = {"even": "East", "odd": "West"}


def purchases(people: int, items: int, seed: int) -> list[tuple[str, str, int]]:
    """Person, item and epoch seconds: a basket of three each week, of the person's own taste but for one in twenty."""
    draw, last = np.random.default_rng(seed), int(NEWEST.timestamp())
    bought = []
    for number in range(people):
        taste = ("even", "odd")[number % 2]
        for week in range(12):
            moment = last - 7 * DAY * week - int(draw.integers(1, 7 * DAY))
            for chosen in draw.choice(items // 2, 3, replace=False):
                other = draw.random() < 0.05
                of = {"even": "odd", "odd": "even"}[taste] if other else taste
                bought.append((f"c:{taste}-{number}", f"{of}-{chosen}", moment))
    return sorted(set(bought))


def two_tastes(people: int = 160, items: int = 60, seed: int = 3, *, told: bool = False) -> TrainingInputs:
    """Make the shop; `told` lets the region of everybody say their taste."""
    bought = purchases(people, items, seed)
    moments = [NEWEST - timedelta(days=7 * back) for back in range(WEEKS + 1)]
    products = [
        item(f"{taste}-{n}", title=f"Snack number {n}", brand=brand, category=["Shop", "Snacks"])
        for taste, brand in BRANDS.items()
        for n in range(items // 2)
    ]
    keys = sorted({person for person, _, _ in bought})
    regions = [REGIONS[key.removeprefix("c:").split("-")[0]] for key in keys]
    yes = [True] * len(keys)
    traits = pa.table({"person_key": keys, "region": regions, "learn": yes, "profile": yes})
    return TrainingInputs(
        items=items_table(products),
        people={at: stored_before(bought, int(at.timestamp())) for at in moments},
        item_features={at: features_before(bought, int(at.timestamp())) for at in moments},
        labels={at: baskets_after(bought, int(at.timestamp())) for at in moments[1:]},
        newest=NEWEST,
        catalogue_version="two-tastes",
        data_window=(NEWEST - timedelta(weeks=12), NEWEST),
        shoppers=Shoppers(traits, {}, len(keys)) if told else None,
    )
