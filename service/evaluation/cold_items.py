"""New items: products whose every event is hidden, so that their texts, category, brand and price are all there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index.embedding import EmbeddingSettings
from index.inputs import TrainingInputs
from index.item_table import read_item_features
from index.learning import learn_embedding
from index.moments import people_at
from index.text_features import text_features
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.newcomers import newcomer_scores
from service.recommender.person_view import PersonView
from service.recommender.ports import Floats, Ints
from service.recommender.profile import Actions
from service.recommender.snapshot import Snapshot

FEWEST_BUYERS = 20
HELD_OUT = 0.1
ASKED_OF_ALL = 400
"""People for whom all products are ordered: that is many times the work of ordering the new ones alone."""
Recalls = Mapping[str, Mapping[int, float]]
"""By model and length of list."""
Score = Callable[[PersonView, Ints], Floats]


@dataclass(frozen=True)
class NewItems:
    """A shop at a moment at which some items are new, and who bought which of them afterwards.

    Attributes
    ----------
    snapshot : what was learned without the hidden items' events
    people : by key, what they did before, without the hidden items
    rows : the hidden items, ascending
    bought : by key, of people with a history, those of `rows` that are in their baskets afterwards
    now : epoch seconds
    """

    snapshot: Snapshot
    people: Mapping[str, Actions]
    rows: Ints
    bought: Mapping[str, Ints]
    now: int

    def view(self, key: str) -> PersonView:
        """Show a person as of the moment."""
        one = self.snapshot
        return PersonView(self.people[key], self.now, one.catalogue, one.items, one.embedding)


def measure_new_items(
    inputs: TrainingInputs, catalogue: Catalogue, settings: EmbeddingSettings, ks: Sequence[int], seed: int,
) -> Mapping[str, Recalls]:
    """Recall of hidden items for those who really bought them, by situation."""
    shop = hide_items(inputs, catalogue, settings, seed)
    if not shop.bought:
        return {}
    everybody = sorted(shop.bought)
    sample = everybody[:: -(-len(everybody) // ASKED_OF_ALL)]
    return {
        "new-item": _recalls(shop, everybody, shop.rows, ks, seed),
        "new-item-among-all": _recalls(shop, sample, catalogue.of_kind(ItemKind.PRODUCT), ks, seed),
    }


def hide_items(inputs: TrainingInputs, catalogue: Catalogue, settings: EmbeddingSettings, seed: int) -> NewItems:
    """Hide a part of the products with enough buyers before the first moment, and learn from what is left."""
    at = inputs.cutoffs[0]
    buyers = np.zeros(len(catalogue), np.int64)
    for actions in people_at(inputs, inputs.newest, catalogue).values():
        buyers[actions.purchases.item] += 1
    known = np.flatnonzero((buyers >= FEWEST_BUYERS) & (catalogue.kind == 0) & ~catalogue.sensitive)
    rows = np.sort(np.random.default_rng(seed).choice(known, int(known.size * HELD_OUT), replace=False))
    people = {key: one.keep(~np.isin(one.item, rows)) for key, one in people_at(inputs, at, catalogue).items()}
    table = inputs.item_features[at]
    hidden = pa.array([catalogue.item_ids[row] for row in rows], pa.string())
    table = table.filter(pc.invert(pc.is_in(table["item_id"], value_set=hidden)))
    embedding = learn_embedding(people.values(), catalogue, text_features(catalogue), settings)
    snapshot = Snapshot(catalogue, read_item_features(table, catalogue), embedding, {}, None)
    bought: dict[str, set[int]] = {}
    for labels in inputs.labels.values():
        baskets = catalogue.rows_of(labels["item_id"].to_pylist())
        for key, row in zip(labels["person_key"].to_pylist(), baskets.tolist(), strict=True):
            if key in people and len(people[key].purchases):
                bought.setdefault(key, set()).add(row)
    new = {key: np.intersect1d(np.fromiter(some, np.int64, len(some)), rows) for key, some in bought.items()}
    return NewItems(snapshot, people, rows, {key: some for key, some in new.items() if some.size}, int(at.timestamp()))


def category_popular(shop: NewItems) -> Score:
    """By how much the person buys of an item's category; ties by how much everybody does."""
    path = shop.snapshot.catalogue.path
    total = np.zeros(len(shop.snapshot.catalogue.paths))
    for actions in shop.people.values():
        np.add.at(total, path[actions.purchases.item], actions.purchases.count)
    tie = total / (total.max(initial=0) + 1)

    def score(person: PersonView, rows: Ints) -> Floats:
        return np.asarray(person.bought_of["category"][path[rows]] + tie[path[rows]], np.float64)

    return score


def _recalls(shop: NewItems, people: Sequence[str], pool: Ints, ks: Sequence[int], seed: int) -> Recalls:
    models: dict[str, Score] = {
        "most-popular": lambda _, rows: shop.snapshot.items.buyers_28[rows],
        "category-popular": category_popular(shop),
        "konomi": lambda person, rows: newcomer_scores(person, shop.snapshot, rows),
    }
    # Catalogues are often sorted by sales: a tie must not be broken by the row.
    chance = np.random.default_rng([seed, 1]).permutation(pool.size)
    found = {name: np.zeros((len(people), len(ks))) for name in models}
    for index, key in enumerate(people):
        person, bought = shop.view(key), shop.bought[key]
        for name, score in models.items():
            order = pool[np.lexsort((chance, -score(person, pool)))[: max(ks)]]
            found[name][index] = [np.isin(order[:k], bought).sum() / bought.size for k in ks]
    told = {name: dict(zip(ks, marks.mean(axis=0).tolist(), strict=True)) for name, marks in found.items()}
    return {"random": {k: min(1.0, k / pool.size) for k in ks}, **told}
