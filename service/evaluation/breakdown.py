"""Groups of people whose quality is told apart: by history, by stage of life with the shop, and those the shop has.

No mean of fewer than `SMALLEST` people is told, nor can it be worked out from those that are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.evaluation.interactions import Mask
from service.evaluation.lifecycle import lifecycle_stages
from service.evaluation.shop import Shop
from service.evaluation.time_groups import DAY
from service.evaluation.trial import Trial
from service.recommender.arrays import Floats
from service.recommender.segment_sizes import SMALLEST, withhold

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
    families = [_named("history", LENGTHS, size, np.quantile(size, (1 / 3, 2 / 3)).tolist())]
    if trial.is_timed and (size > 0).all():
        ago = (occasions.at - occasions.history.at[occasions.end - 1]) / DAY
        families.append(_named("last seen", LAST_SEEN, ago.astype(np.float32), LAST_SEEN_DAYS))
    if trial.is_timed:
        stages = np.array([stage or "" for stage in lifecycle_stages(trial)], np.str_)
        families.append({str(stage): stages == stage for stage in np.unique(stages[stages != ""])})
    families += [{f"segment {name}": np.isin(occasions.person, people)} for name, people in shop.segments.items()]
    return telling(families)


def telling(families: Sequence[Mapping[str, Mask]]) -> Mapping[str, Mask]:
    """Keep the groups whose means single nobody out, beside those of everybody and of all other groups kept.

    Parameters
    ----------
    families : groups that exclude each other, bool, shape (n,)
    """
    told: dict[str, Mask] = {}
    for family in families:
        everybody = next((mask.size for mask in family.values()), 0)
        for name in withhold({name: int(mask.sum()) for name, mask in family.items()}, everybody):
            if not any(_few_apart(family[name], other) for other in told.values()):
                told[name] = family[name]
    return told


def _few_apart(one: Mask, other: Mask) -> bool:
    """Whether one group is the other and a few more people, whose mean would follow from both."""
    more, less = int((one & ~other).sum()), int((other & ~one).sum())
    return min(more, less) == 0 and 0 < max(more, less) < SMALLEST


def _named(kind: str, names: Sequence[str], values: Floats, edges: Sequence[float]) -> dict[str, Mask]:
    part = np.searchsorted(np.asarray(edges), values, side="left")
    return {f"{kind} {name}": part == number for number, name in enumerate(names)}
