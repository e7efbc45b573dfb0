"""Last basket: what is in a customer's last order, foreseen from all the orders before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.evaluation.errors import DataUnusable
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.trial import Trial, person_keys

LEAST_BASKETS = 3


def last_basket(interactions: Interactions, keys: Sequence[str] | None = None) -> Trial:
    """Hold out the last basket of everybody with at least three; what they bought before may come again.

    A basket's time is that of its first line. Of two at the same time the one with the higher number is the last;
    the other is then neither history nor truth.

    Parameters
    ----------
    keys : names of the people, length n_people

    Raises
    ------
    DataUnusable
        If nobody has three baskets.
    """
    orders = interactions.first_of_each(interactions.basket)
    people = np.flatnonzero(np.diff(orders.starts) >= LEAST_BASKETS).astype(np.int64)
    if not people.size:
        raise DataUnusable(
            f"Nobody has {LEAST_BASKETS} baskets, so no last one can be held out; try --protocol leave-one-out."
        )
    last = orders.starts[people + 1] - 1
    held_basket = np.full(interactions.n_people, -1)
    held_basket[people] = orders.basket[last]
    held = interactions.keep(interactions.basket == held_basket[interactions.person])
    occasions = Occasions(
        person=people, keys=person_keys(keys, people), at=orders.at[last], history=interactions,
        start=interactions.starts[people], end=interactions.ends_before(people, orders.at[last]),
        truth=held.item[np.lexsort((held.item, held.person))], truth_start=np.append(held.starts[people], len(held)),
        allowed=Allowed.ALL,
    )
    return Trial("last-basket", interactions, occasions, is_timed=True)
