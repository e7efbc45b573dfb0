"""Shops that nothing was tuned to: none is a grocer, each has tastes and habits of its own under plenty of chance.

People choose by softmax over a latent taste, what sells at that moment, what they had before (each shop in its own
way) and what goes with the basket; one choice in six is anybody's guess. None of it is written in terms of a model's
features.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

END = datetime(2026, 6, 29, tzinfo=UTC)
"""The first moment after all events."""
CHANCE = 1 / 6
Row = Mapping[str, object]
Draw = np.random.Generator
Doubles = npt.NDArray[np.float64]


def write_shop(folder: Path, items: Sequence[Row], customers: Sequence[Row], events: Sequence[Row]) -> Path:
    """Write the three tables as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("items", items), ("customers", customers), ("events", events)):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            lines = csv.DictWriter(file, columns, restval="")
            lines.writeheader()
            lines.writerows(rows)
    return folder


def clothes_shop(folder: Path, people: int = 400, seed: int = 1) -> Path:
    """Two years of a clothes shop: collections that come and go, faith to a few brands, hardly a thing bought twice."""
    draw, weeks = np.random.default_rng([seed, 1]), 104
    brands = [f"Maison {number}" for number in range(24)]
    kinds = ["Shirts", "Trousers", "Dresses", "Coats", "Shoes", "Bags", "Knitwear", "Sports"]
    size = 900
    brand, kind = draw.integers(len(brands), size=size), draw.integers(len(kinds), size=size)
    launch = draw.integers(-10, weeks - 2, size)  # the week in which it came
    appeal = draw.gumbel(0, 1, size)
    price = np.round(np.exp(draw.normal(4, 0.5, size)), 2)
    items = [
        {"item_id": f"c{n}", "kind": "PRODUCT", "title": f"{brands[brand[n]]} {kinds[kind[n]][:-1]} {n}",
         "brand": brands[brand[n]], "category": f"Fashion > {kinds[kind[n]]}", "price": price[n], "currency": "EUR"}
        for n in range(size)
    ]
    to_brand, to_kind = draw.gumbel(0, 1.3, (people, len(brands))), draw.gumbel(0, 0.8, (people, len(kinds)))
    purse, often = draw.normal(4, 0.4, people), draw.gamma(3, 1 / 12, people)  # orders a week
    basic = draw.random(size) < 0.05  # socks and the like are bought again
    customers, events, order = _customers("w", people), [], 0
    for person in range(people):
        had = np.zeros(size)
        for moment in _moments(draw, often[person], weeks):
            week = int(moment)
            age = week - launch
            on_sale = (age >= 0) & ((age < 16) | basic)
            season = 0.8 * np.cos(2 * np.pi * (week / 52 - kind / len(kinds)))
            wish = (to_brand[person][brand] + to_kind[person][kind] + appeal + season - age.clip(0) / 12
                    - 1.5 * (np.log(price) - purse[person]) ** 2 + np.where(basic, 1.2, -2.5) * (had > 0))
            for item in _chosen(draw, wish, on_sale, 1 + draw.poisson(0.8)):
                had[item] += 1
                events.append({"customer_id": f"w{person}", "type": "PURCHASE", "item_id": f"c{item}", "quantity": 1,
                               "occurred_at": _at(moment, weeks), "amount": price[item], "basket_id": f"o{order}"})
            order += 1
    return write_shop(folder, items, customers, events)


def kiosk(folder: Path, people: int = 150, seed: int = 1) -> Path:
    """Half a year of an online kiosk in Japanese: set days and habits that shift; no baskets, prices or categories."""
    draw, weeks, size = np.random.default_rng([seed, 2]), 26, 160
    words = ["緑茶", "おにぎり", "弁当", "雑誌", "電池", "のど飴", "珈琲", "カップ麺", "傘", "新聞", "煎餅", "牛乳"]
    kind = draw.integers(len(words), size=size)
    items = [{"item_id": f"k{n}", "kind": "PRODUCT", "title": f"{words[kind[n]]} {n}番", "language": "ja"} for n in range(size)]
    appeal, drift = draw.gumbel(0, 0.9, size), draw.normal(0, 0.06, size)
    day_of = draw.integers(7, size=size)  # the day on which an item is wanted most, such as a weekly's
    taste = draw.normal(0, 1, (people, 6)) @ draw.normal(0, 0.45, (6, size)) + draw.gumbel(0, 0.9, (people, len(words)))[:, kind]
    days = [draw.choice(7, int(draw.integers(1, 4)), replace=False) for _ in range(people)]
    events = []
    for person in range(people):
        habit = np.zeros(size)
        for week in range(int(draw.integers(0, weeks // 2)), weeks):
            for day in np.sort(days[person]):
                if draw.random() < 0.25:
                    continue
                wish = taste[person] + appeal + drift * week + 1.6 * (day_of == day) + 0.9 * np.sqrt(habit)
                habit *= 0.9
                moment = week + (day + draw.uniform(0.3, 0.9)) / 7
                for item in _chosen(draw, wish, np.ones(size, np.bool_), 1 + draw.poisson(1.5)):
                    habit[item] += 1
                    events.append({"customer_id": f"h{person}", "type": "PURCHASE", "item_id": f"k{item}",
                                   "occurred_at": _at(moment, weeks)})
    return write_shop(folder, items, _customers("h", people), events)


def browsed_shop(folder: Path, people: int = 300, seed: int = 1, weeks: int = 52) -> Path:
    """A year of a hobby shop on the web: looking before buying, visitors without a name, and untidy deliveries."""
    draw, size, groups = np.random.default_rng([seed, 3]), 500, 20
    group = draw.integers(groups, size=size)
    refill = draw.random(size) < 0.25  # used up, and bought again
    lasts = draw.uniform(2, 9, size)  # weeks
    goes_with = draw.integers(size, size=size)
    appeal, price = draw.gumbel(0, 1.1, size), np.round(np.exp(draw.normal(2.8, 0.7, size)), 2)
    launch = np.where(draw.random(size) < 0.3, draw.integers(0, weeks, size), -1)
    items = [
        {"item_id": f"m{n}", "kind": "PRODUCT", "title": f"{'Refill' if refill[n] else 'Set'} {group[n]}-{n}",
         "category": "" if n % 9 == 0 else f"Hobby > Craft {group[n] // 4} > Craft {group[n]}",
         "price": "" if n % 14 == 0 else price[n], "currency": "" if n % 14 == 0 else "USD"}
        for n in range(size)
    ]
    taste, often = draw.gumbel(0, 1.8, (people, groups)), draw.gamma(2, 1 / 6, people)
    events: list[dict[str, object]] = []
    for person in range(2 * people):
        named = person < people
        who = {"customer_id": f"b{person}"} if named else {"visitor_id": f"v{person}"}
        likes = taste[person % people]
        last = np.full(size, -np.inf)
        for moment in _moments(draw, often[person % people] * (1.5 if named else 0.3), weeks):
            due = np.where(refill & np.isfinite(last), 2.5 * np.tanh((moment - last) / lasts - 0.6), 0)
            own = np.where(np.isfinite(last) & ~refill, -2.0, due)
            wish = likes[group] + appeal + own
            looked = _chosen(draw, wish, launch <= moment, 2 + draw.poisson(3))
            bought = [item for item in looked if draw.random() < 0.35] if named or draw.random() < 0.1 else []
            bought += [int(goes_with[item]) for item in bought if draw.random() < 0.35]
            acts = [("CLICK" if draw.random() < 0.4 else "VIEW", item) for item in looked]
            acts += [("ADD_TO_CART", item) for item in bought if draw.random() < 0.8]
            acts += [("PURCHASE", item) for item in dict.fromkeys(bought)]
            for place, (kind, item) in enumerate(acts):
                event = {**who, "type": kind, "item_id": f"m{item}", "occurred_at": _at(moment + place / 5_000, weeks),
                         "event_id": f"e{len(events)}"}
                if kind == "PURCHASE":
                    last[item] = moment
                    event |= {"amount": price[item], "quantity": 1, "basket_id": f"{person}-{moment:.3f}"}
                events.append(event)
    return write_shop(folder, items, _customers("b", people), _untidy(draw, events))


SHOPS: Mapping[str, Callable[..., Path]] = {"clothes": clothes_shop, "kiosk": kiosk, "browsed": browsed_shop}


def _customers(prefix: str, people: int) -> list[Row]:
    return [{"customer_id": f"{prefix}{n}", "consents": "PERSONALISE_CONTENT|TRAIN_MODELS"} for n in range(people)]


def _moments(draw: Draw, rate: float, weeks: int) -> Iterable[float]:
    """Times of visits in weeks, about `rate` of them a week."""
    return np.sort(draw.uniform(0, weeks, draw.poisson(rate * weeks))).tolist()


def _at(moment: float, weeks: int) -> str:
    return (END - timedelta(weeks=weeks) + timedelta(weeks=moment)).isoformat(timespec="seconds")


def _chosen(draw: Draw, wish: Doubles, there: npt.NDArray[np.bool_], size: int) -> list[int]:
    """Draw different items by softmax, each with the chance that it is anybody's guess."""
    wishes = np.where(draw.random(wish.size) < CHANCE, wish.mean(), wish) + draw.gumbel(0, 1, wish.size)
    best = np.argsort(-np.where(there, wishes, -np.inf))[:size]
    return [int(item) for item in best if there[item]]


def _untidy(draw: Draw, events: list[dict[str, object]]) -> list[Row]:
    """Deliver some twice and some late, and add refunds, which the contract refuses."""
    again = [events[at] for at in draw.choice(len(events), len(events) // 50, replace=False)]
    back = [{**one, "event_id": f"r{n}", "quantity": -1} for n, one in enumerate(events) if one["type"] == "PURCHASE"][::60]
    mixed: list[Row] = [*events, *again, *back]
    late = draw.normal(0, len(events) / 40, len(mixed)) + np.arange(len(mixed))
    return [mixed[at] for at in np.argsort(late)]
