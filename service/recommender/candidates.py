"""Candidate generation: a few hundred items worth ranking, each marked with where it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Ints
from service.recommender.catalogue import ItemKind
from service.recommender.events import DAY
from service.recommender.newcomers import NEW_DAYS, newcomer_scores
from service.recommender.person_view import PersonView
from service.recommender.snapshot import Snapshot

NEIGHBOURS = 200
OWN = 400
TOGETHER = 100
POPULAR = 150
POPULAR_OTHERS = 1_000
"""Of content and of ads, of which a shop has few."""
FEW_ACTIONS = 8
"""Up to so many actions, what is popular is half of what there is to say."""
TRENDING = 40
ON_SALE = 80
NEW = 60
TOPIC = 40


class Source(IntFlag):
    """Where a candidate came from; one candidate may come from several."""

    OWN = 1
    NEIGHBOUR = 2
    TOGETHER = 4
    POPULAR = 8
    TRENDING = 16
    ON_SALE = 32
    NEW = 64
    TOPIC = 128


TRAINED_ON = Source.OWN | Source.NEIGHBOUR | Source.TOGETHER | Source.POPULAR
"""Sources whose past answers can be told again, for training."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Distinct rows, ascending, and the sources of each; both of shape (n_candidates,)."""

    rows: Ints
    sources: npt.NDArray[np.uint8]

    def keep(self, mask: npt.NDArray[np.bool_]) -> Candidates:
        """Those of a mask alone."""
        return Candidates(self.rows[mask], self.sources[mask])

    def of(self, source: Source) -> npt.NDArray[np.bool_]:
        """Which came from a source."""
        return np.asarray((self.sources & int(source)) != 0)


def generate(
    person: PersonView, snapshot: Snapshot, kind: ItemKind, *, trending: Ints | None = None,
    topics: tuple[str, ...] = (), sources: Source | None = None, near: Ints | None = None,
) -> Candidates:
    """Gather candidates of one kind from every source that has something to say.

    Parameters
    ----------
    person : the person, perhaps nobody
    trending : int64, rows that trend right now, best first
    topics : what they searched for or looked at elsewhere
    sources : only these; all where left out
    near : int64, their neighbours' rows, -1 for none, where many people's were searched at once; searched if left out

    Raises
    ------
    IndexUnavailable
        If the neighbours cannot be searched; call again without that source.
    """
    wanted = sources if sources is not None else ~Source(0)
    found: list[tuple[Source, Ints]] = []

    def add(source: Source, rows: Callable[[], Ints]) -> None:
        if source & wanted:
            found.append((source, rows()))

    if len(person.actions):
        if near is None and wanted & Source.NEIGHBOUR and (index := snapshot.neighbours.get(kind)):
            near = index.neighbours(person.vector[None, :], NEIGHBOURS)[0][0]
        if near is not None:
            add(Source.NEIGHBOUR, lambda: near[near >= 0])
        if kind is ItemKind.PRODUCT:
            add(Source.OWN, lambda: own(person))
            add(Source.TOGETHER, lambda: together(person))
            add(Source.ON_SALE, lambda: on_sale_for(person, snapshot))
    if trending is not None:
        add(Source.TRENDING, lambda: trending[:TRENDING])
    add(Source.POPULAR, lambda: snapshot.popular(kind)[: _most_popular(kind, person)])
    if kind is ItemKind.PRODUCT:
        add(Source.ON_SALE, lambda: snapshot.on_sale[: ON_SALE // 4])
        add(Source.TOPIC, lambda: on_topic(snapshot, topics))
    add(Source.NEW, lambda: new_for(person, snapshot, kind))
    return merge(found)


def merge(found: list[tuple[Source, Ints]]) -> Candidates:
    """Put what the sources found together; a row found twice keeps both marks.

    >>> both = merge([(Source.OWN, np.array([5, 2])), (Source.NEW, np.array([5]))])
    >>> both.rows, both.sources
    (array([2, 5]), array([ 1, 65], dtype=uint8))
    """
    if not found:
        return Candidates(np.empty(0, np.int64), np.empty(0, np.uint8))
    rows, where = np.unique(np.concatenate([rows for _, rows in found]), return_inverse=True)
    sources = np.zeros(rows.size, np.uint8)
    marks = np.concatenate([np.full(rows.size, int(source), np.uint8) for source, rows in found])
    np.bitwise_or.at(sources, where, marks)
    return Candidates(rows.astype(np.int64), sources)


def own(person: PersonView) -> Ints:
    """What the person bought, the most often and the most recently bought first."""
    bought = person.actions.purchases
    weight = np.log1p(bought.count) * np.exp(-person.days_since / 90)
    return bought.item[np.argsort(-weight, kind="stable")[:OWN]]


def together(person: PersonView) -> Ints:
    """What is bought together with what the person bought, the most often first."""
    rows, weights = person.company
    return rows[np.argsort(-weights, kind="stable")[:TOGETHER]]


def on_sale_for(person: PersonView, snapshot: Snapshot) -> Ints:
    """Discounted products in the categories that the person buys, by how much they buy there."""
    rows, path, bought = snapshot.on_sale, snapshot.catalogue.path, person.actions.purchases
    share = np.bincount(path[bought.item], bought.count, len(snapshot.catalogue.paths))
    weight = share[path[rows]] * np.log1p(snapshot.items.buyers_28[rows])
    found = best(weight, ON_SALE)
    return rows[found[weight[found] > 0]]


def _most_popular(kind: ItemKind, person: PersonView) -> int:
    if kind is not ItemKind.PRODUCT:
        return POPULAR_OTHERS
    return POPULAR if len(person.actions) > FEW_ACTIONS else 2 * POPULAR


def new_for(person: PersonView, snapshot: Snapshot, kind: ItemKind) -> Ints:
    """The newest, half of them; the other half of a person's is what suits them among all that came in lately."""
    came_in = snapshot.arrivals[kind]
    newest = came_in.between(None, person.now)[:NEW]
    if kind is not ItemKind.PRODUCT or not len(person.actions):
        return newest
    older = came_in.between(person.now - NEW_DAYS * DAY, person.now)[NEW // 2 :]
    suiting = older[best(newcomer_scores(person, snapshot, older), NEW - NEW // 2)]
    return np.concatenate([newest[: NEW // 2], suiting])


def best(weight: npt.NDArray[np.number[Any]], size: int) -> Ints:
    """Places of the `size` largest weights, best first; of two alike the earlier one.

    >>> best(np.float32([1, 3, 2, 3, 0]), 3)
    array([1, 3, 2])
    """
    if weight.size <= size:
        return np.argsort(-weight, kind="stable")
    least = np.partition(weight, -size)[-size]
    enough = np.flatnonzero(weight >= least)  # the few that are worth sorting
    return enough[np.argsort(-weight[enough], kind="stable")[:size]]


def on_topic(snapshot: Snapshot, topics: tuple[str, ...]) -> Ints:
    """Popular products of what was searched for or looked at elsewhere."""
    found: list[Ints] = []
    for topic in topics[:3]:
        codes = snapshot.catalogue.paths_under(topic)
        found += [snapshot.by_path[int(code)][:TOPIC] for code in codes[:10] if int(code) in snapshot.by_path]
        if not codes.size:
            rows = snapshot.titles.find(topic)
            found.append(rows[snapshot.catalogue.kind[rows] == 0][:TOPIC])
    return np.unique(np.concatenate(found))[: 3 * TOPIC] if found else np.empty(0, np.int64)
