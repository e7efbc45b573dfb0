"""New items: nobody has bought them yet, so what they are must say to whom they may be of use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.recommender.actions import PURCHASE
from service.recommender.arrays import Floats, Ints
from service.recommender.embedding import cosine_falls
from service.recommender.events import DAY
from service.recommender.person_view import PersonView
from service.recommender.snapshot import Snapshot

NEW_DAYS = 60
"""An item counts as new for so long."""
TASTE = 3.2
HABIT = 0.32
LOYALTY = 0.28
DEMAND = 0.75
FADES_IN = 200.0
"""Days in which an action fades to 1/e of what it says about taste."""
_SOME = 0.5
"""Purchases in a category, or of a brand, that somebody who never bought there is taken to have made."""
_FEW_ITEMS = 5.0


def newcomer_scores(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Score items as if nobody had bought them: by what they are, to this person.

    TASTE · affinity + HABIT · rate(category) + LOYALTY · rate(line) + DEMAND · expected demand, where a line is what a
    brand offers in a department, and a rate is log((the person's purchases there + ½) / (items sold there + 5)).

    Affinity is that of the place which the item's texts give it, to what the person does often and lately. Whoever buys
    much in a category, or of a line, buys more of what comes into it, the more so the fewer items there are. The
    weights were chosen on held-out items of the demo shop, and hold for other items held out.

    Returns
    -------
    float32, shape (n_rows,)
        Unitless, higher is better; finite for everybody.
    """
    habit = _rates(person, snapshot.catalogue.path, snapshot.sold_in_category, rows)
    loyalty = _rates(person, snapshot.catalogue.line, snapshot.sold_of_line, rows)
    score = TASTE * _affinity(person, snapshot, rows) + HABIT * habit + LOYALTY * loyalty
    return np.asarray(score + DEMAND * snapshot.expected_demand[rows], np.float32)


def newcomer_falls(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Tell how far each of those scores falls when the person had not done one thing, shape (n_rows, n_actions)."""
    actions, catalogue, embedding = person.actions, snapshot.catalogue, snapshot.embedding
    added = embedding.added(actions.item, _taste_weight(person))
    answers = embedding.vectors[rows] * embedding.answer_scale[rows][:, None]
    length = np.maximum(snapshot.vector_norm[rows], 1e-9)[:, None]
    total = TASTE * cosine_falls(added, np.asarray(answers @ added.T, np.float32)) / length
    count = np.where(actions.type == PURCHASE, actions.count, 0).clip(0)
    for weight, codes, sold in (
        (HABIT, catalogue.path, snapshot.sold_in_category), (LOYALTY, catalogue.line, snapshot.sold_of_line),
    ):
        bought = _bought(person, codes, sold.size)[codes[actions.item]] + _SOME
        alike = codes[rows][:, None] == codes[actions.item]
        total = total + weight * np.where(alike, np.log(bought / (bought - count)), 0)
    return np.asarray(total, np.float32)


def _affinity(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Cosine of items and of what the person did, often and lately above all; 0 for nobody."""
    return snapshot.cosines(snapshot.embedding.person_vector(person.actions.item, _taste_weight(person)), rows)


def _taste_weight(person: PersonView) -> Floats:
    """How strongly each action speaks of the person's taste, shape (n_actions,)."""
    actions = person.actions
    faded = np.exp(-((person.now - actions.last_at) / DAY).clip(0) / FADES_IN)
    return np.asarray(actions.interest_weight * np.log1p(actions.count.clip(0)) * faded, np.float32)


def _rates(
    person: PersonView, codes: npt.NDArray[np.int32], sold: Floats, rows: Ints,
) -> npt.NDArray[np.float64]:
    """How much the person buys of each row's code, for what there is of it."""
    bought, there = _bought(person, codes, sold.size)[codes[rows]], sold[codes[rows]]
    return np.asarray(np.log((bought + _SOME) / (there + _FEW_ITEMS)), np.float64)


def _bought(person: PersonView, codes: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.float64]:
    bought = person.actions.purchases
    return np.bincount(codes[bought.item], bought.count.clip(0), size).astype(np.float64)
