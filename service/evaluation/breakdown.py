"""Groups of people whose quality is told apart: by history, by stage of life with the shop, and those the shop has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.evaluation.interactions import Mask
from service.evaluation.lifecycle import lifecycle_stages
from service.evaluation.shop import Shop
from service.evaluation.time_groups import DAY
from service.evaluation.trial import Trial
from service.recommender.ports import Floats

SMALLEST = 50
"""Of fewer people a mean says little."""
LENGTHS = ("short", "middle", "long")
LAST_SEEN_DAYS = (7, 28)
LAST_SEEN = ("within 7 days", "within 28 days", "longer ago")


def groups_of(trial: Trial, shop: Shop) -> Mapping[str, Mask]:
    """Occasions of each group of at least `SMALLEST` people, bool, shape (n,).

    Keys are ``history short``, ``middle`` and ``long`` (thirds by entries), ``last seen …`` before each person's own
    moment and ``lifecycle …`` at that moment where times are known, and ``segment …`` for those that the shop brought.
    """
    occasions = trial.occasions
    size = (occasions.end - occasions.start).astype(np.float32)
    groups = _named("history", LENGTHS, size, np.quantile(size, (1 / 3, 2 / 3)).tolist())
    if trial.is_timed and (size > 0).all():
        ago = (occasions.at - occasions.history.at[occasions.end - 1]) / DAY
        groups |= _named("last seen", LAST_SEEN, ago.astype(np.float32), LAST_SEEN_DAYS)
    if trial.is_timed:
        stages = np.array([stage or "" for stage in lifecycle_stages(trial)], np.str_)
        groups |= {str(stage): stages == stage for stage in np.unique(stages[stages != ""])}
    groups |= {f"segment {name}": np.isin(occasions.person, people) for name, people in shop.segments.items()}
    return {name: mask for name, mask in groups.items() if mask.sum() >= SMALLEST}


def _named(kind: str, names: Sequence[str], values: Floats, edges: Sequence[float]) -> dict[str, Mask]:
    part = np.searchsorted(np.asarray(edges), values, side="left")
    return {f"{kind} {name}": part == number for number, name in enumerate(names)}
