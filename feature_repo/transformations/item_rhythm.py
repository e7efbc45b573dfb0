"""Whether and how soon people buy an item again."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, purchases


def item_rhythm(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Measure the repetition of each item.

    Returns
    -------
    as_of, item_id, repeat_gap, repeat_rate, first_sold_at
        `repeat_gap`: median over the people who came back for it of their mean days between two baskets with it, null
        where nobody did; `repeat_rate`: part of its buyers with at least two such baskets; `first_sold_at`: epoch
        seconds.
    """
    bought = purchases(events, as_of)
    basket = bought.group_by("as_of", "occasion", "item_id", "person_key").aggregate(at=bought["at"].min())
    buyer = basket.group_by("as_of", "item_id", "person_key").aggregate(
        baskets=basket.count(), first_at=basket["at"].min(), last_at=basket["at"].max(),
    )
    came_back = buyer.baskets > 1
    gap = (buyer.last_at - buyer.first_at) / DAY / (buyer.baskets - 1).nullif(0)
    return buyer.group_by("as_of", "item_id").aggregate(
        repeat_gap=gap.median(where=came_back),
        repeat_rate=came_back.cast("float64").mean(),
        first_sold_at=buyer.first_at.min(),
    )
