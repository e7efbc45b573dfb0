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
    by_basket = np.lexsort((interactions.at, interactions.basket, interactions.person))
    person, basket = interactions.person[by_basket], interactions.basket[by_basket]
    is_first = np.ones(person.size, np.bool_)
    is_first[1:] = (np.diff(person) != 0) | (np.diff(basket) != 0)
    first = np.flatnonzero(is_first)  # the earliest line of each basket
    at, sizes = interactions.at[by_basket][first], np.diff(np.append(first, person.size))
    order = np.lexsort((basket[first], at, person[first]))
    counts = np.bincount(person, weights=is_first, minlength=interactions.n_people).astype(np.int64)
    ends = np.cumsum(counts)
    people = np.flatnonzero(counts >= LEAST_BASKETS)
    if not people.size:
        raise DataUnusable(
            f"Nobody has {LEAST_BASKETS} baskets, so no last one can be held out; try --protocol leave-one-out."
        )
    last = order[ends[people] - 1]
    held, start = at[last], interactions.starts[people]
    before = np.zeros(len(interactions), np.int64)
    moment = np.full(interactions.n_people, np.iinfo(np.int64).min)
    moment[people] = held
    before[:] = interactions.at < moment[interactions.person]
    truths = [np.unique(interactions.item[by_basket[first[one] : first[one] + sizes[one]]]) for one in last]
    occasions = Occasions(
        person=people.astype(np.int64), keys=person_keys(keys, people), at=held, history=interactions, start=start,
        end=start + np.bincount(interactions.person, weights=before, minlength=before.size)[people].astype(np.int64),
        truth=np.concatenate(truths), truth_start=np.cumsum([0, *map(len, truths)]).astype(np.int64),
        allowed=Allowed.ALL,
    )
    return Trial("last-basket", interactions, occasions, is_timed=True)
