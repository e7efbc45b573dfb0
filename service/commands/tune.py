"""`konomi tune`: choose the embedding's settings on a part of train."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.terminal import AsJson, Tell, faults_told, output, progress, show
from service.settings import load_settings

if TYPE_CHECKING:
    from service.evaluation.interactions import Interactions
    from service.evaluation.tuning import Tried

SMALLEST_DIMENSION = 16
SHOWN = 10


def tune_command(
    data: Annotated[Path | None, typer.Option(help="Folder of a shop's tables; left out, the state's own.")] = None,
    train: Annotated[Path | None, typer.Option(help="Instead: `user item item …` a line, plain or gzip.")] = None,
    dimension: Annotated[int, typer.Option(min=SMALLEST_DIMENSION, help="Largest dimension that may be chosen.")] = 128,
    k: Annotated[int, typer.Option("--k", min=1, help="Length of the lists that recall and NDCG are of.")] = 20,
    carves: Annotated[int, typer.Option(min=1, help="Parts of train that are hidden in turn.")] = 3,
    people: Annotated[int, typer.Option(min=1, help="Most people asked in each, a seeded sample.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed on the same data gives the same choice.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Choose exponents and dimension where the embedding finds most of what a part of train, hidden, holds."""
    if data is not None and train is not None:
        raise typer.BadParameter("--train takes the place of --data; name one of them.")
    with faults_told():
        from index.embedding import EmbeddingSettings  # noqa: PLC0415 - SciPy takes a second to import
        from service.evaluation.carving import carves as carved  # noqa: PLC0415
        from service.evaluation.tuning import Tuner  # noqa: PLC0415

        begun, spent = time.perf_counter(), time.process_time()
        with progress("tune") as tell:
            interactions = _interactions(data, train, tell)
            tuner = Tuner(carved(interactions, carves, people, seed), k, tell)
            sizes = sorted({max(SMALLEST_DIMENSION, dimension // part) for part in (4, 2, 1)})
            chosen = tuner.choose(EmbeddingSettings(seed=seed), sizes)
        told = {
            "hidden": "the last four weeks, and the four before each" if _is_timed(interactions) else "random fifths",
            "carves": carves, "k": k, "chosen": asdict(chosen.settings), f"recall@{k}": round(chosen.recall, 5),
            f"ndcg@{k}": round(chosen.ndcg, 5), "tried": [_row(one, k) for one in tuner.tried.values()],
            "seconds": round(time.perf_counter() - begun, 1), "cpu_seconds": round(time.process_time() - spent, 1),
        }
        if as_json:
            show(told, as_json=True)
            return
        _print(told, k)


def _interactions(data: Path | None, train: Path | None, tell: Tell) -> Interactions:
    from service.evaluation.interactions import Interactions  # noqa: PLC0415

    tell("read", 0.0)
    if train is not None:
        import numpy as np  # noqa: PLC0415

        from service.evaluation.protocols.given_split import read_pairs  # noqa: PLC0415

        user, item = read_pairs(train)
        untimed = np.zeros(user.size, np.int64)
        return Interactions.of(user, item, untimed, untimed)
    from service.commands.evaluation_data import measured_workspace, read_shop  # noqa: PLC0415

    with measured_workspace(load_settings(), data, tell) as workspace:
        return read_shop(workspace).interactions


def _is_timed(interactions: Interactions) -> bool:
    return bool(interactions.at.min() < interactions.at.max())


def _row(one: Tried, k: int) -> dict[str, Any]:
    return {**asdict(one.settings), f"recall@{k}": round(one.recall, 5), f"ndcg@{k}": round(one.ndcg, 5)}


def _print(told: dict[str, Any], k: int) -> None:
    from rich.table import Table  # noqa: PLC0415

    rows = sorted(told["tried"], key=lambda row: -row[f"recall@{k}"] - row[f"ndcg@{k}"])[:SHOWN]
    title = f"the best of {len(told['tried'])} settings over {told['carves']} carves; hidden: {told['hidden']}"
    table = Table(title=title, title_justify="left", padding=(0, 0, 0, 1))
    names = [name for name in rows[0] if name not in {"seed", "power_iterations"}]
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*(f"{row[name]:.4f}" if "@" in name else f"{row[name]:g}" for name in names))
    output.print(table)
    output.print(f"chosen: {told['chosen']} in {told['seconds']} s", highlight=False)
