"""The source's coupons as offers, and two made-up ones for birthdays and anniversaries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from service.demo import wording
from service.demo.campaigns import Flight, segment_key
from service.demo.products import category_path
from service.demo.purchases import offer_code

if TYPE_CHECKING:
    import duckdb

    from service.demo.brands import Brand
    from service.demo.products import Product

OCCASION_DAYS = 365
DISCOUNTS = """
    WITH redeemed AS (
        SELECT r.campaign_id, r.coupon_upc, t.coupon_disc / t.sales_value AS rate
        FROM coupon_redemptions r
        JOIN coupons c ON c.coupon_upc = r.coupon_upc AND c.campaign_id = r.campaign_id
        JOIN transactions t ON t.household_id = r.household_id AND t.product_id = c.product_id
        WHERE t.coupon_disc > 0 AND t.sales_value >= t.coupon_disc
          AND abs(date_diff('day', CAST(r.redemption_date AS DATE), CAST(t.transaction_timestamp AS DATE))) <= 1
    )
    SELECT campaign_id, coupon_upc, round(20 * median(rate)) / 20 AS rate FROM redeemed GROUP BY ALL
"""


def coupon_offers(
    source: duckdb.DuckDBPyConnection, products: Sequence[Product], flights: dict[int, Flight]
) -> Iterator[dict[str, Any]]:
    """Yield an offer for each coupon of each campaign, for that campaign's households, once each.

    The source does not say what a coupon is worth. Where somebody redeemed it, the discount rate is the median share
    of the price that came off, to the nearest twentieth; else it is left open.
    """
    known = {product.product_id: product for product in products}
    rates = {(campaign, upc): rate for campaign, upc, rate in source.sql(DISCOUNTS).fetchall() if rate > 0}
    covered: dict[tuple[int, int], list[Product]] = defaultdict(list)
    rows = source.sql("SELECT campaign_id, coupon_upc, product_id FROM coupons ORDER BY ALL").fetchall()
    for campaign, upc, product_id in rows:
        items = covered[campaign, upc]
        if product_id in known:
            items.append(known[product_id])
    for (campaign, upc), items in covered.items():
        title_en, title_ja = _title(items)
        yield {
            "code": offer_code(campaign, upc),
            "title_en": title_en,
            "title_ja": title_ja,
            "discount_rate": rates.get((campaign, upc)),
            "valid_from": flights[campaign].starts_at,
            "valid_until": flights[campaign].ends_at,
            "segments": [segment_key(campaign)],
            "item_ids": [str(product.product_id) for product in items],
            "limit_per_customer": 1,
        }


def occasion_offers(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the made-up offers for birthdays and anniversaries, valid for a year around now."""
    for offer in wording.words("occasions")["offers"]:
        path = category_path(offer["department"], offer["category"])
        yield {
            "code": offer["occasion"],
            "title_en": offer["title_en"],
            "title_ja": offer["title_ja"],
            "discount_rate": offer["discount_rate"],
            "valid_from": now - timedelta(days=OCCASION_DAYS),
            "valid_until": now + timedelta(days=OCCASION_DAYS),
            "segments": [],
            "item_ids": [],
            "category": path.en if path else None,
            "occasion": offer["occasion"],
            "limit_per_customer": 1,
        }


def _title(items: Sequence[Product]) -> tuple[str, str]:
    """Name an offer after its commonest category and its one brand, unless that would reveal something."""
    categories = Counter(product.category for product in items if product.category)
    if not categories or any(product.is_sensitive for product in items):
        return "Store coupon", "店内クーポン"
    named = wording.category(categories.most_common(1)[0][0])
    brands: set[Brand | None] = {product.brand for product in items}
    brand = brands.pop() if len(brands) == 1 else None
    more_en, more_ja = (" and more", "ほか") if len(categories) > 1 else ("", "")
    if brand is None:
        return f"{named.en}{more_en} coupon", f"{named.ja}{more_ja}のクーポン"
    return f"{brand.en} {named.en}{more_en} coupon", f"{brand.ja}の{named.ja}{more_ja}クーポン"
