"""What a customer mostly buys: categories and brands, with their shares."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import purchases

WINDOW_DAYS = 182
MOST = 12


def person_affinity(events: ir.Table, as_of: ir.Table, items: ir.Table) -> ir.Table:
    """Rank the categories and brands of each customer's purchases.

    A share is the part of the customer's basket lines (one per item and basket) of the last `WINDOW_DAYS`.

    Parameters
    ----------
    events : as `history.of_customers` gives them
    as_of : as_of
    items : item_id, category_path, brand

    Returns
    -------
    as_of, person_key, categories, category_shares, brands, brand_shares
        Parallel arrays of at most `MOST`, highest share first.
    """
    bought = purchases(events, as_of, WINDOW_DAYS)
    lines = bought.select("as_of", "person_key", "occasion", "item_id").distinct().join(items, "item_id")
    categories = _top(lines, "category_path", "categories", "category_shares")
    brands = _top(lines, "brand", "brands", "brand_shares")
    return categories.left_join(brands, ["as_of", "person_key"]).select(
        *categories.columns, brands.brands, brands.brand_shares,
    )


def _top(lines: ir.Table, column: str, names: str, shares: str) -> ir.Table:
    counted = lines.group_by("as_of", "person_key", column).aggregate(n=lines.count())
    person = ibis.window(group_by=[counted.as_of, counted.person_key])
    shared = counted.mutate(share=counted.n / counted.n.sum().over(person))
    named = shared.filter(shared[column].notnull())
    best_first = ibis.window(
        group_by=[named.as_of, named.person_key], order_by=[named.share.desc(), named[column]],
    )
    ranked = named.mutate(place=ibis.row_number().over(best_first))
    kept = ranked.filter(ranked.place < MOST)
    return kept.group_by("as_of", "person_key").aggregate(
        **{
            array: kept[values].collect(order_by=kept.place, include_null=True)
            for array, values in ((names, column), (shares, "share"))
        },
    )
