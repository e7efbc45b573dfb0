"""Recency, frequency and monetary value, and what a customer's stage of life with the shop is told from."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, purchases

WINDOW_DAYS = 91


def person_baskets(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Sum purchases up to baskets: as_of, moment, person_key, occasion, at, amount."""
    bought = purchases(events, as_of)
    return bought.group_by("as_of", "moment", "person_key", "occasion").aggregate(
        at=bought["at"].min(), amount=bought.amount.sum(),
    )


def person_rfm(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Tell how lately, how often and for how much each customer bought.

    Returns
    -------
    as_of, person_key, recency_days, frequency, frequency_91, monetary_91, mean_basket_value, first_order_at, \
    last_order_at
        Frequencies in baskets, money in the shop's currency, times in epoch seconds.
    """
    basket = person_baskets(events, as_of)
    late = basket["at"] >= basket.moment - WINDOW_DAYS * DAY
    return basket.group_by("as_of", "person_key").aggregate(
        recency_days=(basket.moment.max() - basket["at"].max()) // DAY,
        frequency=basket.count(),
        frequency_91=late.cast("int64").sum(),
        monetary_91=late.ifelse(basket.amount, 0.0).sum(),
        mean_basket_value=basket.amount.mean(),
        first_order_at=basket["at"].min(),
        last_order_at=basket["at"].max(),
    )
