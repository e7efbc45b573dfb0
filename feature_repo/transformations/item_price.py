"""What people really pay for an item."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.transformations.history import purchases

WINDOW_DAYS = 28


def item_price(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Measure the prices of each item over the last `WINDOW_DAYS`.

    Returns
    -------
    as_of, item_id, price_median, discount_share
        Median unit price paid; part of the sold lines that were discounted, in [0, 1].
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    sold = bought.filter((bought.quantity > 0) & bought.amount.notnull())
    return sold.group_by("as_of", "item_id").aggregate(
        price_median=(sold.amount / sold.quantity).median(),
        discount_share=(sold.discount > 0).cast("float64").mean(),
    )
