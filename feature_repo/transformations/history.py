"""The events that count, in the shape that every transformation reads."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

DAY = 86_400
"""Seconds."""


def history(events: ir.Table, forgotten: ir.Table) -> ir.Table:
    """Drop what counts nowhere, and name the person and the occasion of each event.

    Parameters
    ----------
    events : customer_id, visitor_id, type, item_id, occurred_at, quantity, amount, discount, basket_id, offer_code, \
        channel
        The shop's canonical table; imported, live and simulated events alike.
    forgotten : person_key, type, item_id, through
        Actions that a person forbade to use, with all their repetitions up to and including `through`.

    Returns
    -------
    person_key, type, item_id, occurred_at, at, occasion, quantity, amount, discount, offer_code, channel
        `at` is in epoch seconds. Repetitions on one occasion count once: an occasion is the basket of a purchase, and
        otherwise (and for a purchase without a basket) a person's UTC day. It is a number, since numbers are twice
        as fast to group by; only its equality means something.
    """
    at = events.occurred_at.epoch_seconds().cast("int64")
    day = (at // DAY).cast("string")
    named = events.filter(events.type != "IMPRESSION").mutate(
        person_key=ibis.coalesce("c:" + events.customer_id, "v:" + events.visitor_id),
        at=at,
        visit=(events.type == "PURCHASE").ifelse(ibis.coalesce(events.basket_id, day), day),
    )
    kept = named.anti_join(
        forgotten,
        [
            named.person_key == forgotten.person_key,
            named.type == forgotten.type,
            named.item_id == forgotten.item_id,
            named.occurred_at <= forgotten.through,
        ],
    )
    visits = kept.select("person_key", "visit").distinct().mutate(occasion=ibis.row_number())
    numbered = kept.join(visits, ["person_key", "visit"])
    return numbered.select(
        "person_key",
        "type",
        "item_id",
        "occurred_at",
        "at",
        "occasion",
        "offer_code",
        "channel",
        quantity=numbered.quantity.cast("float64"),
        amount=numbered.amount.cast("float64"),
        discount=ibis.coalesce(numbered.discount.cast("float64"), ibis.literal(0.0)),
    )


def of_customers(events: ir.Table, items: ir.Table) -> ir.Table:
    """Events that may become part of a profile: a customer's, and none about a sensitive item."""
    sensitive = items.filter(items.sensitive).select("item_id")
    return events.filter(events.person_key.startswith("c:")).anti_join(sensitive, "item_id")


def before(events: ir.Table, as_of: ir.Table) -> ir.Table:
    """Pair each moment of `as_of` with the events strictly before it; `moment` is that moment in epoch seconds."""
    paired = events.cross_join(as_of.mutate(moment=as_of.as_of.epoch_seconds().cast("int64")))
    return paired.filter(paired.occurred_at < paired.as_of)


def purchases(events: ir.Table, as_of: ir.Table, days: int | None = None) -> ir.Table:
    """Purchases before each moment, of the last `days` or of all time."""
    bought = before(events.filter(events.type == "PURCHASE"), as_of)
    return bought if days is None else bought.filter(bought["at"] >= bought.moment - days * DAY)
