"""`konomi evaluate --protocol cold-start`: newcomers and new items, from a state's features or a folder of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.table import Table

from service.commands.evaluation_data import measured_workspace
from service.commands.offline import computed_as_of, run_features
from service.commands.shoppers import shoppers
from service.commands.terminal import output, progress, show
from service.commands.training_inputs import training_inputs
from service.settings import load_settings

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
        models = measure_cold_start(
            inputs, seed=seed, ks=tuple(ks), tell=lambda stage, done: tell(stage, 0.4 + 0.6 * done),
        )
        told = {"tables": inputs.catalogue_version, "people": len(inputs.people[inputs.newest]),
                "items": inputs.items.num_rows}
    if as_json:
        show({"data": told, "protocol": PROTOCOL, "models": models}, as_json=True)
        return
    output.print(as_table(models, told))


def as_table(models: Mapping[str, Mapping[str, float]], told: Mapping[str, Any]) -> Table:
    """One line a measure, one column a model."""
    title = f"{PROTOCOL}: {told['people']:,} people, {told['items']:,} items"
    table = Table(title=title, title_justify="left", padding=(0, 0, 0, 1))
    table.add_column("recall of what was bought next", no_wrap=True)
    for name in models:
        table.add_column(name, justify="right")
    for measure in dict.fromkeys(name for row in models.values() for name in row):
        table.add_row(measure, *(f"{row[measure]:.4f}" if measure in row else "" for row in models.values()))
    return table
