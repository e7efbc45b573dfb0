"""What every advertisement of the demo has in common: who pays, how much, and that all of it is made up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from service.demo.brands import own_brand
from service.demo.products import CURRENCY, Product, category_path
from service.demo.wording import words

if TYPE_CHECKING:
    import numpy as np

    from service.demo.brands import Brand

MADE_UP = "advertiser,payer,bid,daily_budget"
BID_CENTS = 15, 90
BUDGET_DOLLARS = 10, 60
AGENCY_SHARE = 0.4


def advertised(brand: Brand, rng: np.random.Generator) -> dict[str, Any]:
    """Fill what every ad for a brand says, and make up who advertises, who pays, and the bid and budget in dollars."""
    advertiser = f"{brand.en} Market" if brand == own_brand() else f"{brand.en} Company"
    agencies = words("ads")["agencies"]
    agency = agencies[int(rng.integers(len(agencies)))]
    return {
        "kind": "AD",
        "brand": brand.en,
        "brand_ja": brand.ja,
        "language": "en",
        "tags": [],
        "in_stock": True,
        "sensitive": False,
        "advertiser": advertiser,
        "payer": agency if rng.random() < AGENCY_SHARE else advertiser,
        "bid": Decimal(int(rng.integers(*BID_CENTS, endpoint=True))) / 100,
        "daily_budget": Decimal(int(rng.integers(*BUDGET_DOLLARS, endpoint=True))),
        "currency": CURRENCY,
    }


def is_advertisable(product: Product) -> bool:
    """Tell whether an ad may promote a product: branded goods that reveal nothing."""
    return product.brand is not None and product.category is not None and product.is_goods and not product.is_sensitive


def promoted(products: Iterable[Product], limit: int) -> list[str]:
    """Choose the products that an ad promotes: those in stock, best sold first; if none is, the best sold."""
    ranked = sorted(products, key=lambda product: (-product.sales, product.product_id))
    available = [product for product in ranked if product.in_stock]
    return [str(product.product_id) for product in (available or ranked)[:limit]]


def placed(product: Product) -> dict[str, str | None]:
    """Place an ad in the category of what it promotes."""
    path = category_path(product.department, product.category)
    return {"category": path.en if path else None, "category_ja": path.ja if path else None}
