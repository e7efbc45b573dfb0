"""Which items share baskets."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import purchases

WINDOW_DAYS = 182
FEWEST_BASKETS = 5
"""Items in fewer baskets are left out: their company is chance."""
FEWEST_SHARED = 3
MOST_LINES = 40
"""Larger baskets (one in thirty of a supermarket's, but half of all pairs) tell little of any one pair: they count
for neither item of it, only for how often each is bought."""
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
    lines = bought.select("as_of", "occasion", "item_id").distinct()
    counts = lines.group_by("as_of", "item_id").aggregate(baskets=lines.count())
    counts = counts.filter(counts.baskets >= FEWEST_BASKETS)
    # Pairs of small integers are far cheaper to count than pairs of strings.
    in_order = ibis.window(order_by=[counts.as_of, counts.item_id])
    items = counts.mutate(item=ibis.row_number().over(in_order).cast("int32"))
    known = lines.join(items, ["as_of", "item_id"])
    # Exploding each basket's array twice needs no join of the lines with themselves, which engines misjudge.
    baskets = known.group_by("as_of", "occasion").aggregate(items=known.item.collect())
    baskets = baskets.filter(baskets["items"].length() <= MOST_LINES)
    one = baskets.select("items", a=baskets["items"].unnest())
    met = one.select("a", b=one["items"].unnest())
    met = met.filter(met.a < met.b)
    pairs = met.group_by("a", "b").aggregate(shared=met.count())
    pairs = pairs.filter(pairs.shared >= FEWEST_SHARED)
    both = pairs.union(pairs.select(a=pairs.b, b=pairs.a, shared=pairs.shared))
    return _strongest(both, items)


def _strongest(pairs: ir.Table, items: ir.Table) -> ir.Table:
    left = items.select(a="item", baskets_a="baskets")
    right = items.select(b="item", baskets_b="baskets")
    weighed = pairs.join(left, "a").join(right, "b")
    weighed = weighed.select(
        "a",
        "b",
        weight=weighed.shared / ((weighed.baskets_a * weighed.baskets_b).cast("float64").sqrt() + DAMPING),
    )
    # Items are numbered in the order of their ids, so equal weights are ordered by id.
    strongest_first = ibis.window(group_by=weighed.a, order_by=[weighed.weight.desc(), weighed.b])
    ranked = weighed.mutate(place=ibis.row_number().over(strongest_first))
    kept = ranked.filter(ranked.place < MOST)
    named = items.select("as_of", "item_id", a="item")
    kept = kept.join(named, "a").join(items.select(b="item", other_id="item_id"), "b")
    return kept.group_by("as_of", "item_id").aggregate(
        together_item_ids=kept.other_id.collect(order_by=kept.place, include_null=True),
        together_weights=kept.weight.collect(order_by=kept.place, include_null=True),
    )
