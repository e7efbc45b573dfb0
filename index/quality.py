"""How well the orders fit what people bought next: recall, NDCG and hit rate at a cutoff, beside simple baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from index.examples import offered
from index.moments import Moment
from index.ranker import TrainedRanker
from service.recommender.arrays import Ints
from service.recommender.candidates import best
from service.recommender.catalogue import ItemKind

AT = 10
REHEARSED = 4
"""Weeks before the newest that teach the ranker which is measured on it: all of them would take twice as long, and the
ranker that is served has learned from the newest week besides."""
Order = Callable[[str], Ints]
"""From a person key to rows, best first."""


def measure(bought: Ints, order: Ints, at: int = AT) -> tuple[float, float, float]:
    """Recall, NDCG and hit of one list.

    recall = |top ∩ bought| / |bought|; NDCG = Σ 1/log₂(rank + 1) over hits, divided by that of the best list of
    min(at, |bought|) hits; hit is 1 where anything was found.

    >>> [round(value, 3) for value in measure(np.array([4, 7]), np.array([4, 1, 2, 3]), at=3)]
    [0.5, 0.613, 1.0]
    """
    hits = np.isin(order[:at], bought)
    discount = 1 / np.log2(np.arange(2, at + 2))
    gain = float((hits * discount[: hits.size]).sum())
    return float(hits.sum()) / len(bought), gain / float(discount[: len(bought)].sum()), float(hits.any())


def compare(moment: Moment, people: Sequence[str], ranker: TrainedRanker, at: int = AT) -> dict[str, dict[str, float]]:
    """Measure the ranker and the baselines on the baskets after a moment, which none of them has seen.

    Returns
    -------
    By model: recall, NDCG and hit at `at`, averaged over people.
    """
    popular = moment.snapshot.popular(ItemKind.PRODUCT)

    def own_most_frequent(person_key: str) -> Ints:
        bought = moment.people[person_key].purchases
        order = np.lexsort((-moment.snapshot.items.buyers_28[bought.item], -bought.count))
        return _filled(bought.item[order], popular, at)

    ranked = {
        offer.person_key: _filled(offer.rows[best(ranker.ranking_scores(offer.features()), at)], popular, at)
        for offer in offered(moment, people)
    }
    orders: dict[str, Order] = {
        "konomi": ranked.__getitem__, "own-most-frequent": own_most_frequent, "most-popular": lambda _: popular,
    }
    return {name: _averaged(moment, people, order, at) for name, order in orders.items()}


def _filled(rows: Ints, popular: Ints, at: int) -> Ints:
    if rows.size >= at:
        return rows[:at]
    rest = popular[: 2 * at]
    return np.concatenate([rows, rest[~np.isin(rest, rows)]])[:at]


def _averaged(moment: Moment, people: Sequence[str], order: Order, at: int) -> dict[str, float]:
    measured = np.array([measure(moment.baskets[key].rows, order(key), at) for key in people])
    means = measured.mean(axis=0) if len(measured) else np.zeros(3)
    return {f"{name}@{at}": float(value) for name, value in zip(("recall", "ndcg", "hit"), means, strict=True)}
