"""`konomi evaluate --protocol cold-start`: newcomers and new items, from a state's features or a folder of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from service.commands.evaluation_data import measured_workspace
from service.commands.offline import computed_as_of, run_features
from service.commands.shoppers import shoppers
from service.commands.terminal import output, progress, show
from service.commands.training_inputs import training_inputs
from service.settings import load_settings

if TYPE_CHECKING:
    from service.evaluation.bootstrap import Interval
    from service.evaluation.cold_start import ColdStart

PROTOCOL = "cold-start"


def show_cold_start(data: Path | None, ks: Sequence[int], seed: int, *, as_json: bool) -> None:
    """Measure cold start and show it.

    Of a folder the features are computed first; a state's own are taken as they are. As in training, only people who
    agreed that models learn from them are looked at.
    """
    from service.evaluation.cold_start import measure_cold_start  # noqa: PLC0415 - SciPy takes a second to import

    with progress("evaluate") as tell, measured_workspace(load_settings(), data, tell) as workspace:
        if data is not None:
            run_features(workspace, lambda stage, done: tell(f"features: {stage}", 0.3 * done))
        tell("gather features", 0.3)
        as_of = computed_as_of(workspace)
        inputs = replace(training_inputs(workspace, as_of), shoppers=shoppers(workspace, as_of))
        found = measure_cold_start(
            inputs, seed=seed, ks=tuple(ks), tell=lambda stage, done: tell(stage, 0.4 + 0.6 * done),
        )
        told = {"tables": inputs.catalogue_version, "people": len(inputs.people[inputs.newest]),
                "items": inputs.items.num_rows}
    if as_json:
        gains = {model: {name: asdict(one) for name, one in row.items()} for model, row in found.gains.items()}
        show({"data": told, "protocol": PROTOCOL, "models": found.models, "gains": gains}, as_json=True)
        return
    for table in as_tables(found, told):
        output.print(table)


def as_tables(found: ColdStart, told: Mapping[str, Any]) -> list[Table]:
    """Recall, one line a measure, one column a model; and how much more konomi's is."""
    title = f"{PROTOCOL}: {told['people']:,} people, {told['items']:,} items"
    recalls = _table(title, "recall of what was bought next", found.models)
    for measure in found.models["konomi"]:
        cells = (f"{row[measure]:.4f}" if measure in row else "" for row in found.models.values())
        recalls.add_row(measure, *cells)
    recalls.caption = "new-item: hidden items, ordered among themselves; -among-all: ordered among all products"
    gains = _table("how much more konomi finds, 95 % interval over people", "above", found.gains, "x random")
    for measure in found.models["konomi"]:
        chance = found.models["random"][measure]
        cells = (_between(row[measure]) if measure in row else "" for row in found.gains.values())
        gains.add_row(measure, *cells, f"{found.models['konomi'][measure] / chance:.1f}" if chance else "")
    return [recalls, gains]


def _table(title: str, first: str, columns: Iterable[str], *more: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", padding=(0, 0, 0, 1))
    table.add_column(first, no_wrap=True)
    for name in (*columns, *more):
        table.add_column(name, justify="right")
    return table


def _between(gain: Interval) -> str:
    return f"{gain.low:+.4f}…{gain.high:+.4f}"
