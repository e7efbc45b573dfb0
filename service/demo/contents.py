"""The sample articles as CONTENT items, each tied to the categories that it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path as File
from typing import Any

import numpy as np

from service.demo.products import Path, Product, category_path
from service.demo.wording import bilingual

CONTENTS = File(__file__).parent / "contents.json"
STAGGER_DAYS = 360


def content_items(products: Sequence[Product], now: datetime, seed: int) -> Iterator[dict[str, Any]]:
    """Yield one row of the items table for each article.

    An article's category is the path of what it is mainly about; its tags are its form and the paths of what else it
    is about. Articles appear one after the other over the last year, in a seeded order, the newest this week.
    """
    articles = json.loads(CONTENTS.read_text(encoding="utf-8"))["contents"]
    paths = _paths(products)
    order = np.random.default_rng(seed).permutation(len(articles)).tolist()
    for place, article in zip(order, articles, strict=True):
        about = [paths[name] for name in article["about"]]
        age = timedelta(days=1 + STAGGER_DAYS * place / len(articles))
        yield {
            "item_id": article["id"],
            "kind": "CONTENT",
            **bilingual("title", article["title_en"], article["title_ja"]),
            **bilingual("description", article["description_en"], article["description_ja"]),
            "language": "en",
            "category": about[0].en,
            "category_ja": about[0].ja,
            "tags": [article["form"], *(path.en for path in about[1:])],
            "in_stock": True,
            "available_from": now - age,
            "sensitive": False,
            "form": article["form"],
            "minutes": str(article["minutes"]),
            "months": ",".join(str(month) for month in article.get("months", [])) or None,
            "sample": "yes",
        }


def _paths(products: Sequence[Product]) -> dict[str, Path]:
    """Map each raw category to its path in the department that sells most of it."""
    sales: dict[tuple[str, str], int] = {}
    for product in products:
        if product.category and product.department and product.is_goods:
            key = product.category, product.department
            sales[key] = sales.get(key, 0) + product.sales
    homes: dict[str, str] = {}
    for (category, department), _ in sorted(sales.items(), key=lambda entry: entry[1]):
        homes[category] = department
    paths = {category: category_path(department, category) for category, department in homes.items()}
    return {category: path for category, path in paths.items() if path is not None}
