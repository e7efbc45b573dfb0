"""Which transformation makes which feature view."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from feature_repo.transformations.actions import person_actions
from feature_repo.transformations.ads import person_ads
from feature_repo.transformations.affinity import person_affinity
from feature_repo.transformations.bought_together import item_bought_together
from feature_repo.transformations.item_popularity import item_popularity
from feature_repo.transformations.item_price import item_price
from feature_repo.transformations.item_rhythm import item_rhythm
from feature_repo.transformations.price import person_price
from feature_repo.transformations.rfm import person_rfm
from feature_repo.transformations.rhythm import person_rhythm
from feature_repo.transformations.traits import person_segments, person_traits


@dataclass(frozen=True, slots=True)
class Prepared:
    """The shop's tables, read once and shared by all transformations."""

    everything: ir.Table
    """Events as `history.history` gives them."""
    personal: ir.Table
    """Those that may become part of a profile."""
    items: ir.Table
    customers: ir.Table
    segments: ir.Table
    hours: ir.Table
    zone_changes: list[tuple[int, int]]


def person_views(prepared: Prepared, as_of: ir.Table, through_sequence: int) -> dict[str, ir.Table]:
    """Build every view of customers, by name.

    Each has a row for every customer, so that materialising it also overwrites what no longer holds.
    """
    events, items, customers = prepared.personal, prepared.items, prepared.customers
    views = {
        "person_actions": person_actions(events, as_of, through_sequence),
        "person_rfm": person_rfm(events, as_of),
        "person_affinity": person_affinity(events, as_of, items),
        "person_price": person_price(events, as_of, items),
        "person_rhythm": person_rhythm(events, as_of, prepared.hours, prepared.zone_changes),
        "person_traits": person_traits(customers, as_of),
        "person_segments": person_segments(prepared.segments, as_of),
        "person_ads": person_ads(events, as_of, items, customers),
    }
    everybody = customers.select("person_key").cross_join(as_of).select("as_of", "person_key")
    return {name: _stamped(everybody.left_join(view, ["as_of", "person_key"]), view) for name, view in views.items()}


def item_views(prepared: Prepared, as_of: ir.Table) -> dict[str, ir.Table]:
    """Build every view of items, by name; items that never sold have no row."""
    events = prepared.everything
    views = {
        "item_popularity": item_popularity(events, as_of),
        "item_price": item_price(events, as_of),
        "item_rhythm": item_rhythm(events, as_of),
        "item_bought_together": item_bought_together(events, as_of),
    }
    return {name: _stamped(view, view) for name, view in views.items()}


def _stamped(rows: ir.Table, view: ir.Table) -> ir.Table:
    """Feast's shape: the join key, event_timestamp, then the features."""
    keys = [column for column in ("person_key", "item_id") if column in rows.columns][:1]
    features = [column for column in view.columns if column not in {*keys, "as_of"}]
    return rows.select(*keys, *features, event_timestamp="as_of")
