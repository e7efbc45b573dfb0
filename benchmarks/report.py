"""What a measurement says: for programs, and for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group
from rich.table import Table

from benchmarks.measurement import AT_ONCE, Measurement, Series, ratios

DIGITS = 3
_NUMBERS = {
    "median ms": "median_ms", "p95 ms": "p95_ms", "p99 ms": "p99_ms", "processor ms": "cpu_ms",
    f"answers/s, {AT_ONCE} at once": "per_second", "items": "items",
}


def as_dict(measured: Measurement) -> dict[str, Any]:
    """Say it in one JSON object: milliseconds, answers a second, and ratios per block with their median.

    In `ratios`, latency and processor time below 1, and throughput above 1, mean that konomi is the faster one.
    """
    feed = measured.konomi[0]
    compared = {
        "feed latency, konomi / peer": ratios(feed.block_medians, measured.peer.block_medians),
        **_processor_time(feed, measured.peer),
        "feed throughput, konomi / peer": ratios(feed.block_rates, measured.peer.block_rates),
        **{
            f"{other.name} / feed latency, konomi": ratios(other.block_medians, feed.block_medians)
            for other in measured.konomi[1:]
        },
    }
    return {
        "blocks": len(feed.blocks),
        "konomi": {series.name: _told(series) for series in measured.konomi},
        "peer": {measured.peer.name: _told(measured.peer)},
        "ratios": {
            name: {"median": round(median, DIGITS), "blocks": [round(one, DIGITS) for one in each]}
            for name, (median, each) in compared.items()
        },
    }


def _processor_time(feed: Series, peer: Series) -> dict[str, tuple[float, Sequence[float]]]:
    """Compare what a feed costs; a block too short for the system's clock compares nothing."""
    if not all(one > 0 for one in (*feed.block_cpu, *peer.block_cpu)):
        return {}
    return {"feed processor time, konomi / peer": ratios(feed.block_cpu, peer.block_cpu)}


def _told(series: Series) -> dict[str, Any]:
    median, p95, p99 = np.percentile(series.milliseconds, (50, 95, 99))
    return {
        "requests": len(series.milliseconds),
        "median_ms": round(float(median), DIGITS),
        "p95_ms": round(float(p95), DIGITS),
        "p99_ms": round(float(p99), DIGITS),
        "cpu_ms": None if np.isnan(series.block_cpu).any() else round(float(np.median(series.block_cpu)), DIGITS),
        "per_second": round(float(np.median(series.block_rates)), DIGITS),
        "items": round(float(np.mean([block.items for block in series.blocks])), DIGITS),
    }


def as_tables(told: Mapping[str, Any], title: str) -> Group:
    """Lay it out for a terminal; `told` is what `as_dict` says."""
    times = Table(title=title, title_justify="left")
    times.add_column("")
    times.add_column("request")
    for heading in _NUMBERS:
        times.add_column(heading, justify="right")
    for side in ("konomi", "peer"):
        for name, row in told[side].items():
            times.add_row(side, name, *("-" if row[key] is None else f"{row[key]:,.1f}" for key in _NUMBERS.values()))
    compared = Table(title=f"Ratios of {told['blocks']} blocks", title_justify="left")
    compared.add_column("ratio")
    compared.add_column("median", justify="right")
    compared.add_column("by block")
    for name, row in told["ratios"].items():
        compared.add_row(name, f"{row['median']:.2f}", _joined(row["blocks"]))
    return Group(times, compared)


def _joined(each: Sequence[float]) -> str:
    return "  ".join(f"{one:.2f}" for one in each)
