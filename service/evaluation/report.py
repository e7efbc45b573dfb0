"""The report of an evaluation as plain values, for `--json`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from service.evaluation.bootstrap import Interval
from service.evaluation.measuring import Quality
from service.evaluation.occasions import Allowed
from service.evaluation.running import Ranking
from service.evaluation.shop import Shop
from service.evaluation.trial import Trial

DIGITS = 5
STRICT = "fitted as of each time group's first day; own history exact up to the person's moment"
LOOSE = "fitted once on all that is not held out: what others did later leaks in"
UNTIMED = "no times; fitted on the train part"


def as_dict(
    measured: Sequence[Quality], trial: Trial, shop: Shop, rankings: Sequence[Ranking], *, strict: bool,
) -> dict[str, Any]:
    """Everything that was measured; what cannot be said is None."""
    occasions, fits = trial.occasions, {ranking.name: ranking.fits for ranking in rankings}
    return {
        "data": {
            **shop.about,
            "asked": len(occasions),
            "true_items": int(occasions.truth.size),
            "repeated": None if occasions.allowed is Allowed.NEW else _plain(np.mean(occasions.truth_is_repeat)),
        },
        "protocol": trial.protocol,
        "timing": UNTIMED if not trial.is_timed else STRICT if strict else LOOSE,
        "convention": "recall = hits / |truth|; ndcg: binary, ideal over min(k, |truth|); repeat_ and explore_ rank "
                      "only items had before, or only others, for the true ones among them; within_ is the same of the "
                      "unrestricted list; intervals: 95 %, bootstrap over people",
        "models": {one.name: _model(one, fits[one.name]) for one in measured},
    }


def _model(one: Quality, fits: int) -> dict[str, Any]:
    return {
        "fits": fits,
        **{name: _plain(value) for name, value in one.means.items()},
        **{name: round(seconds, 3) for name, seconds in asdict(one.cost).items()},
        "intervals": {name: _ends(interval) for name, interval in one.intervals.items()},
        "against_best_baseline": {
            name: {"difference": _plain(gap.mean), "interval": _ends(gap)} for name, gap in one.against_best.items()
        },
        "groups": {group: _plains(values) for group, values in one.groups.items()},
    }


def _ends(interval: Interval) -> list[float | None]:
    return [_plain(interval.low), _plain(interval.high)]


def _plains(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: float | np.floating[Any]) -> float | None:
    return None if math.isnan(value) else round(float(value), DIGITS)
