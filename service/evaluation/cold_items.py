"""New items: products whose every event is hidden, so that their texts, category, brand and price are all there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from index.embedding import EmbeddingSettings
from index.inputs import TrainingInputs
from index.item_table import read_item_features
from index.learning import learn_embedding
from index.moments import people_at
from index.text_features import text_features
from service.evaluation.cold_recall import OURS, Situation, by_chance, recall
from service.evaluation.metrics import Marks
from service.recommender.actions import Actions
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.newcomers import newcomer_scores
from service.recommender.person_view import PersonView
from service.recommender.snapshot import Snapshot

FEWEST_BUYERS = 20
HELD_OUT = 0.1
ASKED_OF_ALL = 200
"""People of a draw for whom all products are ordered: that is many times the work of ordering the new ones alone."""
DRAWS = 3
"""How often items are hidden, each time others."""
Score = Callable[[PersonView, Ints], Floats]


@dataclass(frozen=True)
class Past:
    """A shop as of the first moment, from which items are yet to be hidden.

    Parameters
    ----------
    settings : of the embedding that is learned without them
    """

    inputs: TrainingInputs
    catalogue: Catalogue
    settings: EmbeddingSettings

    @cached_property
    def people(self) -> Mapping[str, Actions]:
        """What everybody had done, by key."""
        return people_at(self.inputs, self.inputs.cutoffs[0], self.catalogue)

    @cached_property
    def text(self) -> csr_array:
        """What the items say of themselves."""
        return text_features(self.catalogue)

    @cached_property
    def eligible(self) -> Ints:
        """Rows of the products that are bought by enough people in the end, and not sensitive."""
        buyers = np.zeros(len(self.catalogue), np.int64)
        for actions in people_at(self.inputs, self.inputs.newest, self.catalogue).values():
            buyers[actions.purchases.item] += 1
        products = self.catalogue.of_kind(ItemKind.PRODUCT)
        return products[(buyers[products] >= FEWEST_BUYERS) & ~self.catalogue.sensitive[products]]


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
        return one.person(self.people[key], self.now)


def measure_new_items(
    inputs: TrainingInputs, catalogue: Catalogue, settings: EmbeddingSettings, ks: Sequence[int], seed: int,
    draws: int = DRAWS,
) -> Mapping[str, Situation]:
    """Recall of hidden items for those who really bought them, by situation, over several draws of hidden items."""
    past, found = Past(inputs, catalogue, settings), []
    for draw in range(draws):
        shop = hide_items(past, seed + draw)
        if not shop.bought:
            continue
        everybody = sorted(shop.bought)
        sample = everybody[:: -(-len(everybody) // ASKED_OF_ALL)]
        found.append({
            "new-item": _situation(shop, everybody, shop.rows, ks, seed),
            "new-item-among-all": _situation(shop, sample, catalogue.of_kind(ItemKind.PRODUCT), ks, seed),
        })
    return {name: Situation.joined([one[name] for one in found]) for name in (found[0] if found else ())}


def hide_items(past: Past, seed: int) -> NewItems:
    """Hide a part of the products with enough buyers before the first moment, and learn from what is left."""
    inputs, catalogue, at = past.inputs, past.catalogue, past.inputs.cutoffs[0]
    size = int(past.eligible.size * HELD_OUT)
    rows = np.sort(np.random.default_rng(seed).choice(past.eligible, size, replace=False))
    people = {key: one.keep(~np.isin(one.item, rows)) for key, one in past.people.items()}
    table = inputs.item_features[at]
    hidden = pa.array([catalogue.item_ids[row] for row in rows], pa.string())
    table = table.filter(pc.invert(pc.is_in(table["item_id"], value_set=hidden)))
    embedding = learn_embedding(people.values(), catalogue, past.text, past.settings)
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


def _situation(shop: NewItems, people: Sequence[str], pool: Ints, ks: Sequence[int], seed: int) -> Situation:
    models: dict[str, Score] = {
        "most-popular": lambda _, rows: shop.snapshot.items.buyers_28[rows],
        "category-popular": category_popular(shop),
        OURS: lambda person, rows: newcomer_scores(person, shop.snapshot, rows),
    }
    # Catalogues are often sorted by sales: a tie must not be broken by the row.
    chance = np.random.default_rng([seed, 1]).permutation(pool.size)
    marks: dict[str, dict[str, Marks]] = {name: {} for name in models}
    for key in people:
        person, bought = shop.view(key), shop.bought[key]
        for name, score in models.items():
            order = pool[np.lexsort((chance, -score(person, pool)))[: max(ks)]]
            marks[name][key] = recall(order, bought, ks)
    return Situation(by_chance(pool.size, ks), marks)
