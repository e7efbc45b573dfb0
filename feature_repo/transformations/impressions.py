"""What a customer was shown and did not take up: it tires, and advertising of it is capped."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, before

WINDOW_DAYS = 60
MOST_ENTRIES = 500
TAKEN_UP = ("VIEW", "CLICK", "ADD_TO_CART", "PURCHASE", "LIKE", "SHARE")
"""Whoever does one of these with an item has not ignored it."""


def impressions(log: ir.Table, items: ir.Table) -> ir.Table:
    """Find what customers were shown; what is sensitive is part of no profile.

    Parameters
    ----------
    log : customer_id, type, item_id, occurred_at
    items : item_id, campaign_id, sensitive

    Returns
    -------
    person_key, item_id, occurred_at, at, is_ad
        `at` is in epoch seconds.
    """
    shown = log.filter((log.type == "IMPRESSION") & log.customer_id.notnull())
    told = items.filter(~items.sensitive).select("item_id", is_ad=items.campaign_id.notnull())
    return shown.join(told, "item_id").select(
        "item_id",
        "occurred_at",
        "is_ad",
        person_key="c:" + shown.customer_id,
        at=shown.occurred_at.epoch_seconds().cast("int64"),
    )


def ignored(shown: ir.Table, events: ir.Table, as_of: ir.Table, prefix: str) -> ir.Table:
    """Count what each customer was shown within `WINDOW_DAYS` and since they last took the item up.

    Parameters
    ----------
    shown : as `impressions` gives them, of the wanted kinds
    events : as `history.of_customers` gives them
    as_of : as_of
    prefix : begins the name of each feature

    Returns
    -------
    as_of, person_key, {prefix}_item_id, {prefix}_count, {prefix}_days, {prefix}_at
        Four parallel arrays of at most `MOST_ENTRIES`, what was shown last first: how often, on how many UTC days, and
        when last in epoch seconds.
    """
    keys = ["as_of", "person_key", "item_id"]
    taken = before(events.filter(events.type.isin(TAKEN_UP) & events.item_id.notnull()), as_of)
    latest = taken.group_by(keys).aggregate(taken_at=taken["at"].max())
    late = before(shown, as_of)
    late = late.filter(late["at"] >= late.moment - WINDOW_DAYS * DAY)
    joined = late.left_join(latest, keys)
    passed = joined.filter(joined.taken_at.isnull() | (joined["at"] > joined.taken_at))
    entries = passed.group_by(keys).aggregate(
        count=passed.count(), days=(passed["at"] // DAY).nunique(), last_at=passed["at"].max(),
    )
    newest_first = ibis.window(
        group_by=[entries.as_of, entries.person_key], order_by=[entries.last_at.desc(), entries.item_id],
    )
    ranked = entries.mutate(place=ibis.row_number().over(newest_first))
    kept = ranked.filter(ranked.place < MOST_ENTRIES)
    names = {"item_id": "item_id", "count": "count", "days": "days", "at": "last_at"}
    return kept.group_by("as_of", "person_key").aggregate(
        **{f"{prefix}_{name}": kept[column].collect(order_by=kept.place) for name, column in names.items()},
    )
