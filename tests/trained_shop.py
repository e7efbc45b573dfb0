"""The small shop with regulars who have habits, and a ranker that was really trained on what they bought next."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from index.examples import Examples
from index.ranker import RankerSettings, fit_ranker
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.recommender.actions import Actions
from service.recommender.candidates import TRAINED_ON, generate
from service.recommender.catalogue import ItemKind
from service.recommender.person import Person
from service.recommender.person_view import lookup
from service.recommender.profile import Profile
from service.recommender.ranking_features import person_item_features
from service.recommender.snapshot import Snapshot
from tests.recommender.odd_shops import DAY, NOW, PURPOSES, did, the_shop, view
from tests.small_shop import PATHS

REGULARS = 120
KINDS = len(PATHS)


@cache
def trained_shop() -> tuple[Snapshot, tuple[Profile, ...]]:
    """Make the shop, and its regulars as they are now; everything follows from the seed.

    A regular buys of two kinds of goods, some things again and again, now and then something that goes with them, and
    what is popular; they look at more than they buy. The ranker learns from what they bought the week after.
    """
    shop, draw = the_shop(), np.random.default_rng(5)
    people = tuple(_regular(number, shop, draw) for number in range(REGULARS))
    parts = [part for person in people if (part := _lesson(person, shop, draw))]
    trained = fit_ranker(Examples.joined(parts), RankerSettings(trees=40, leaves=15, least_in_leaf=20))
    return replace(shop, ranker=LightgbmRanker(trained.text)), people


def _regular(number: int, shop: Snapshot, draw: np.random.Generator) -> Profile:
    kinds = draw.choice(KINDS, 2, replace=False)
    favourites = [int(kind + KINDS * draw.integers(len(shop.catalogue.of_kind(ItemKind.PRODUCT)) // KINDS))
                  for kind in kinds for _ in range(8)]
    popular = shop.popular(ItemKind.PRODUCT)[:40]
    others = [int(row) for row in draw.choice(popular, 4, replace=False)]
    bought = {row: (int(draw.integers(1, 60)), 1 + int(draw.geometric(0.4))) for row in [*favourites, *others]}
    looked = {int(kinds[0] + KINDS * draw.integers(20)): int(draw.integers(1, 20)) for _ in range(4)}
    actions = did(
        *(("PURCHASE", row, *when) for row, when in bought.items() if not shop.catalogue.sensitive[row]),
        *(("VIEW", row, days) for row, days in looked.items() if not shop.catalogue.sensitive[row]),
    )
    return Profile(Person.customer(f"r{number}"), PURPOSES, actions)


def _lesson(person: Profile, shop: Snapshot, draw: np.random.Generator) -> Examples | None:
    """Offer a regular candidates, and say which of them they bought the week after."""
    bought = _week_after(person.actions, shop, draw)
    seen = view(person, shop)
    rows = generate(seen, shop, ItemKind.PRODUCT, sources=TRAINED_ON).rows
    _, grades = lookup(bought, rows)
    if not grades.any():
        return None
    return Examples(person_item_features(seen, rows), grades.astype(np.int8), np.array([rows.size], np.int64))


def _week_after(actions: Actions, shop: Snapshot, draw: np.random.Generator) -> np.ndarray:
    own = actions.purchases
    due = (NOW - own.last_at) / DAY / 7
    again = own.item[draw.random(len(own)) < 0.6 * np.exp(-due / 4) * np.minimum(own.count / 3, 1)]
    partners = shop.items.together[own.item[:6], 0]
    liked = partners[draw.random(partners.size) < 0.4]
    popular = draw.choice(shop.popular(ItemKind.PRODUCT)[:60], 3)
    return np.unique(np.concatenate([again, liked[liked >= 0], popular]).astype(np.int64))
