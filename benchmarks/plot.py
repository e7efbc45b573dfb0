"""A picture of the latencies: one box for each kind of request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.recording import Recorded


def draw(measured: Measurement, recorded: Mapping[str, Recorded], target: Path) -> None:
    """Draw the latencies of requests sent one by one; boxes hold the middle half, whiskers 1 to 99 %.

    Parameters
    ----------
    recorded : by the name of the database
    """
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional

    boxes = {
        f"peer: {measured.peer.name}": measured.peer.milliseconds,
        **{f"konomi: {one.name}": one.milliseconds for one in measured.konomi},
    }
    for database, one in recorded.items():
        boxes |= {f"{database}: {route.name}, 100 events": route.milliseconds for route in one.routes}
        boxes |= {f"{database}: from an action to its answer": one.reaction.answered}
    figure = Figure(figsize=(8, 1 + 0.5 * len(boxes)), layout="constrained")
    axes = figure.subplots()
    axes.boxplot(
        list(boxes.values()), tick_labels=list(boxes), orientation="horizontal",
        whis=(1, 99), showfliers=False,
    )
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds, one request at a time")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(target, format="png", dpi=150)
