"""Parts of the train data that are hidden to choose settings by; the test data are never looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.evaluation.errors import DataUnusable
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.evaluation.protocols.given_split import masked_occasions
from service.evaluation.time_groups import DAY

HIDDEN_DAYS = 28
HIDDEN_PART = 0.2


@dataclass(frozen=True)
class Carve:
    """What is fitted on, and the new items that are to be found."""

    fitted_on: Interactions
    occasions: Occasions


def carves(interactions: Interactions, number: int, people: int, seed: int) -> list[Carve]:
    """Hide by time where there are times, else by several seeded draws.

    By time: the last four weeks, then the four before them, and so on; the truth is what people took in them for the
    first time. By draw: a fifth of each person's items.

    Parameters
    ----------
    number : of carves
    people : most people that are asked in each, a seeded sample

    Raises
    ------
    DataUnusable
        If nothing can be hidden that would leave somebody something.
    """
    timed = interactions.at.min(initial=0) < interactions.at.max(initial=0)
    found = []
    for index in range(number):
        fitted_on, hidden = _by_time(interactions, index) if timed else _by_draw(interactions, [seed, index])
        known = fitted_on.starts[hidden.person + 1] > fitted_on.starts[hidden.person]
        pairs = hidden.keep(known)
        if not len(pairs) or not len(fitted_on):
            continue
        occasions = masked_occasions(fitted_on, pairs.person, pairs.item)
        if len(occasions) > people:
            chosen = np.random.default_rng([seed, index, 1]).choice(len(occasions), people, replace=False)
            occasions = occasions.take(np.sort(chosen))
        found.append(Carve(fitted_on, occasions))
    if not found:
        raise DataUnusable(f"{len(interactions):,} interactions are too few to hide a part of them; nothing is tuned.")
    return found


def _by_time(interactions: Interactions, index: int) -> tuple[Interactions, Interactions]:
    until = int(interactions.at.max()) + 1 - index * HIDDEN_DAYS * DAY
    since = until - HIDDEN_DAYS * DAY
    before = interactions.before(since)
    hidden = interactions.keep((interactions.at >= since) & (interactions.at < until))
    known = before.took
    is_new = ~Occasions.contains(known, hidden.person, hidden.item)
    return before, hidden.keep(is_new)


def _by_draw(interactions: Interactions, seed: list[int]) -> tuple[Interactions, Interactions]:
    hidden = np.random.default_rng(seed).random(len(interactions)) < HIDDEN_PART
    return interactions.keep(~hidden), interactions.keep(hidden)
