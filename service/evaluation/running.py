"""Running contenders side by side over the time groups of a trial."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.evaluation.contender import Contender
from service.evaluation.errors import ContenderAtFault
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.time_groups import group_starts
from service.evaluation.trial import Trial
from service.recommender.arrays import Ints

UNTIMED = 0
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds over all time groups: to fit, of them on processors, and to rank what the protocol asks for."""

    fit_s: float
    fit_cpu_s: float
    rank_s: float


@dataclass(frozen=True)
class Ranking:
    """A contender's lists, and what they cost.

    Attributes
    ----------
    name : of the contender
    items : int64, shape (n_occasions, k)
    restricted : lists of only own and of only new items, where the protocol allows all
    cost : of fitting and of `items`
    fits : how often it was fitted
    """

    name: str
    items: Ints
    restricted: Mapping[Allowed, Ints]
    cost: Cost
    fits: int


def evaluate(
    contenders: Sequence[Contender], trial: Trial, k: int, *, strict: bool = True, tell: Tell = lambda _s, _p: None,
) -> list[Ranking]:
    """Let every contender rank every occasion without seeing what came later.

    Where times are known, a model knows what happened before the first day of a time group, of everybody, or, as long
    as its last fit is good, before that of an earlier group; the asker's own history is exact up to their moment.

    Parameters
    ----------
    k : length of the lists
    strict : False fits each model once on all but what was held out: the looser rule of many papers, under which
        what others did after a person's moment leaks into popularity and neighbours
    tell : told stage and share done

    Raises
    ------
    ContenderAtFault
        If a list has a wrong shape, an unknown item, one twice, or one that the protocol masks.
    """
    occasions = trial.occasions
    timed = strict and trial.is_timed
    everything = trial.interactions if timed else trial.without_held_out()
    starts = group_starts(occasions.at) if timed else np.full(len(occasions), UNTIMED)
    groups = np.unique(starts)
    kinds = [Allowed.ALL, Allowed.OWN, Allowed.NEW] if occasions.allowed is Allowed.ALL else [occasions.allowed]
    found = [{kind: np.full((len(occasions), k), -1, np.int64) for kind in kinds} for _ in contenders]
    spent, fitted = np.zeros((len(contenders), 3)), [0] * len(contenders)
    good_until = [-np.inf] * len(contenders)
    for done, start in enumerate(groups):
        chosen = np.flatnonzero(starts == start)
        asked = occasions.take(chosen).asked()
        train = everything.before(int(start)) if timed else everything
        for number, contender in enumerate(contenders):
            share = (done + number / len(contenders)) / len(groups)
            tell(contender.name, share)
            begun, used = time.perf_counter(), time.process_time()
            if start >= good_until[number]:
                contender.fit(train, int(start))
                good_until[number], fitted[number] = int(start) + contender.lasts, fitted[number] + 1
            fit, using = time.perf_counter(), time.process_time()
            for place, kind in enumerate(kinds):
                question = asked.among(kind)
                items = contender.rank(question, k)
                if place == 0:
                    spent[number] += fit - begun, using - used, time.perf_counter() - fit
                check_lists(contender.name, items, question, k)
                found[number][kind][chosen] = items
    return [
        Ranking(contender.name, lists.pop(kinds[0]), lists, Cost(*map(float, seconds)), fits=fits)
        for contender, lists, seconds, fits in zip(contenders, found, spent, fitted, strict=True)
    ]


def check_lists(name: str, items: Ints, asked: Occasions, k: int) -> None:
    """See that lists are lists.

    Raises
    ------
    ContenderAtFault
        If not; the text says why.
    """
    n_items = asked.history.n_items
    if items.shape != (len(asked), k):
        raise ContenderAtFault(f"{name} gave lists of shape {items.shape}, not {(len(asked), k)}.")
    if items.size and (items.min() < -1 or items.max() >= n_items):
        raise ContenderAtFault(f"{name} recommends an item outside 0 to {n_items - 1}.")
    ordered = np.sort(items, axis=1)
    if ((np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] >= 0)).any():
        raise ContenderAtFault(f"{name} recommends an item twice to one person.")
    if asked.allowed is not Allowed.ALL:
        row, column = np.nonzero(items >= 0)
        if (asked.contains(asked.seen, row, items[row, column]) != (asked.allowed is Allowed.OWN)).any():
            raise ContenderAtFault(f"{name} recommends what is not allowed: {asked.allowed} items alone are.")
