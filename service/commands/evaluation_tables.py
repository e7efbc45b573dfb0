"""The report of an evaluation as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from service.evaluation.measuring import Quality

WITH_INTERVAL = ("recall", "ndcg", "hit")
PLAIN = ("mrr", "map", "repeat_recall", "explore_recall", "coverage", "novelty", "diversity", "calibration",
         "popularity_share")


def as_tables(measured: Sequence[Quality], told: Mapping[str, Any], ks: Sequence[int]) -> Iterator[Table]:
    """One table of quality for each length of list, then one of NDCG by group of people."""
    data = told["data"]
    title = f"{told['protocol']}: {data['asked']:,} people asked, {data['items']:,} items; {told['timing']}"
    for k in ks:
        yield _quality(measured, k, title)
    if any(one.groups for one in measured):
        yield _groups(measured, f"ndcg@{ks[0]}")


def _quality(measured: Sequence[Quality], k: int, title: str) -> Table:
    plain = [name for name in PLAIN if any(f"{name}@{k}" in one.means for one in measured)]
    table = Table(title=title, title_justify="left", caption="± half of the 95 % interval", caption_justify="left")
    table.add_column("model", no_wrap=True)
    for name in (*WITH_INTERVAL, "ndcg vs best", *plain, "fit s"):
        table.add_column(f"{name}@{k}" if name in WITH_INTERVAL else name.replace("_", " "), justify="right")
    for one in measured:
        gap = one.against_best.get(f"ndcg@{k}")
        table.add_row(
            one.name,
            *(_interval(one, f"{name}@{k}") for name in WITH_INTERVAL),
            "best" if gap is None else f"{gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]".replace("[", r"\["),
            *(_number(one.means.get(f"{name}@{k}")) for name in plain),
            f"{one.fit_s:.1f}",
        )
    return table


def _groups(measured: Sequence[Quality], name: str) -> Table:
    table = Table(title=f"{name} by group of people", title_justify="left")
    table.add_column("group", no_wrap=True)
    table.add_column("people", justify="right")
    for one in measured:
        table.add_column(one.name, justify="right")
    for group, values in measured[0].groups.items():
        people = f"{values['people']:.0f}"
        table.add_row(group, people, *(_number(one.groups[group][name]) for one in measured))
    return table


def _interval(one: Quality, name: str) -> str:
    interval = one.intervals[name]
    if math.isnan(interval.mean):
        return "–"  # noqa: RUF001 - a dash
    return f"{interval.mean:.4f} ±{(interval.high - interval.low) / 2:.4f}"


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.4f}"  # noqa: RUF001 - a dash
