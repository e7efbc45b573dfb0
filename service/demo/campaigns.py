"""The source's campaigns: their households as segments, and an ad for each lead brand of their coupons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from service.demo import wording
from service.demo.advertising import MADE_UP, advertised, is_advertisable, placed, promoted
from service.demo.wording import bilingual

if TYPE_CHECKING:
    import duckdb

    from service.demo.brands import Brand
    from service.demo.products import Product
    from service.demo.shift import Shift

LEADS = 4
"""So many brands at most are advertised for one campaign: its coupons can cover a third of the shop."""
PROMOTED = 200


class Flight(NamedTuple):
    """When a campaign runs, in UTC."""

    starts_at: datetime
    ends_at: datetime


def read_flights(source: duckdb.DuckDBPyConnection, shift: Shift) -> dict[int, Flight]:
    """Read when each campaign runs, moved next to the present; the last day counts to its end."""
    rows = source.sql(
        "SELECT campaign_id, CAST(start_date AS DATE), CAST(end_date AS DATE) FROM campaign_descriptions ORDER BY ALL"
    ).fetchall()
    return {
        campaign: Flight(shift.day(start), shift.day(end + timedelta(days=1)) - timedelta(microseconds=1))
        for campaign, start, end in rows
    }


def segment_key(campaign: int) -> str:
    """Name the segment of a campaign's households."""
    return f"campaign-{campaign}"


def campaign_segments(source: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Yield a row of the segments table for each household of each campaign."""
    for campaign, household in source.sql("SELECT campaign_id, household_id FROM campaigns ORDER BY ALL").fetchall():
        yield {
            "segment": segment_key(campaign),
            "customer_id": str(household),
            "title_en": f"Invited to campaign {campaign}",
            "title_ja": f"キャンペーン{campaign}のご招待客",
        }


def campaign_ads(
    source: duckdb.DuckDBPyConnection, products: Sequence[Product], flights: dict[int, Flight], seed: int
) -> Iterator[dict[str, Any]]:
    """Yield the ads of each campaign, for its own households: one for each of its best sold brands.

    An ad promotes products of one brand and one category on which the campaign gives coupons.
    """
    rng = np.random.default_rng([seed, 1])
    copy = wording.words("ads")["campaign"]
    for campaign, leads in _leads(source, products).items():
        for place, ((category, brand), couponed) in enumerate(leads):
            named = wording.category(category)
            title = copy["titles"][(campaign + place) % len(copy["titles"])]
            fill = {"count": len(couponed)}
            english = {"brand": brand.en, "category": named.en, **fill}
            japanese = {"brand": brand.ja, "category": named.ja, **fill}
            yield {
                "item_id": f"ad-campaign-{campaign}-{place + 1}",
                **bilingual("title", title["title_en"].format(**english), title["title_ja"].format(**japanese)),
                **bilingual(
                    "description", copy["description_en"].format(**english), copy["description_ja"].format(**japanese),
                ),
                **placed(couponed[0]),
                "campaign_id": segment_key(campaign),
                "promotes": promoted(couponed, PROMOTED),
                **flights[campaign]._asdict(),
                "segments": [segment_key(campaign)],
                "made_up": f"brand,{MADE_UP}",
                **advertised(brand, rng),
            }


def _leads(
    source: duckdb.DuckDBPyConnection, products: Sequence[Product]
) -> dict[int, list[tuple[tuple[str, Brand], list[Product]]]]:
    known = {product.product_id: product for product in products if is_advertisable(product)}
    groups: dict[int, dict[tuple[str, Brand], list[Product]]] = defaultdict(lambda: defaultdict(list))
    covered = source.sql("SELECT DISTINCT campaign_id, product_id FROM coupons ORDER BY ALL").fetchall()
    for campaign, product_id in covered:
        product = known.get(product_id)
        if product and product.category and product.brand:
            groups[campaign][product.category, product.brand].append(product)
    return {campaign: sorted(leads.items(), key=_sold, reverse=True)[:LEADS] for campaign, leads in groups.items()}


def _sold(lead: tuple[tuple[str, Brand], list[Product]]) -> tuple[int, tuple[str, Brand]]:
    group, products = lead
    return sum(product.sales for product in products if product.in_stock), group
