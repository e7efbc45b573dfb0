"""The shop as it was at one moment: what serving would have seen then, and a basket of everybody's after it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import faiss
import numpy as np

from index.baskets import Basket, draw_one_each, read_baskets, with_baskets
from index.inputs import TrainingInputs
from index.item_table import read_item_features, renewed
from index.search import search
from service.recommender.actions import NO_ACTIONS, Actions, stored_actions
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.circumstances import circumstances
from service.recommender.embedding import Embedding
from service.recommender.item_features import ItemFeatures
from service.recommender.person_view import PersonView
from service.recommender.snapshot import Snapshot

WEEK = timedelta(days=7)
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Moment:
    """One cutoff, with nothing in it that was not known then."""

    at: datetime
    snapshot: Snapshot
    people: Mapping[str, Actions]
    """By person key, those who did anything: until the moment, and what they bought since, before their basket."""
    baskets: Mapping[str, Basket]
    """By person key: one within 7 days after."""
    zone: ZoneInfo = UTC_ZONE
    nights: Sequence[tuple[int, ItemFeatures]] = ()
    """Epoch seconds, ascending, and the items as they were then; before the first they are the snapshot's."""
    week: Mapping[str, Sequence[Basket]] = field(default_factory=dict)
    """By person key, all the baskets within 7 days after."""
    stored: Mapping[str, Actions] = field(default_factory=dict)
    """By person key, what they did until the moment."""

    def drawn(self, turn: int) -> Moment:
        """The same week, with another basket of each person; of those who have more than `turn` (from 0)."""
        places, known = draw_one_each(self.week, self.at, turn), self.snapshot.catalogue
        since = {
            key: with_baskets(self.stored.get(key, NO_ACTIONS), self.week[key][:place], known)
            for key, place in places.items() if place
        }
        return replace(
            self, people={**self.stored, **since},
            baskets={key: self.week[key][place] for key, place in places.items()},
        )

    @cached_property
    def learnable(self) -> list[str]:
        """People with a history who also bought something in the week after, by key."""
        return sorted(self.people.keys() & self.baskets.keys())

    def view(self, person_key: str) -> PersonView:
        """Show a person as serving would have seen them when they came for that basket."""
        basket = self.baskets[person_key]
        shop = replace(self.snapshot, items=self.items_at(basket.at))
        return shop.person(
            self.people[person_key], basket.at, circumstances(basket.at, self.zone, basket.channel),
        )

    def items_at(self, at: int) -> ItemFeatures:
        """Features of the items as of the last night before a time (epoch seconds)."""
        passed = bisect_left(self.nights, at, key=lambda night: night[0])
        return self.nights[passed - 1][1] if passed else self.snapshot.items


class ExactNeighbours:
    """A `CandidateSource` over some rows, searched exactly."""

    def __init__(self, embedding: Embedding, rows: Ints) -> None:
        self._rows = rows
        self._index = faiss.IndexFlatIP(embedding.dimension)
        self._index.add(np.ascontiguousarray(embedding.vectors[rows] * embedding.answer_scale[rows, None]))

    def neighbours(self, vectors: Floats, size: int) -> tuple[Ints, Floats]:
        """Find the `size` items nearest to each vector; see `CandidateSource`."""
        ids, scores = search(self._index, vectors, size)
        return self._rows[ids], scores


def people_at(inputs: TrainingInputs, at: datetime, catalogue: Catalogue) -> dict[str, Actions]:
    """Read everybody's actions as of a moment; those without any are left out."""
    read = ((key, stored_actions(stored, catalogue)) for key, stored in inputs.people[at])
    return {key: actions for key, actions in read if len(actions)}


def moment(inputs: TrainingInputs, at: datetime, catalogue: Catalogue, embedding: Embedding) -> Moment:
    """Set the shop back to a cutoff.

    Parameters
    ----------
    embedding : learned from what was known at `at` or earlier
    """
    items = read_item_features(inputs.item_features[at], catalogue)
    sold = catalogue.of_kind(ItemKind.PRODUCT)
    # What is in stock today says which items will sell; what sold lately is what was known then.
    sold = sold[items.buyers_91[sold] > 0]
    neighbours = {ItemKind.PRODUCT: ExactNeighbours(embedding, sold)}
    snapshot = Snapshot(catalogue, items, embedding, neighbours, None)
    nights = sorted(night for night in inputs.nightly if at < night < at + WEEK)
    return Moment(
        at, snapshot, {}, {}, ZoneInfo(inputs.time_zone),
        [(int(night.timestamp()), renewed(items, inputs.nightly[night], catalogue)) for night in nights],
        week=read_baskets(inputs.labels.get(at), catalogue), stored=people_at(inputs, at, catalogue),
    ).drawn(0)
