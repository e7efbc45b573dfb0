"""New items: nobody has bought them yet, so what they are must say to whom they may be of use."""

from __future__ import annotations

import numpy as np

from service.recommender.ports import Floats, Ints
from service.recommender.ranking import affinity
from service.recommender.ranking_features import PersonView
from service.recommender.snapshot import Snapshot

NEW_DAYS = 60
"""An item counts as new for so long."""
TASTE = 3.0
HABIT = 0.3
EXPECTED = 1.2
_SOME = 0.5
"""Purchases in a category that somebody who never bought there is taken to have made."""
_FEW_ITEMS = 5.0


def newcomer_scores(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Score items as if nobody had bought them: by what they are, to this person.

    TASTE · affinity + HABIT · log((purchases in the category + ½) / (items sold in it + 5)) + EXPECTED · log(answer).

    Affinity is that of the place which the item's texts give it. Whoever buys much in a category buys more of what
    comes into it, the more so the fewer items there are. How readily an item answers grows with the popularity that
    its brand, category and price let expect. The weights were chosen on held-out items of the demo shop.

    Returns
    -------
    float32, shape (n_rows,)
        Unitless, higher is better; finite for everybody.
    """
    path = snapshot.catalogue.path[rows]
    bought = person.bought_of["category"][path]
    habit = np.log((bought + _SOME) / (snapshot.sold_in_category[path] + _FEW_ITEMS))
    answer = snapshot.embedding.answer_scale[rows]
    expected = np.log(np.where(answer > 0, answer, 1))
    return np.asarray(TASTE * affinity(person, snapshot, rows) + HABIT * habit + EXPECTED * expected, np.float32)
