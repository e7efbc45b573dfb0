"""Stages of life with the shop, as those who are asked were at their own moments: new, active, at risk or lapsed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from index.segment_learning import usual_gap_days
from service.evaluation.interactions import Interactions
from service.evaluation.time_groups import DAY, group_starts
from service.evaluation.trial import Trial
from service.recommender.lifetime import Doubles
from service.recommender.segment_rules import by_lifecycle
from service.recommender.segmentation import Segmentation
from service.recommender.traits import Traits


def lifecycle_stages(trial: Trial) -> list[str | None]:
    """Tell each occasion's stage, such as ``lifecycle at risk``, by the very rule that segments are made by.

    Of the person it knows the orders before their moment; of everybody's rhythm, as the models do, what there was
    before the first day of the occasion's time group. Where a shop has no purchases, days with any action are its
    orders.

    Parameters
    ----------
    trial : timed, and each person is asked once

    Returns
    -------
    length n; None where there was no order before
    """
    orders, occasions = trial.interactions.first_of_each(trial.interactions.basket), trial.occasions
    group = group_starts(occasions.at)
    everybody = {
        int(start): Segmentation(usual_gap_days=usual_gap_days(_mean_gaps(orders.before(int(start)))))
        for start in np.unique(group)
    }
    asked = zip(
        occasions.at.tolist(), orders.starts[occasions.person].tolist(),
        orders.ends_before(occasions.person, occasions.at).tolist(), group.tolist(), strict=True,
    )
    return [_stage(_traits(orders, start, end, at), everybody[known]) for at, start, end, known in asked]


def _stage(person: Traits, everybody: Segmentation) -> str | None:
    stage = next(by_lifecycle(person, everybody), None)
    return None if stage is None else stage.key.replace(".", " ").replace("_", " ")


def _traits(orders: Interactions, start: int, end: int, at: int) -> Traits:
    """What the feature store would have said of a person at a moment, as far as the stage depends on it."""
    if start == end:
        return Traits()
    first, last, frequency = int(orders.at[start]), int(orders.at[end - 1]), end - start
    found: Mapping[str, float | None] = {
        "recency_days": (at - last) // DAY, "frequency": frequency, "first_order_at": first, "last_order_at": last,
        "mean_gap_days": (last - first) / DAY / (frequency - 1) if frequency > 1 else None,
    }
    return Traits(found)


def _mean_gaps(orders: Interactions) -> Doubles:
    """Mean days between the orders of whoever has several."""
    counts = np.diff(orders.starts)
    several = np.flatnonzero(counts > 1)
    span = orders.at[orders.starts[several + 1] - 1] - orders.at[orders.starts[several]]
    return np.asarray(span / DAY / (counts[several] - 1), np.float64)
