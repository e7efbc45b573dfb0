"""How a customer stands to prices: discounts, coupons, and the shelf they reach for."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import purchases

WINDOW_DAYS = 182


def person_price(events: ir.Table, as_of: ir.Table, items: ir.Table) -> ir.Table:
    """Measure each customer's discounts and price level over the last `WINDOW_DAYS`.

    Parameters
    ----------
    events : as `history.of_customers` gives them
    as_of : as_of
    items : item_id, type_path

    Returns
    -------
    as_of, person_key, discounted_share, saved_share, price_level
        `discounted_share`: part of the lines bought at a discount; `saved_share`: part of the undiscounted value that
        was saved; `price_level`: mean of unit price paid over the median unit price of the item's category among all
        customers in the same window, 1 being the usual.
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    sold = bought.filter((bought.quantity > 0) & (bought.amount > 0))
    lines = sold.left_join(items, "item_id").select(
        "as_of", "person_key", "amount", "discount", "type_path", unit_price=sold.amount / sold.quantity,
    )
    usual = lines.group_by("as_of", "type_path").aggregate(usual_price=lines.unit_price.median())
    priced = lines.left_join(usual, ["as_of", "type_path"]).select(*lines.columns, "usual_price")
    return priced.group_by("as_of", "person_key").aggregate(
        discounted_share=(priced.discount > 0).cast("float64").mean(),
        saved_share=priced.discount.sum() / (priced.amount + priced.discount).sum(),
        price_level=(priced.unit_price / priced.usual_price.nullif(ibis.literal(0.0))).mean(),
    )
