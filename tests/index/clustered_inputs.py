"""Training inputs of a shop with clear tastes: everybody buys within one aisle, week after week."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa

from index.inputs import TrainingInputs
from index.item_table import COLUMNS
from service.recommender.stored import StoredActions
from service.tables.canonical import ITEMS

NEWEST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = 86_400
WEEKS = 3
AISLES = {
    "Cheese": ("Brie", "Cheddar", "Gouda", "Mozzarella", "Parmesan", "Camembert", "Feta", "Ricotta"),
    "Cat Food": ("Chicken Pouch", "Tuna Pouch", "Kitten Kibble", "Senior Kibble", "Salmon Pate", "Cat Treats",
                 "Beef Pouch", "Duck Pate"),
    "Tea": ("Green Tea", "Black Tea", "Oolong", "Camomile", "Earl Grey", "Matcha", "Rooibos", "Peppermint"),
    "Soap": ("Hand Soap", "Bar Soap", "Foam Soap", "Olive Soap", "Lavender Soap", "Dish Soap", "Liquid Soap",
             "Travel Soap"),
}
JAPANESE = {"Cheese": "チーズ", "Cat Food": "猫用フード", "Tea": "お茶", "Soap": "石けん"}
PEOPLE_OF_AN_AISLE = 30


def item(item_id: str, kind: str = "PRODUCT", title: str = "Thing", **fields: object) -> dict[str, object]:
    """One canonical item; what is not said is empty, and it is in stock."""
    return {"item_id": item_id, "kind": kind, "title": title, "in_stock": True, "sensitive": False, **fields}


def items_table(items: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(items, schema=ITEMS)


def shop_items() -> list[dict[str, object]]:
    products = [
        item(f"{aisle}-{n}", title=f"{name} {aisle}", titles=[("ja", f"{JAPANESE[aisle]} {n}")], brand=f"{aisle} & Co",
             category=["Shop", aisle], price=Decimal(3 + n), currency="EUR")
        for aisle, names in AISLES.items()
        for n, name in enumerate(names)
    ]
    contents = [
        item(f"about-{aisle}", "CONTENT", f"All you can do with {aisle}", category=["Shop", aisle], tags=["article"])
        for aisle in AISLES
    ]
    ads = [
        item(f"ad-{aisle}", "AD", "Look here", promotes=[f"{aisle}-0", f"{aisle}-1"], advertiser="A", payer="A",
             campaign_id="1", bid=Decimal("0.3"), daily_budget=Decimal(20))
        for aisle in AISLES
    ]
    new = [
        item("new-cheese", title="Gorgonzola Cheese", category=["Shop", "Cheese"], brand="Cheese & Co"),
        item("new-cheese-ja", title="チーズ 詰め合わせ", titles=[("ja", "チーズ 詰め合わせ")]),
        item("nameless", title="Zzz"),
    ]
    return products + contents + ads + new


def purchases(seed: int = 3) -> list[tuple[str, str, int]]:
    """Person, item and epoch seconds of every purchase over 12 weeks, the newest week included."""
    draw, bought = np.random.default_rng(seed), []
    last = int(NEWEST.timestamp())
    for aisle, names in AISLES.items():
        for number in range(PEOPLE_OF_AN_AISLE):
            favourites = draw.choice(len(names), 3, replace=False)
            for week in range(12):
                moment = last - 7 * DAY * week - int(draw.integers(1, 7 * DAY))
                chosen = set(favourites[draw.random(3) < 0.7]) | set(draw.choice(len(names), 1))
                bought += [(f"c:{aisle}-{number}", f"{aisle}-{n}", moment) for n in sorted(chosen)]
                if draw.random() < 0.1:
                    bought.append((f"c:{aisle}-{number}", f"{draw.choice(list(AISLES))}-0", moment))
    return bought


def stored_before(bought: list[tuple[str, str, int]], at: int) -> list[tuple[str, StoredActions]]:
    of_person: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for person, item_id, moment in bought:
        if moment < at:
            of_person[person][item_id].append(moment)
    return [
        (person, StoredActions(
            list(items), ["PURCHASE"] * len(items), [len(times) for times in items.values()],
            [min(times) for times in items.values()], [max(times) for times in items.values()], [3.0] * len(items),
        ))
        for person, items in sorted(of_person.items())
    ]


def features_before(bought: list[tuple[str, str, int]], at: int) -> pa.Table:
    def buyers(days: int) -> Counter[str]:
        return Counter(item_id for _, item_id in {(p, i) for p, i, moment in bought if at - days * DAY <= moment < at})

    day, days, week, month, quarter = (buyers(length) for length in (1, 3, 7, 28, 91))
    rows = [
        {
            "item_id": item_id, "buyers_1": day[item_id], "buyers_3": days[item_id], "buyers_7": week[item_id],
            "buyers_28": month[item_id], "buyers_91": quarter[item_id],
            "trend": 0.0, "price_median": 3.0, "discount_share": 0.0, "price_week": 2.9,
            "discount_share_week": 0.1, "repeat_gap": 9.0, "repeat_rate": 0.5,
            "daypart_lift": [0.0] * 6, "weekday_lift": [0.1] * 7, "channel_lift": [0.0] * 6,
            "first_sold_at": min(moment for _, one, moment in bought if one == item_id),
            "together_item_ids": [f"{item_id.rsplit('-', 1)[0]}-{n}" for n in (0, 1) if not item_id.endswith(f"-{n}")],
            "together_weights": [0.5, 0.4][: 2 - item_id.endswith(("-0", "-1"))],
        }
        for item_id in sorted(quarter)
    ]
    return pa.Table.from_pylist(rows).select(["item_id", *COLUMNS])


def training_inputs(seed: int = 3, weeks: int = WEEKS) -> TrainingInputs:
    bought = purchases(seed)
    moments = [NEWEST - timedelta(days=7 * back) for back in range(weeks + 1)]
    return TrainingInputs(
        items=items_table(shop_items()),
        people={at: stored_before(bought, int(at.timestamp())) for at in moments},
        item_features={at: features_before(bought, int(at.timestamp())) for at in moments},
        labels={at: baskets_after(bought, int(at.timestamp())) for at in moments[1:]},
        newest=NEWEST,
        catalogue_version="shop-1",
        data_window=(NEWEST - timedelta(weeks=12), NEWEST),
    )


def baskets_after(bought: list[tuple[str, str, int]], at: int) -> pa.Table:
    lines = sorted((person, item_id, moment) for person, item_id, moment in bought if at <= moment < at + 7 * DAY)
    columns = dict(zip(("person_key", "item_id", "at"), map(list, zip(*lines, strict=True)), strict=True))
    return pa.table({**columns, "channel": ["WEB"] * len(lines), "price": [3.0] * len(lines)})
