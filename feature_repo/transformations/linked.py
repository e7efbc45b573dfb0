"""Visitors who became customers: what they did is the customer's, and counts once."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def linked(events: ir.Table, links: ir.Table) -> ir.Table:
    """Give customers what they did as visitors.

    The live log writes such events anew as the customer's; the visitor's copy, where history has it, is the same event
    by its id, and is left out. What the shop imported of a visitor has no such copy, and is renamed.

    Parameters
    ----------
    events : event_id, customer_id, visitor_id, occurred_at and more
    links : visitor_id, customer_id, through
        One row for each visitor; what they did up to and including `through` is the customer's.

    Returns
    -------
    The columns of `events`.
    """
    owners = links.select("through", linked_visitor=links.visitor_id, owner=links.customer_id)
    is_theirs = [
        events.visitor_id == owners.linked_visitor, events.customer_id.isnull(), events.occurred_at <= owners.through,
    ]
    known = events.filter(events.customer_id.notnull()).select("event_id", owner="customer_id")
    others = events.anti_join(owners, is_theirs)
    moved = events.join(owners, is_theirs).anti_join(known, ["event_id", "owner"])
    renamed = moved.mutate(customer_id=moved.owner, visitor_id=ibis.null("string")).select(*events.columns)
    return others.union(renamed)
