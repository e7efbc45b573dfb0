"""What people really pay for an item."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, purchases

WINDOW_DAYS, WEEK_DAYS = 28, 7


def item_price(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Measure the prices of each item over the last `WINDOW_DAYS`, and over the last `WEEK_DAYS` of them.

    Returns
    -------
    as_of, item_id, price_median, discount_share, price_week, discount_share_week
        Median unit price paid; part of the sold lines that were discounted, in [0, 1]; null where the week sold none.
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    sold = bought.filter((bought.quantity > 0) & bought.amount.notnull())
    price, discounted = sold.amount / sold.quantity, (sold.discount > 0).cast("float64")
    this_week = sold["at"] >= sold.moment - WEEK_DAYS * DAY
    return sold.group_by("as_of", "item_id").aggregate(
        price_median=price.median(),
        discount_share=discounted.mean(),
        price_week=price.median(where=this_week),
        discount_share_week=discounted.mean(where=this_week),
    )
