"""The report of an evaluation as a picture: one bar a model, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from service.evaluation.measuring import Quality

MEASURES = ("recall", "ndcg")


def draw(measured: Sequence[Quality], k: int, target: Path) -> None:
    """Draw recall and NDCG at k, the best model on top."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional

    ordered = sorted(measured, key=lambda one: one.means[f"ndcg@{k}"])
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(ordered)), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(MEASURES), sharey=True), MEASURES, strict=True):
        told = [one.intervals[f"{name}@{k}"] for one in ordered]
        means = [interval.mean for interval in told]
        errors = [[one.mean - one.low for one in told], [one.high - one.mean for one in told]]
        colours = ["tab:red" if one.name.startswith("konomi") else "tab:gray" for one in ordered]
        axes.barh([one.name for one in ordered], means, xerr=errors, color=colours, capsize=3)
        axes.set_xlabel(f"{name}@{k}, 95 % interval over people")
        axes.grid(axis="x", alpha=0.3)
    figure.savefig(target, format="png", dpi=150)
