"""Small worlds whose right answer is obvious."""

from __future__ import annotations

import numpy as np

from service.evaluation.interactions import Interactions

DAY = 86_400


def interactions(*rows: tuple[int, int, int, int], n_people: int | None = None, n_items: int | None = None):
    """Rows of (person, item, day, basket)."""
    person, item, day, basket = np.array(rows, np.int64).reshape(-1, 4).T
    return Interactions.of(person, item, day * DAY, basket, n_people=n_people, n_items=n_items)


def checkerboard(people: int = 40, items: int = 20, weeks: int = 12, seed: int = 3) -> Interactions:
    """People of even number buy items of even number, the others the others; a basket of three each week."""
    draw = np.random.default_rng(seed)
    rows, basket = [], 0
    for person in range(people):
        own = np.arange(person % 2, items, 2)
        for week in range(weeks):
            chosen = draw.choice(own, 3, replace=False)
            rows += [(person, int(item), 7 * week + person % 5, basket) for item in chosen]
            basket += 1
    return interactions(*rows, n_people=people, n_items=items)
