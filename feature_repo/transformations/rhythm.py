"""When a customer comes: the gap between baskets, and the hours of the week."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, before
from feature_repo.transformations.local_time import hour_of_week
from feature_repo.transformations.rfm import person_baskets

HOURS = 168


def person_rhythm(events: ir.Table, as_of: ir.Table, hours: ir.Table, changes: list[tuple[int, int]]) -> ir.Table:
    """Measure each customer's rhythm.

    Parameters
    ----------
    events : as `history.of_customers` gives them
    as_of : as_of
    hours : hour
        The 168 hours of a week.
    changes : as `local_time.offsets` gives them, for the shop's zone

    Returns
    -------
    as_of, person_key, mean_gap_days, days_since_last, hour_of_week
        `mean_gap_days` is null with a single basket; `hour_of_week` has 168 shares of the hours in which the
        customer did something, Monday 00:00 first.
    """
    basket = person_baskets(events, as_of)
    gaps = basket.group_by("as_of", "person_key").aggregate(
        mean_gap_days=(basket["at"].max() - basket["at"].min()) / DAY / (basket.count() - 1).nullif(0),
        days_since_last=(basket.moment.max() - basket["at"].max()) / DAY,
    )
    seen = before(events, as_of)
    active = seen.select("as_of", "person_key", hour_at=seen["at"] // 3_600).distinct()
    active = active.mutate(hour=hour_of_week(active.hour_at * 3_600, changes))
    counted = active.group_by("as_of", "person_key", "hour").aggregate(n=active.count())
    totals = counted.group_by("as_of", "person_key").aggregate(total=counted.n.sum())
    grid = totals.cross_join(hours)
    filled = grid.left_join(counted, ["as_of", "person_key", "hour"]).select(
        "as_of", "person_key", "hour", share=lambda t: ibis.coalesce(t.n, 0) / t.total,
    )
    histogram = filled.group_by("as_of", "person_key").aggregate(
        hour_of_week=filled.share.collect(order_by=filled.hour),
    )
    return histogram.left_join(gaps, ["as_of", "person_key"]).select(
        *histogram.columns, gaps.mean_gap_days, gaps.days_since_last,
    )
