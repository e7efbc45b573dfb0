"""A village shop in CSV files: few people with clear tastes, so that everything about it is built within seconds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

CUSTOMERS, CONTENTS, ADS, EVENTS, DAYS = 120, 40, 20, 20_000, 200
AISLES = ("Tea", "Coffee", "Bread", "Cheese", "Fruit", "Vegetables", "Soap", "Paper", "Wine", "Sweets")
OF_EACH = 30
"""Products of an aisle; those next to each other are bought together."""
CONSENTS = "PERSONALISE_CONTENT|PERSONALISE_ADS|MEASURE|EMAIL|PUSH|TRAIN_MODELS"

Row = Mapping[str, Any]


def write_village_shop(folder: Path, now: datetime, *, seed: int = 7, more: bool = False) -> Path:
    """Write the shop's tables; with `more`, what the next delivery brings: new products, other prices, another day."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(seed + more)
    products = OF_EACH + 2 if more else OF_EACH
    _write(folder / "items.csv", [*_products(products, cheaper=more), *_contents(), *_ads(now)])
    _write(folder / "customers.csv", _customers())
    until, days, size = (now - timedelta(hours=1), 1, 400) if more else (now - timedelta(days=1, hours=1), DAYS, EVENTS)
    _write(folder / "events.csv", _events(draw, until, days, size, products))
    _write(folder / "segments.csv", [
        {"segment": "regulars", "customer_id": f"k{one}", "title_en": "Regulars", "title_ja": "常連"} for one in range(60)
    ])
    _write(folder / "offers.csv", [{"code": "TEN", "title_en": "Ten percent", "title_ja": "1割引", "discount_rate": "0.1"}])
    return folder


def _write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def _products(of_each: int, *, cheaper: bool) -> Iterator[Row]:
    for aisle, name in enumerate(AISLES):
        for number in range(of_each):
            price = 2 + aisle + number / 10
            reduced = number % 5 == int(cheaper)
            yield {
                "item_id": f"{name.lower()}-{number}", "kind": "PRODUCT", "title": f"{name} No. {number}",
                "title_ja": f"{name} {number}番", "category": f"Village > {name}", "brand": f"Maker {number % 4}",
                "price": f"{price * (0.8 if reduced else 1):.2f}", "list_price": f"{price:.2f}", "currency": "USD",
            }


def _contents() -> Iterator[Row]:
    for number in range(CONTENTS):
        name = AISLES[number % len(AISLES)]
        yield {
            "item_id": f"story-{number}", "kind": "CONTENT", "title": f"All about {name}, part {number}",
            "title_ja": f"{name}の話 {number}", "category": f"Village > {name}",
        }


def _ads(now: datetime) -> Iterator[Row]:
    for number in range(ADS):
        name = AISLES[number % len(AISLES)]
        yield {
            "item_id": f"ad-{number}", "kind": "AD", "title": f"Try our {name}", "advertiser": f"House of {name}",
            "payer": f"House of {name}", "campaign_id": f"campaign-{number}", "promotes": f"{name.lower()}-{number}",
            "bid": "0.20", "daily_budget": "50", "currency": "USD",
            "starts_at": (now - timedelta(days=30)).isoformat(), "ends_at": (now + timedelta(days=30)).isoformat(),
        }


def _customers() -> Iterator[Row]:
    for number in range(CUSTOMERS):
        yield {
            "customer_id": f"k{number}", "region": ("North", "South")[number % 2], "consents": CONSENTS,
            "birth_date": f"19{50 + number % 50}-06-15", "time_zone": "America/New_York",
        }


def _events(draw: np.random.Generator, until: datetime, days: int, size: int, of_each: int) -> Iterator[Row]:
    """Customer n buys of aisles n and n + 1; a basket is a few products that lie side by side."""
    written = 0
    while written < size:
        customer = int(draw.integers(CUSTOMERS))
        aisle = AISLES[(customer + int(draw.integers(2))) % len(AISLES)].lower()
        first = int(draw.integers(of_each))
        at = until - timedelta(seconds=int(draw.integers(days * 86_400)))
        for number in range(first, first + int(draw.integers(2, 6))):
            bought = {"quantity": "1", "amount": "2.50", "discount": "0", "basket_id": f"{customer}-{int(at.timestamp())}"}
            action = {"type": "PURCHASE", **bought} if draw.random() < 0.8 else {"type": "VIEW"}
            yield {
                "customer_id": f"k{customer}", "item_id": f"{aisle}-{number % of_each}", "occurred_at": at.isoformat(),
                "channel": "STORE", **action,
            }
            written += 1

