"""The report of an evaluation as tables for a terminal, none wider than 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from service.evaluation.measuring import Quality

ACCURACY = ("recall", "ndcg", "hit")
DETAIL = {"mrr": "mrr", "repeat_recall": "repeat", "explore_recall": "explore"}
CHARACTER = {"coverage": "coverage", "novelty": "novelty", "diversity": "diverse", "calibration": "calibr.",
             "popularity_share": "popular"}
OURS = "konomi"


def as_tables(measured: Sequence[Quality], told: Mapping[str, Any], ks: Sequence[int]) -> Iterator[Table]:
    """Accuracy, detail and character for each length of list, then NDCG by group of people."""
    data = told["data"]
    title = f"{told['protocol']}: {data['asked']:,} people asked, {data['items']:,} items; {told['timing']}"
    for k in ks:
        yield _accuracy(measured, k, title)
        yield _detail(measured, k)
        yield _character(measured, k)
    if any(one.groups for one in measured):
        yield _groups(measured, f"ndcg@{ks[0]}")


def _table(title: str, names: Sequence[str], caption: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left", padding=(0, 0, 0, 1))
    table.add_column(names[0], no_wrap=True)
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _accuracy(measured: Sequence[Quality], k: int, title: str) -> Table:
    table = _table(title, ["model", *(f"{name}@{k}" for name in ACCURACY)], "± half of the 95 % interval over people")
    for one in measured:
        table.add_row(one.name, *(_interval(one, f"{name}@{k}") for name in ACCURACY))
    return table


def _detail(measured: Sequence[Quality], k: int) -> Table:
    shown = {name: word for name, word in DETAIL.items() if any(f"{name}@{k}" in one.means for one in measured)}
    parted = "repeat_recall" in shown
    told = "gap: to the best baseline, paired over people"
    caption = f"{told}; repeat, explore: recall of lists of own, of new items" if parted else told
    table = _table(f"at {k}", ["model", "ndcg gap", *shown.values(), "fit s"], caption)
    for one in measured:
        gap = one.against_best.get(f"ndcg@{k}")
        difference = "" if gap is None else f"{gap.mean:+.4f} ±{(gap.high - gap.low) / 2:.3f}"
        table.add_row(one.name, difference, *_numbers(one, k, shown), f"{one.cost.fit_s:.1f}")
    return table


def _character(measured: Sequence[Quality], k: int) -> Table:
    shown = {name: word for name, word in CHARACTER.items() if any(f"{name}@{k}" in one.means for one in measured)}
    table = _table(f"the lists of {k}", ["model", *shown.values()])
    for one in measured:
        table.add_row(one.name, *_numbers(one, k, shown))
    return table


def _groups(measured: Sequence[Quality], name: str) -> Table:
    best = [one for one in measured if not one.against_best and not one.name.startswith(OURS)]
    shown = [*best, *(one for one in measured if one.name.startswith(OURS))]
    table = _table(f"{name} by group of people", ["group", "people", *(one.name for one in shown)])
    for group, values in measured[0].groups.items():
        table.add_row(group, f"{values['people']:.0f}", *(_number(one.groups[group][name]) for one in shown))
    return table


def _numbers(one: Quality, k: int, names: Mapping[str, str]) -> list[str]:
    return [_number(one.means.get(f"{name}@{k}")) for name in names]


def _interval(one: Quality, name: str) -> str:
    interval = one.intervals[name]
    if math.isnan(interval.mean):
        return "-"
    return f"{interval.mean:.4f} ±{(interval.high - interval.low) / 2:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"
