"""Which items share baskets."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import purchases

WINDOW_DAYS = 182
FEWEST_BASKETS = 5
"""Items in fewer baskets are left out: their company is chance."""
FEWEST_SHARED = 2
DAMPING = 5.0
"""Baskets added below the line, so that two rare items once met do not look inseparable."""
MOST = 20


def item_bought_together(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Find the company of each item: weight = shared / (sqrt(baskets of one * baskets of the other) + `DAMPING`).

    Returns
    -------
    as_of, item_id, together_item_ids, together_weights
        Parallel arrays of at most `MOST`, strongest first; weights in [0, 1].
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    lines = bought.select("as_of", "person_key", "occasion", "item_id").distinct()
    counts = lines.group_by("as_of", "item_id").aggregate(baskets=lines.count())
    counts = counts.filter(counts.baskets >= FEWEST_BASKETS)
    # Small integers instead of strings make the pairs four times cheaper to count.
    items = counts.mutate(item=ibis.row_number().over(ibis.window(order_by=[counts.as_of, counts.item_id])))
    one = lines.join(items, ["as_of", "item_id"]).select("person_key", "occasion", "as_of", "item")
    other = one.view()
    met = one.join(
        other,
        [
            one.as_of == other.as_of,
            one.person_key == other.person_key,
            one.occasion == other.occasion,
            one.item < other.item,
        ],
    ).select(a=one.item, b=other.item)
    pairs = met.group_by("a", "b").aggregate(shared=met.count())
    pairs = pairs.filter(pairs.shared >= FEWEST_SHARED)
    both = pairs.union(pairs.select(a=pairs.b, b=pairs.a, shared=pairs.shared))
    return _strongest(both, items)


def _strongest(pairs: ir.Table, items: ir.Table) -> ir.Table:
    left = items.select("as_of", "item_id", a="item", baskets_a="baskets")
    right = items.select(b="item", other_id="item_id", baskets_b="baskets")
    weighed = pairs.join(left, "a").join(right, "b")
    weighed = weighed.mutate(
        weight=weighed.shared / ((weighed.baskets_a * weighed.baskets_b).cast("float64").sqrt() + DAMPING),
    )
    strongest_first = ibis.window(group_by=weighed.a, order_by=[weighed.weight.desc(), weighed.other_id])
    ranked = weighed.mutate(place=ibis.row_number().over(strongest_first))
    kept = ranked.filter(ranked.place < MOST)
    return kept.group_by("as_of", "item_id").aggregate(
        together_item_ids=kept.other_id.collect(order_by=kept.place),
        together_weights=kept.weight.collect(order_by=kept.place),
    )
