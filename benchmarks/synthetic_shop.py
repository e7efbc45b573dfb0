"""A made-up shop of any size, in the tables that `konomi import` reads: people with tastes, who buy things again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

DEPARTMENTS, AISLES = 8, 6
TASTES = 4
"""Categories that a person buys from."""
BASKETS, LINES = 12.0, 3.0
"""Baskets in a year and further lines in a basket, on average."""
AGAIN, LOOKED_AT = 0.4, 0.5
"""Share of lines that were bought before, and of lines that were looked at first."""
CONTENT_SHARE, AD_SHARE = 0.02, 0.01
FEWEST_CONTENTS, FEWEST_ADS = 2 * DEPARTMENTS * AISLES, 12
DAYS = 364
CURRENCY = "JPY"
CONSENTS = ("PERSONALISE_CONTENT", "PERSONALISE_ADS", "MEASURE", "EMAIL", "PUSH", "TRAIN_MODELS")
TIME = pa.timestamp("us", tz="UTC")

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of receipts, sorted by person and time."""

    person: Ints
    basket: Ints
    item: Ints
    at: NDArray[np.int64]
    """Microseconds since the epoch."""


def write_shop(target: Path, customers: int, items: int, *, now: datetime, seed: int = 7) -> None:
    """Write the tables; the same numbers, seed and now give the same shop.

    Parameters
    ----------
    target : folder, made where it is missing
    customers, items : how many customers and products; contents and ads come on top
    now : aware; the year of purchases ends before it

    Raises
    ------
    ValueError
        If there are fewer products than categories, or no customers.
    """
    categories = DEPARTMENTS * AISLES
    if items < categories or customers < 1:
        raise ValueError(f"a shop has {categories} products or more, and customers; asked for {items} and {customers}")
    rng = np.random.default_rng(seed)
    target.mkdir(parents=True, exist_ok=True)
    price = np.round(rng.lognormal(6.5, 0.7, items)).astype(np.int64) + 50
    pq.write_table(_items(price, now, rng), target / "items.parquet")
    pq.write_table(_customers(customers, now, rng), target / "customers.parquet")
    pq.write_table(_events(_lines(customers, items, now, rng), price, rng), target / "events.parquet")


def _items(price: Ints, now: datetime, rng: np.random.Generator) -> pa.Table:
    size, paths = len(price), _paths()
    reduced = rng.random(size) < 0.15  # noqa: PLR2004 - about every seventh product is on sale
    listed = np.where(reduced, np.round(price * 1.25).astype(np.int64), price)
    contents = max(FEWEST_CONTENTS, int(CONTENT_SHARE * size))
    ads = max(FEWEST_ADS, int(AD_SHARE * size))
    products = [
        {
            "item_id": f"p{n}", "kind": "PRODUCT", "title": f"{_leaf(n)} {n}", "category": paths[n % len(paths)],
            "brand": f"Brand {n % 97}", "price": Decimal(int(price[n])), "list_price": Decimal(int(listed[n])),
            "currency": CURRENCY,
        }
        for n in range(size)
    ]
    articles = [
        {
            "item_id": f"c{n}", "kind": "CONTENT", "title": f"About {_leaf(n)}, part {n // len(paths) + 1}",
            "description": f"What to know of {_leaf(n)}.", "category": paths[n % len(paths)],
        }
        for n in range(contents)
    ]
    flights = [
        {
            "item_id": f"a{n}", "kind": "AD", "title": f"{_leaf(n)} by Brand {n % 97}",
            "category": paths[n % len(paths)],
            "advertiser": f"Brand {n % 97}", "payer": f"Brand {n % 97} Group", "campaign_id": f"campaign-{n // 2}",
            "promotes": [f"p{n % size}"], "bid": Decimal(10 + n % 40), "daily_budget": Decimal(1_000_000),
            "currency": CURRENCY, "starts_at": now - timedelta(days=28), "ends_at": now + timedelta(days=28),
        }
        for n in range(ads)
    ]
    return pa.Table.from_pylist([*products, *articles, *flights], schema=_ITEMS)


_ITEMS = pa.schema([
    *((name, pa.string()) for name in ("item_id", "kind", "title", "description", "category", "brand", "currency")),
    *((name, pa.string()) for name in ("advertiser", "payer", "campaign_id")),
    ("promotes", pa.list_(pa.string())),
    *((name, pa.decimal128(18, 4)) for name in ("price", "list_price", "bid", "daily_budget")),
    ("starts_at", TIME), ("ends_at", TIME),
])


def _paths() -> list[str]:
    return [f"Department {n % DEPARTMENTS + 1} > Aisle {n + 1}" for n in range(DEPARTMENTS * AISLES)]


def _leaf(number: int) -> str:
    return f"Goods of aisle {number % (DEPARTMENTS * AISLES) + 1}"


def _customers(size: int, now: datetime, rng: np.random.Generator) -> pa.Table:
    return pa.table({
        "customer_id": _ids("c", np.arange(size)),
        "region": rng.choice(["Tokyo", "Osaka", "Kyoto"], size),
        "age_band": rng.choice(["19-24", "25-34", "35-44", "45-54", "55-64", "65+"], size),
        "signed_up_at": pa.array([now - timedelta(days=DAYS)] * size, TIME),
        "consents": pa.array([CONSENTS] * size, pa.list_(pa.string())),
    })


def _lines(customers: int, items: int, now: datetime, rng: np.random.Generator) -> _Lines:
    baskets = 1 + rng.poisson(BASKETS, customers)
    owner = np.repeat(np.arange(customers), baskets)
    ages = rng.integers(3600, DAYS * 86_400, len(owner))
    order = np.lexsort((-ages, owner))
    at = int(now.timestamp()) - ages[order]
    counts = 1 + rng.poisson(LINES, len(owner))
    basket = np.repeat(np.arange(len(owner)), counts)
    person = owner[basket]
    size, categories = len(person), DEPARTMENTS * AISLES
    tastes = rng.integers(categories, size=(customers, TASTES))
    # The first taste is the strongest, and the first goods of a category are the most popular.
    category = tastes[person, np.minimum(rng.geometric(0.5, size) - 1, TASTES - 1)]
    goods = (items - 1 - category) // categories + 1
    fresh = category + categories * np.floor(goods * rng.random(size) ** 3).astype(np.int64)
    first = np.searchsorted(person, person)
    earlier = first + np.floor(rng.random(size) * (np.arange(size) - first)).astype(np.int64)
    item = np.where(rng.random(size) < AGAIN, fresh[earlier], fresh)
    return _Lines(person, basket, item, at[basket] * 1_000_000)


def _events(lines: _Lines, price: Ints, rng: np.random.Generator) -> pa.Table:
    viewed = rng.random(len(lines.person)) < LOOKED_AT
    bought = _table(lines, "PURCHASE", np.ones(len(lines.person), bool), 0)
    bought = bought.append_column("basket_id", _ids("b", lines.basket))
    bought = bought.append_column("quantity", pa.array(np.ones(len(lines.person), np.int64)))
    bought = bought.append_column("amount", pa.array(price[lines.item]))
    looks = _table(lines, "VIEW", viewed, 300 * 1_000_000)
    return pa.concat_tables([bought, looks], promote_options="default")


def _table(lines: _Lines, kind: str, chosen: NDArray[np.bool_], earlier: int) -> pa.Table:
    """Make events of one kind, `earlier` microseconds before the lines."""
    size = int(chosen.sum())
    return pa.table({
        "event_id": _ids(f"{kind.lower()}-", np.arange(size)),
        "customer_id": _ids("c", lines.person[chosen]),
        "type": pa.array([kind] * size, pa.string()),
        "item_id": _ids("p", lines.item[chosen]),
        "occurred_at": pa.array(lines.at[chosen] - earlier).cast(TIME),
    })


def _ids(prefix: str, numbers: Ints) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")
