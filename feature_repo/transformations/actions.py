"""A customer's actions as arrays: one entry per type and item, repetitions counted, newest first."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import before, purchases

TYPES = ("PURCHASE", "VIEW", "CLICK", "ADD_TO_CART", "LIKE", "DISLIKE", "RATE", "SHARE")
MOST_ENTRIES = 1_500
DAY = 86_400
FADES_IN_DAYS = (30, 90, 365)
"""In which one repetition fades to 1/e."""


def person_actions(events: ir.Table, as_of: ir.Table, through_sequence: int) -> ir.Table:
    """Collect the actions of each customer.

    Parameters
    ----------
    events : as `history.of_customers` gives them
    as_of : as_of
    through_sequence : the newest event of the live log that is part of `events`

    Returns
    -------
    as_of, person_key, item_id, type, count, first_at, last_at, last_price, faded_30, faded_90, faded_365, baskets,
    through_sequence
        Nine parallel arrays of at most `MOST_ENTRIES`; times in epoch seconds; `count` in distinct baskets for
        purchases, in distinct days otherwise; `last_price` per unit, NaN for what is not a purchase; `faded_30` is
        what is counted, each fading with the days between it and the last by exp(-days/30).
    """
    counted = before(events.filter(events.type.isin(TYPES) & events.item_id.notnull()), as_of)
    occasions = counted.group_by("as_of", "occasion", "item_id", "type", "person_key").aggregate(
        first_at=counted["at"].min(),
        last_at=counted["at"].max(),
        price=counted.amount.sum() / counted.quantity.sum().nullif(0),
    )
    age = (occasions.as_of.epoch_seconds() - occasions.last_at) / DAY
    entries = occasions.group_by("as_of", "person_key", "type", "item_id").aggregate(
        count=occasions.count(),
        first_at=occasions.first_at.min(),
        last_at=occasions.last_at.max(),
        last_price=ibis.coalesce(
            occasions.price.argmax(occasions.last_at, where=occasions.type == "PURCHASE"), ibis.literal(float("nan")),
        ),
        **{f"faded_{days}": (-age / days).exp().sum() for days in FADES_IN_DAYS},
    )
    since = (entries.as_of.epoch_seconds() - entries.last_at) / DAY
    entries = entries.mutate(**{
        f"faded_{days}": (entries[f"faded_{days}"] * (since / days).exp()).cast("float32") for days in FADES_IN_DAYS
    })
    newest_first = ibis.window(
        group_by=[entries.as_of, entries.person_key],
        order_by=[entries.last_at.desc(), entries.type, entries.item_id],
    )
    ranked = entries.mutate(place=ibis.row_number().over(newest_first))
    kept = ranked.filter(ranked.place < MOST_ENTRIES)
    arrays = kept.group_by("as_of", "person_key").aggregate(
        **{
            name: kept[name].collect(order_by=kept.place, include_null=True)
            for name in (
                "item_id", "type", "count", "first_at", "last_at", "last_price",
                *(f"faded_{days}" for days in FADES_IN_DAYS),
            )
        },
    )
    return arrays.left_join(baskets(events, as_of), ["as_of", "person_key"]).select(
        *arrays.columns,
        baskets=lambda joined: ibis.coalesce(joined.baskets, ibis.literal(0, "int64")),
        through_sequence=ibis.literal(through_sequence, "int64"),
    )


def baskets(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Count the distinct baskets of each customer: as_of, person_key, baskets."""
    once = purchases(events, as_of).select("as_of", "person_key", "occasion").distinct()
    return once.group_by("as_of", "person_key").aggregate(baskets=once.count())
