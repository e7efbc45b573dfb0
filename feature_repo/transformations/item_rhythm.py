"""Whether and how soon people buy an item again."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, purchases


def item_rhythm(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Measure the repetition of each item.

    Returns
    -------
    as_of, item_id, repeat_gap, repeat_rate, first_sold_at
        `repeat_gap`: median days between two successive baskets of one person with the item, null where nobody came
        back; `repeat_rate`: part of its buyers with at least two; `first_sold_at`: epoch seconds.
    """
    bought = purchases(events, as_of)
    basket = bought.group_by("as_of", "item_id", "person_key", "occasion").aggregate(at=bought["at"].min())
    own = ibis.window(
        group_by=[basket.as_of, basket.item_id, basket.person_key], order_by=[basket["at"], basket.occasion],
    )
    stepped = basket.mutate(gap=(basket["at"] - basket["at"].lag().over(own)) / DAY)
    buyer = stepped.group_by("as_of", "item_id", "person_key").aggregate(baskets=stepped.count())
    rates = buyer.group_by("as_of", "item_id").aggregate(repeat_rate=(buyer.baskets > 1).cast("float64").mean())
    gaps = stepped.group_by("as_of", "item_id").aggregate(
        repeat_gap=stepped.gap.median(), first_sold_at=stepped["at"].min(),
    )
    return gaps.join(rates, ["as_of", "item_id"])
