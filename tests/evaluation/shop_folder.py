"""A small shop as a folder of tables."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.evaluation.small_trials import DAY, checkerboard

START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def write_shop(folder: Path, *, kind: str = "PURCHASE", people: int = 20, baskets: bool = True) -> Path:
    """The checkerboard: products p0 …, customers u0 …, one event a line."""
    folder.mkdir(parents=True, exist_ok=True)
    shop = checkerboard(people=people, items=16, weeks=6)
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "kind", "title", "category"])
        rows.writerows([f"p{item}", "PRODUCT", f"Thing {item}", f"Goods > {item % 2}"] for item in range(16))
    with (folder / "events.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "type", "item_id", "occurred_at", "basket_id"])
        for person, item, at, basket in zip(shop.person, shop.item, shop.at, shop.basket, strict=True):
            day = START + timedelta(days=int(at) // DAY)
            rows.writerow([f"u{person}", kind, f"p{item}", day.isoformat(), f"b{basket}" if baskets else ""])
    return folder
