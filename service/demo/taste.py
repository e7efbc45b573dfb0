"""What each household buys, as arrays from which a simulated visitor draws what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.demo.source import open_database

Ints = NDArray[np.int64]
Rng = np.random.Generator

TASTE_WEEKS = 26
LINES = """
    WITH shown AS (
        SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS item
        FROM read_parquet($items) WHERE kind = 'PRODUCT' AND in_stock AND NOT sensitive AND len(category) > 1
    ), people AS (
        SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS person FROM read_parquet($customers)
    )
    SELECT person, item FROM read_parquet($events) JOIN shown USING (item_id) JOIN people USING (customer_id)
    WHERE type = 'PURCHASE' AND occurred_at > $since AND occurred_at <= $now ORDER BY person, occurred_at, event_id
"""
PRODUCTS = """
    SELECT item_id, array_to_string(category[1:2], ' > ') AS path, category[-1] AS name,
           coalesce(split_part(attributes['category_ja'], ' > ', -1), category[-1]) AS name_ja
    FROM read_parquet($items) WHERE kind = 'PRODUCT' AND in_stock AND NOT sensitive AND len(category) > 1
    ORDER BY item_id
"""
CONTENTS = """
    SELECT item_id, array_to_string(category, ' > ') AS path, tags FROM read_parquet($items)
    WHERE kind = 'CONTENT' ORDER BY item_id
"""
CUSTOMERS = """
    SELECT customer_id, coalesce(language, '') = 'ja', list_contains(consents, 'EMAIL') FROM read_parquet($customers)
    ORDER BY customer_id
"""


@dataclass(frozen=True)
class Slices:
    """Values grouped by key, from which one per key can be drawn.

    Attributes
    ----------
    values : int64, shape (n,)
        Sorted by key.
    start, count : int64, shape (keys,)
        Where each key's values lie.
    """

    values: Ints
    start: Ints
    count: Ints

    @classmethod
    def group(cls, keys: Ints, values: Ints, size: int) -> Slices:
        """Group values by key; keys are below size."""
        order = np.argsort(keys, kind="stable")
        count = np.bincount(keys, minlength=size).astype(np.int64)
        return cls(values[order], np.concatenate(([0], np.cumsum(count)[:-1])), count)

    def draw(self, keys: Ints, rng: Rng) -> Ints:
        """Draw a value for each key, each of its values as likely; any value at all for a key that has none."""
        own = self.start[keys] + (rng.random(len(keys)) * self.count[keys]).astype(np.int64)
        anywhere = rng.integers(len(self.values), size=len(keys))
        return self.values[np.where(self.count[keys] > 0, own, anywhere)]


@dataclass(frozen=True)
class Taste:
    """Customers, items and contents by row number, and who buys what.

    Attributes
    ----------
    customer_ids, item_ids, content_ids : str, shape (customers,), (items,), (contents,)
    is_japanese, takes_email : bool, shape (customers,)
    activity : int64, shape (customers,)
        Lines bought in the last half year.
    names, names_ja : str, shape (items,)
        What one would type to find the item.
    category_of : int64, shape (items,)
    bought : items by customer
    neighbours : items by category, as often as they were bought
    articles : contents by category
    """

    customer_ids: NDArray[np.str_]
    is_japanese: NDArray[np.bool_]
    takes_email: NDArray[np.bool_]
    activity: Ints
    item_ids: NDArray[np.str_]
    names: NDArray[np.str_]
    names_ja: NDArray[np.str_]
    category_of: Ints
    content_ids: NDArray[np.str_]
    bought: Slices
    neighbours: Slices
    articles: Slices


def read_taste(items: Path, customers: Path, events: Sequence[Path], now: datetime) -> Taste:
    """Read the canonical tables of the shop (not the folder that was imported).

    Raises
    ------
    ValueError
        If no purchase of the last half year names a product that is still sold.
    """
    tables: dict[str, Any] = {"items": str(items), "customers": str(customers)}
    with open_database() as database:
        since = now.astimezone(UTC) - timedelta(weeks=TASTE_WEEKS)
        window = {"since": since, "now": now.astimezone(UTC), "events": [str(path) for path in events]}
        lines = database.execute(LINES, tables | window).fetchnumpy()
        products = database.execute(PRODUCTS, {"items": tables["items"]}).fetchall()
        contents = database.execute(CONTENTS, {"items": tables["items"]}).fetchall()
        people = database.execute(CUSTOMERS, {"customers": tables["customers"]}).fetchall()
    if len(lines["item"]) == 0:
        message = f"no purchase in the {TASTE_WEEKS} weeks before {now.isoformat()}: import the demo shop first"
        raise ValueError(message)
    item_ids, paths, names, names_ja = (np.array(column, dtype=np.str_) for column in zip(*products, strict=True))
    known_paths, category_of = np.unique(paths, return_inverse=True)
    person, item = lines["person"].astype(np.int64), lines["item"].astype(np.int64)
    customer_ids, japanese, email = zip(*people, strict=True)
    return Taste(
        customer_ids=np.array(customer_ids, dtype=np.str_),
        is_japanese=np.array(japanese, dtype=np.bool_),
        takes_email=np.array(email, dtype=np.bool_),
        activity=np.bincount(person, minlength=len(people)).astype(np.int64),
        item_ids=item_ids,
        names=names,
        names_ja=names_ja,
        category_of=category_of.astype(np.int64),
        content_ids=np.array([content for content, *_ in contents], dtype=np.str_),
        bought=Slices.group(person, item, len(people)),
        neighbours=Slices.group(category_of[item], item, len(known_paths)),
        articles=_articles(contents, known_paths),
    )


def _articles(contents: list[Any], paths: NDArray[np.str_]) -> Slices:
    rows = {path: row for row, path in enumerate(paths.tolist())}
    about = [
        (rows[path], content)
        for content, (_, main, tags) in enumerate(contents)
        for path in dict.fromkeys([main, *(tags or [])])
        if path in rows
    ]
    pairs = np.array(about, dtype=np.int64).reshape(-1, 2)
    return Slices.group(pairs[:, 0], pairs[:, 1], len(paths))
