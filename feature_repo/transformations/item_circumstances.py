"""When and where an item is bought, beside everything else: by part of the day, day of the week and channel."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import purchases
from feature_repo.transformations.local_time import hour_of_week

WINDOW_DAYS = 182
DAYPART_HOURS = 4
CHANNELS = ("WEB", "APP", "STORE", "EMAIL", "SOCIAL", "CALL")
"""In the order of the list that is made; what says no channel happened on the web."""
SMOOTHING = 20.0
"""Purchases by the shop's own mix that are added to an item's, so that one sale at night makes no night bird."""


def item_circumstances(events: ir.Table, as_of: ir.Table, changes: list[tuple[int, int]]) -> ir.Table:
    """Tell how much more often than others an item is bought in each part of the day, on each weekday, by each channel.

    Parameters
    ----------
    events : as `history.history` gives them
    as_of : as_of
    changes : as `local_time.offsets` gives them, for the shop's zone

    Returns
    -------
    as_of, item_id, daypart_lift, weekday_lift, channel_lift
        Lists of 6 (from midnight, four hours each), 7 (from Monday) and 6 (in the order of `CHANNELS`) logs of the
        item's share of purchases over that of all items; 0 is as usual.
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    hour = hour_of_week(bought["at"], changes)
    channel = bought.channel.cases(*((name, code) for code, name in enumerate(CHANNELS)), else_=0)
    sales = bought.select(
        "as_of", "item_id", daypart=(hour % 24) // DAYPART_HOURS, weekday=hour // 24, channel=channel,
    )
    parts = {"daypart": 24 // DAYPART_HOURS, "weekday": 7, "channel": len(CHANNELS)}
    counted = sales.group_by("as_of", "item_id").aggregate(
        total=sales.count(),
        **{f"{part}_{code}": (sales[part] == code).cast("int64").sum() for part, size in parts.items()
           for code in range(size)},
    )
    usual = counted.group_by("as_of").aggregate(
        **{f"usual_{part}_{code}": counted[f"{part}_{code}"].sum() / counted.total.sum()
           for part, size in parts.items() for code in range(size)},
    )
    both = counted.join(usual, "as_of")

    def lift(part: str, code: int) -> ir.FloatingValue:
        share = both[f"usual_{part}_{code}"]
        smoothed = (both[f"{part}_{code}"] + SMOOTHING * share) / (both.total + SMOOTHING)
        return (share > 0).ifelse((smoothed / share).ln(), 0.0)

    return both.select(
        "as_of", "item_id",
        **{f"{part}_lift": ibis.array([lift(part, code) for code in range(size)]) for part, size in parts.items()},
    )
