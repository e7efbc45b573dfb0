"""How many people buy an item, and whether more of them do lately."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, purchases

DAYS = (1, 3, 7, 28, 91)
WEEK, QUARTER = 7, 91
SMOOTHING = 0.05
"""Buyers a day that are added to both rates of the trend, so that one sale of a slow item is no boom."""


def item_popularity(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Count the buyers of each item over several windows.

    Returns
    -------
    as_of, item_id, buyers_1, buyers_3, buyers_7, buyers_28, buyers_91, trend
        `trend` is log((buyers_7 / 7 + s) / (buyers_91 / 91 + s)) with s = `SMOOTHING`; above 0 the item is rising.
    """
    bought = purchases(events, as_of, QUARTER)
    buyer = bought.group_by("as_of", "moment", "item_id", "person_key").aggregate(last_at=bought["at"].max())
    counted = buyer.group_by("as_of", "item_id").aggregate(
        **{
            f"buyers_{days}": (buyer.last_at >= buyer.moment - days * DAY).cast("int64").sum()
            for days in DAYS
        },
    )
    return counted.mutate(
        trend=((counted.buyers_7 / WEEK + SMOOTHING) / (counted.buyers_91 / QUARTER + SMOOTHING)).ln(),
    )
