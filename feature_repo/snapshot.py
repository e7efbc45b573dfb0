"""Which transformation makes which feature view, as of one moment or several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from feature_repo.transformations.actions import person_actions
from feature_repo.transformations.ads import person_ads
from feature_repo.transformations.affinity import person_affinity
from feature_repo.transformations.bought_together import item_bought_together
from feature_repo.transformations.impressions import ignored
from feature_repo.transformations.item_circumstances import item_circumstances
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
    impressions: ir.Table
    """What customers were shown, as `impressions.impressions` gives it."""
    items: ir.Table
    customers: ir.Table
    segments: ir.Table
    hours: ir.Table
    zone_changes: list[tuple[int, int]]
    through_sequence: int


Transformation = Callable[[Prepared, ir.Table], ir.Table]

PERSON_VIEWS: Mapping[str, Transformation] = {
    "person_actions": lambda shop, as_of: person_actions(shop.personal, as_of, shop.through_sequence),
    "person_rfm": lambda shop, as_of: person_rfm(shop.personal, as_of),
    "person_affinity": lambda shop, as_of: person_affinity(shop.personal, as_of, shop.items),
    "person_price": lambda shop, as_of: person_price(shop.personal, as_of, shop.items),
    "person_rhythm": lambda shop, as_of: person_rhythm(shop.personal, as_of, shop.hours, shop.zone_changes),
    "person_traits": lambda shop, as_of: person_traits(shop.customers, as_of),
    "person_segments": lambda shop, as_of: person_segments(shop.segments, as_of),
    "person_ads": lambda shop, as_of: person_ads(shop.personal, as_of, shop.items, shop.customers),
    "person_impressions": lambda shop, as_of: ignored(
        shop.impressions.filter(~shop.impressions.is_ad), shop.personal, as_of, "shown",
    ),
    "person_ad_impressions": lambda shop, as_of: ignored(
        shop.impressions.filter(shop.impressions.is_ad), shop.personal, as_of, "ad_shown",
    ),
}
ITEM_VIEWS: Mapping[str, Transformation] = {
    "item_popularity": lambda shop, as_of: item_popularity(shop.everything, as_of),
    "item_price": lambda shop, as_of: item_price(shop.everything, as_of),
    "item_rhythm": lambda shop, as_of: item_rhythm(shop.everything, as_of),
    "item_circumstances": lambda shop, as_of: item_circumstances(shop.everything, as_of, shop.zone_changes),
    "item_bought_together": lambda shop, as_of: item_bought_together(shop.everything, as_of),
}
VIEWS = (*PERSON_VIEWS, *ITEM_VIEWS)


def snapshot(view: str, prepared: Prepared, as_of: ir.Table) -> ir.Table:
    """Build a view in Feast's shape: the join key, the features, event_timestamp.

    A view of people has a row for every customer, so that materialising it also overwrites what no longer holds. Items
    that never sold have no row.
    """
    if view in ITEM_VIEWS:
        rows = features = ITEM_VIEWS[view](prepared, as_of)
        key = "item_id"
    else:
        features = PERSON_VIEWS[view](prepared, as_of)
        everybody = prepared.customers.select("person_key").cross_join(as_of).select("as_of", "person_key")
        rows = everybody.left_join(features, ["as_of", "person_key"])
        key = "person_key"
    names = [column for column in features.columns if column not in {key, "as_of"}]
    return rows.select(key, *names, event_timestamp="as_of")
