"""The one purchase that a "because you bought" list starts from, and what goes with it."""

from __future__ import annotations

import numpy as np

from service.recommender.arrays import Ints
from service.recommender.candidates import Candidates, Source, merge
from service.recommender.catalogue import ItemKind
from service.recommender.person_view import PersonView
from service.recommender.question import Question
from service.recommender.slate import DEEPEST
from service.recommender.snapshot import Snapshot

WORN = 4
"""So many of an item's companions shown in vain, and its company is told no more for a while."""


def anchor_of(question: Question, person: PersonView, tired: Ints | None = None) -> int | None:
    """Row of the purchase that a list starts from: the one asked for, else the latest that goes with other items.

    Of those purchases the first is taken of whose company the person is not `tired`, several times shown in vain.
    """
    bought = person.actions.purchases
    if question.anchor_item_id is not None:
        row = person.catalogue.row_of.get(question.anchor_item_id, -1)
        return row if row in bought.item else None
    mass = person.items.together_weight[bought.item].sum(axis=1)
    sociable = ((mass > 0) | person.embedding.vectors[bought.item].any(axis=1)) & person.catalogue.in_stock[bought.item]
    if not sociable.any():
        return None
    order = np.lexsort((bought.item, -mass, -bought.last_at, ~sociable))
    latest = bought.item[order[: np.count_nonzero(sociable)]]
    worn = np.isin(person.items.together[latest], tired).sum(axis=1) >= WORN if tired is not None else latest < 0
    return int(latest[np.argmin(worn)])


def around(anchor: int | None, person: PersonView, snapshot: Snapshot, *, near: bool = True) -> Candidates:
    """What goes with one item: bought together with it and, where `near`, like it.

    Raises
    ------
    IndexUnavailable
        If what is like it cannot be searched.
    """
    if anchor is None:
        return merge([])
    together = person.items.together[anchor]
    found = [(Source.TOGETHER, together[together >= 0])]
    if near and (source := snapshot.neighbours.get(ItemKind.PRODUCT)):
        rows, _ = source.neighbours(person.embedding.vectors[anchor][None, :], DEEPEST)
        found.append((Source.NEIGHBOUR, rows[0][rows[0] >= 0]))
    both = merge(found)
    return both.keep(both.rows != anchor)
