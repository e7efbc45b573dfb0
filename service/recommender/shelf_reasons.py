"""Reasons of shelves: what a whole shelf rests on, and how often a page may say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.recommender.actions import PURCHASE
from service.recommender.arrays import Floats, Ints
from service.recommender.events import DAY, EventType
from service.recommender.loudness import MOST_EVIDENCE
from service.recommender.person_view import PersonView
from service.recommender.reasons import Evidence, EvidenceKind, Reason, ReasonCode
from service.recommender.scoring import taste_falls
from service.recommender.snapshot import Snapshot
from service.recommender.subjects import FADES_IN_DAYS
from service.recommender.wording import ItemTitles, Message

FRONT = 12
"""Items of a shelf that are on the page at once."""
CONTENTS = "reading"
"""The shelf of contents, which may say of them what another says of products."""
ALWAYS_UP = "for_you"
"""The shelf that never gives way to another of the same reason."""


def heading(key: str, *, personal: bool, anchor: int | None = None) -> tuple[Message, Reason]:
    """Title and reason of a shelf; `anchor` is the row of the purchase that it starts from."""
    code = ReasonCode.EDITORIAL if key == "reading" and not personal else _CODES[key]
    text = f"{key}.everybody" if key in {"on_sale", "reading"} and not personal else key
    values: dict[str, object] = {}
    evidence: tuple[Evidence, ...] = ()
    if anchor is not None:
        values = {"items": ItemTitles((anchor,))}
        evidence = (Evidence(EvidenceKind.ACTION, anchor, EventType.PURCHASE),)
    reason = Reason(code, Message(f"shelf_reason.{text}", values), 1.0, evidence)
    return Message(f"shelf.{text}", values), reason


def resting(key: str, person: PersonView, snapshot: Snapshot, rows: Ints) -> tuple[Evidence, ...]:
    """What the person did that a whole shelf rests on: what speaks loudest for all that is in front.

    Parameters
    ----------
    key : the shelf's
    rows : of the shelf's items, in order
    """
    actions = person.actions
    if key == "buy_again":
        again = [row for row in map(int, rows) if row in actions.purchases.item]
        return tuple(Evidence(EvidenceKind.ACTION, row, EventType.PURCHASE) for row in again[:MOST_EVIDENCE])
    if key not in {"for_you", "reading", "discover"} or not len(actions):
        return ()
    front = np.asarray(rows[:FRONT], np.int64)
    loud = _about(person, snapshot, front) if key == "reading" else np.zeros(len(actions), np.float32)
    if not loud.any():
        length = np.maximum(snapshot.vector_norm[front], 1e-9)[:, None]
        loud = (taste_falls(person, front) / length).sum(axis=0)
    heard = (actions.type == PURCHASE) if key == "for_you" and len(actions.purchases) else actions.interest_weight > 0
    best = np.argsort(-np.where(heard, loud, -np.inf), kind="stable")[:MOST_EVIDENCE]
    done = (actions.key(int(index)) for index in best if heard[index])
    return tuple(Evidence(EvidenceKind.ACTION, row, kind) for kind, row in done)


def _about(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """How much each action is about what contents are about, older ones fading, shape (n_actions,)."""
    actions, subjects = person.actions, snapshot.subjects
    codes = np.concatenate([np.empty(0, np.int64), *(subjects.of_row(row) for row in rows.tolist())])
    often = np.bincount(codes, minlength=len(snapshot.catalogue.paths))[snapshot.catalogue.path[actions.item]]
    faded = actions.count * np.exp(-(person.now - actions.last_at) / DAY / FADES_IN_DAYS)
    return np.asarray(np.where(actions.type == PURCHASE, often * faded, 0), np.float32)


def repeating(said: Sequence[tuple[str, Reason]]) -> frozenset[str]:
    """Keys of the shelves that would say again what another of the page says: one reason, for the same actions.

    Parameters
    ----------
    said : key and reason of each shelf, in the order of the page
    """
    kept, over = set(), set()
    for key, reason in sorted(said, key=lambda one: one[0] != ALWAYS_UP):
        same = (reason.code, reason.actions, key == CONTENTS)
        if reason.actions and same in kept:
            over.add(key)
        kept.add(same)
    return frozenset(over)


_CODES = {
    "buy_again": ReasonCode.BUY_AGAIN, "because": ReasonCode.BOUGHT_TOGETHER, "on_sale": ReasonCode.ON_SALE,
    "reading": ReasonCode.YOUR_ACTION, "sponsored": ReasonCode.SPONSORED, "discover": ReasonCode.YOUR_ACTION,
    "for_you": ReasonCode.YOUR_ACTION, "trending": ReasonCode.TRENDING, "new": ReasonCode.NEW,
    "popular": ReasonCode.POPULAR,
}
