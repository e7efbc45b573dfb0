"""The small shop, cut down or bent, for whatever a shop may turn out to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.actions import NO_ACTIONS, TYPES, Actions, evenly_faded
from service.recommender.catalogue import Catalogue, ItemKind, ItemTexts
from service.recommender.consent import Purpose
from service.recommender.embedding import Embedding
from service.recommender.item_features import ItemFeatures
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.person_view import PersonView
from service.recommender.profile import Profile
from service.recommender.question import Question
from service.recommender.snapshot import Snapshot
from tests.fakes import START
from tests.small_shop import FakeNeighbours, small_snapshot

NOW = int(START.timestamp())
DAY = 86_400
PURPOSES = frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS})
SOMEBODY = Person.customer("somebody")


@cache
def the_shop() -> Snapshot:
    return small_snapshot(7, products=400)


def only(snapshot: Snapshot, rows: Sequence[int]) -> Snapshot:
    """Cut a shop down to some rows."""
    old, kept = snapshot.catalogue, np.asarray(rows, np.int64)
    row_of = np.append(np.full(len(old), -1, np.int64), -1)
    row_of[kept] = np.arange(kept.size)
    texts = ItemTexts(*([getattr(old.texts, one.name)[row] for row in kept] for one in fields(ItemTexts)))
    arrays = {one.name: getattr(old, one.name)[kept] for one in fields(Catalogue)
              if isinstance(getattr(old, one.name), np.ndarray)}
    catalogue = Catalogue("cut", [old.item_ids[row] for row in kept], texts, **arrays,
                          segments=[old.segments[row] for row in kept])
    items = ItemFeatures(**{one.name: getattr(snapshot.items, one.name)[kept] for one in fields(ItemFeatures)})
    items = replace(items, together=row_of[items.together], together_weight=np.where(
        row_of[items.together] >= 0, items.together_weight, 0).astype(np.float32))
    was = snapshot.embedding
    embedding = Embedding(was.vectors[kept], was.action_scale[kept], was.answer_scale[kept])
    return with_catalogue(replace(snapshot, items=items, embedding=embedding), catalogue)


def with_catalogue(snapshot: Snapshot, catalogue: Catalogue) -> Snapshot:
    near = {kind: FakeNeighbours(snapshot.embedding, catalogue.of_kind(kind)) for kind in ItemKind
            if catalogue.of_kind(kind).size}
    return replace(snapshot, catalogue=catalogue, neighbours=near, versions={"catalogue": "cut"})


def bent(snapshot: Snapshot, **arrays: object) -> Snapshot:
    """Replace columns of the catalogue."""
    return with_catalogue(snapshot, replace(snapshot.catalogue, **arrays))


def with_texts(snapshot: Snapshot, **texts: object) -> Snapshot:
    return bent(snapshot, texts=replace(snapshot.catalogue.texts, **texts))


def without_categories(snapshot: Snapshot) -> Snapshot:
    return with_texts(snapshot, category=[()] * len(snapshot.catalogue))


def of_kinds(snapshot: Snapshot, *kinds: ItemKind) -> Snapshot:
    return only(snapshot, np.sort(np.concatenate([snapshot.catalogue.of_kind(kind) for kind in kinds])).tolist())


def did(*entries: tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, int]) -> Actions:
    """Actions out of (type, row, days since the last, how often); weekly."""
    if not entries:
        return NO_ACTIONS
    whole = [(*entry, *(1, 1)[len(entry) - 2 :]) for entry in entries]
    names = [kind.value for kind in TYPES]
    last = np.array([NOW - DAY * days for _, _, days, _ in whole], np.int64)
    count = np.array([often for *_, often in whole], np.float32)
    first = (last - 7 * DAY * (count - 1)).astype(np.int64)
    return Actions(
        np.array([row for _, row, *_ in whole], np.int64), np.array([names.index(kind) for kind, *_ in whole], np.int8),
        count, first, last, np.full(len(whole), 2.5, np.float32), evenly_faded(count, first, last),
    )


def somebody(*entries: tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, int], **more: object) -> Profile:
    return Profile(SOMEBODY, PURPOSES, did(*entries), **more)


def asked(**values: object) -> Question:
    return Question(**{"now": NOW, **values})


def live() -> Live:
    return Live(ZoneInfo("Asia/Tokyo"))


def view(profile: Profile, snapshot: Snapshot) -> PersonView:
    return PersonView(profile.actions, NOW, snapshot.catalogue, snapshot.items, snapshot.embedding)
