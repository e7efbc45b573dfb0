"""A picture of the latencies: one box for each kind of request."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measurement import Measurement


def draw(measured: Measurement, target: Path) -> None:
    """Draw the latencies of requests sent one by one; boxes hold the middle half, whiskers 1 to 99 %."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional

    boxes = {f"peer: {measured.peer.name}": measured.peer, **{f"konomi: {one.name}": one for one in measured.konomi}}
    figure = Figure(figsize=(8, 1 + 0.5 * len(boxes)), layout="constrained")
    axes = figure.subplots()
    axes.boxplot(
        [series.milliseconds for series in boxes.values()], tick_labels=list(boxes), orientation="horizontal",
        whis=(1, 99), showfliers=False,
    )
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds, one request at a time")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(target, format="png", dpi=150)
