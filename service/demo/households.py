"""The source's households as customers; what it does not tell and a contract needs is made up and marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from service.demo.shift import SHOP_ZONE

if TYPE_CHECKING:
    import duckdb

CONSENTS = ["PERSONALISE_CONTENT", "PERSONALISE_ADS", "MEASURE", "EMAIL", "PUSH", "TRAIN_MODELS"]
"""Every purpose but third-party use."""
REGIONS = ("North", "East", "South", "West", "Central")
JAPANESE_SHARE = 0.1
ANNIVERSARY_SHARE = 0.7
OLDEST = 84
YEAR_DAYS = 365.2425
HOUSEHOLDS = """
    WITH visits AS (
        SELECT household_id, store_id, count(DISTINCT basket_id) AS baskets FROM transactions GROUP BY ALL
    ), home AS (
        SELECT household_id, arg_max(store_id, (baskets, -store_id)) AS store_id FROM visits GROUP BY household_id
    )
    SELECT household_id, store_id, age, income, home_ownership, marital_status, household_size, household_comp,
           kids_count
    FROM home LEFT JOIN demographics USING (household_id) ORDER BY household_id
"""


def household_customers(source: duckdb.DuckDBPyConnection, now: datetime, seed: int) -> Iterator[dict[str, Any]]:
    """Yield one row of the customers table for each household, in the order of their ids.

    Birth dates (where the age band is known, and within it today), wedding anniversaries (for most of the married),
    regions (one for each store) and languages (Japanese for a tenth) are made up; the column ``made_up`` names them.
    """
    rows = source.sql(HOUSEHOLDS).fetchall()
    rng = np.random.default_rng(seed)
    today = now.astimezone(SHOP_ZONE).date()
    japanese = set(rng.permutation(len(rows))[: round(len(rows) * JAPANESE_SHARE)].tolist())
    draws = rng.random((len(rows), 4))
    stores = sorted({store for _, store, *_ in rows})
    regions = dict(zip(stores, rng.choice(REGIONS, len(stores)).tolist(), strict=True))
    for i, (household, store, age, income, home, marital, size, composition, kids) in enumerate(rows):
        birth = _birth_date(age, today, draws[i, 0]) if age else None
        wed = birth is not None and marital == "Married" and draws[i, 1] < ANNIVERSARY_SHARE
        anniversary = _anniversary(birth, today, draws[i, 2]) if wed and birth else None
        made_up = ["region", "language", *(["birth_date"] if birth else []), *(["anniversary"] if anniversary else [])]
        yield {
            "customer_id": str(household),
            "birth_date": birth,
            "anniversary": anniversary,
            "region": regions[store],
            "language": "ja" if i in japanese else "en",
            "household": composition,
            "income_band": income,
            "age_band": age,
            "time_zone": SHOP_ZONE.key,
            "consents": CONSENTS,
            "home_ownership": home,
            "marital_status": marital,
            "household_size": size,
            "kids_count": kids,
            "made_up": ",".join(made_up),
        }


def _birth_date(age_band: str, today: date, draw: float) -> date:
    """Draw a date on which somebody was born who is within the age band today."""
    ages = [int(number) for number in re.findall(r"\d+", age_band)]
    youngest, oldest = ages[0], ages[1] if len(ages) > 1 else OLDEST
    latest = _years_before(today, youngest)
    earliest = _years_before(today, oldest + 1) + timedelta(days=1)
    return earliest + timedelta(days=int(draw * ((latest - earliest).days + 1)))


def _anniversary(birth: date, today: date, draw: float) -> date:
    """Draw a wedding day between somebody's coming of age and yesterday."""
    adult = birth + timedelta(days=int(18 * YEAR_DAYS) + 1)
    return adult + timedelta(days=int(draw * max((today - adult).days, 1)))


def _years_before(day: date, years: int) -> date:
    leap = day.month == 2 and day.day == 29  # noqa: PLR2004 - the one date that not every year has
    return day.replace(year=day.year - years, day=28 if leap else day.day)
