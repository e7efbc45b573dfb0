"""New items: nobody has bought them yet, so what they are must say to whom they may be of use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.recommender.person_view import PersonView
from service.recommender.ports import Floats, Ints
from service.recommender.ranking import affinity
from service.recommender.snapshot import Snapshot

NEW_DAYS = 60
"""An item counts as new for so long."""
TASTE = 3.0
HABIT = 0.3
LOYALTY = 0.15
EXPECTED = 1.2
_SOME = 0.5
"""Purchases in a category, or of a brand, that somebody who never bought there is taken to have made."""
_FEW_ITEMS = 5.0


def newcomer_scores(person: PersonView, snapshot: Snapshot, rows: Ints) -> Floats:
    """Score items as if nobody had bought them: by what they are, to this person.

    TASTE · affinity + HABIT · rate(category) + LOYALTY · rate(brand) + EXPECTED · log(answer), where a rate is
    log((the person's purchases there + ½) / (items sold there + 5)).

    Affinity is that of the place which the item's texts give it. Whoever buys much in a category, or of a brand, buys
    more of what comes into it, the more so the fewer items there are. How readily an item answers grows with the
    popularity that its brand, category and price let expect. The weights were chosen on held-out items of the demo
    shop, and hold for other items held out.

    Returns
    -------
    float32, shape (n_rows,)
        Unitless, higher is better; finite for everybody.
    """
    path, brand = snapshot.catalogue.path[rows], snapshot.catalogue.brand[rows]
    habit = _rate(person.bought_of["category"][path], snapshot.sold_in_category[path])
    loyalty = _rate(person.bought_of["brand"][brand], snapshot.sold_of_brand[brand])
    answer = snapshot.embedding.answer_scale[rows]
    expected = np.log(np.where(answer > 0, answer, 1))
    taste = affinity(person, snapshot, rows)
    return np.asarray(TASTE * taste + HABIT * habit + LOYALTY * loyalty + EXPECTED * expected, np.float32)


def _rate(bought: npt.NDArray[np.float64], sold: Floats) -> npt.NDArray[np.float64]:
    return np.asarray(np.log((bought.clip(0) + _SOME) / (sold + _FEW_ITEMS)), np.float64)
