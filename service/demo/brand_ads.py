"""Made-up advertisements for everybody: one brand in each of the big categories, running now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from service.demo import wording
from service.demo.advertising import MADE_UP, advertised, is_advertisable, placed, promoted
from service.demo.brands import own_brand
from service.demo.wording import bilingual

if TYPE_CHECKING:
    from service.demo.brands import Brand
    from service.demo.products import Product

PROMOTED = 12
TYPES_NAMED = 3
RUNNING_DAYS = 3, 30
"""How long ago such an ad started."""
FLIGHT_DAYS = 365


def brand_ads(products: Sequence[Product], now: datetime, seed: int) -> Iterator[dict[str, Any]]:
    """Yield an ad for each category that ``words/ads.json`` has a text for.

    It is for the brand whose products in stock sold best there, never the shop's own, and no brand has two. It
    promotes the best sold of them. It has no segment: everybody may see it.
    """
    rng = np.random.default_rng([seed, 2])
    shelves = _shelves(products)
    taken: set[Brand] = set()
    for copy in wording.words("ads")["brand"]:
        category = copy["category"]
        candidates = ((brand, shelf) for brand, shelf in shelves[category].items() if brand not in taken)
        brand, shelf = max(candidates, key=lambda entry: (sum(product.sales for product in entry[1]), entry[0]))
        taken.add(brand)
        promotes = promoted(shelf, PROMOTED)
        english, japanese = _description(copy, [product for product in shelf if str(product.product_id) in promotes])
        started = now - timedelta(days=int(rng.integers(*RUNNING_DAYS, endpoint=True)))
        slug = wording.category(category).en.lower().replace(" & ", "-").replace(", ", "-").replace(" ", "-")
        yield {
            "item_id": f"ad-{slug}",
            **bilingual("title", copy["title_en"].format(brand=brand.en), copy["title_ja"].format(brand=brand.ja)),
            **bilingual("description", english, japanese),
            **placed(shelf[0]),
            "campaign_id": f"brand-{slug}",
            "promotes": promotes,
            "starts_at": started,
            "ends_at": started + timedelta(days=FLIGHT_DAYS),
            "segments": [],
            "made_up": f"all,brand,{MADE_UP}",
            **advertised(brand, rng),
        }


def _description(copy: dict[str, str], products: Sequence[Product]) -> tuple[str, str]:
    """Write what an ad says, and what of the brand is really there: the best sold types among what it promotes."""
    named = ((product.category, product.type) for product in products)
    kinds = dict.fromkeys(wording.product_kind(category, kind) for category, kind in named if category and kind)
    shown = list(kinds)[:TYPES_NAMED]
    range_en, range_ja = wording.words("ads")["range"]
    types_en, types_ja = "; ".join(kind.en for kind in shown), "、".join(kind.ja or kind.en for kind in shown)
    return (
        f"{copy['description_en']} {range_en.format(types=types_en)}",
        f"{copy['description_ja']}{range_ja.format(types=types_ja)}",
    )


def _shelves(products: Sequence[Product]) -> dict[str, dict[Brand, list[Product]]]:
    shelves: dict[str, dict[Brand, list[Product]]] = defaultdict(lambda: defaultdict(list))
    for product in products:
        advertisable = is_advertisable(product) and product.in_stock and product.brand != own_brand()
        if advertisable and product.category and product.brand:
            shelves[product.category][product.brand].append(product)
    return shelves
