"""`konomi evaluate`: the quality of every model and baseline side by side, on the data given."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.terminal import AsJson, CommandFault, Tell, faults_told, output, progress, show
from service.settings import load_settings

if TYPE_CHECKING:
    from service.commands.workspace import Workspace
    from service.evaluation.contender import Contender
    from service.evaluation.shop import Shop
    from service.evaluation.trial import Trial


class Protocol(StrEnum):
    """What is held out."""

    LAST_BASKET = "last-basket"
    LEAVE_ONE_OUT = "leave-one-out"
    GIVEN_SPLIT = "given-split"
    COLD_START = "cold-start"


DEFAULT_K = {Protocol.LAST_BASKET: "10,20", Protocol.LEAVE_ONE_OUT: "10,20", Protocol.GIVEN_SPLIT: "20",
             Protocol.COLD_START: "10,100"}

DIMENSION_OF_A_SPLIT = 512
"""Published splits are of tens of thousands of people: a shop's usual dimension would tell too little of them apart."""


def evaluate_command(
    data: Annotated[Path | None, typer.Option(help="Folder of a shop's tables; left out, the state's own.")] = None,
    protocol: Annotated[Protocol | None, typer.Option(
        help="What is held out; last-basket where left out, given-split where --train and --test are named.",
    )] = None,
    train: Annotated[Path | None, typer.Option(help="given-split: `user item item …` a line, plain or gzip.")] = None,
    test: Annotated[Path | None, typer.Option(help="given-split: the items to be found, in the same format.")] = None,
    k: Annotated[str | None, typer.Option("--k", help="Lengths of list, joined by commas; the first decides.")] = None,
    people: Annotated[int | None, typer.Option(min=1, help="Ask a seeded sample of so many people.")] = None,
    models: Annotated[str | None, typer.Option(help="Only these, joined by commas; most-popular always runs.")] = None,
    embedding: Annotated[Path | None, typer.Option(help="What `konomi tune --json` printed, for retrieval.")] = None,
    loose: Annotated[bool, typer.Option(
        "--loose", help="Fit once on all that is not held out, as many papers do: others' later actions leak in.",
    )] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the results into this PNG; needs matplotlib.")] = None,
    seed: Annotated[int, typer.Option(help="Of samples, models and intervals.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Measure konomi, its retrieval alone, and the baselines on the same people, none of whom knows the future."""
    chosen = _protocol(protocol, train, test, data)
    ks = _lengths(k or DEFAULT_K[chosen])
    with faults_told():
        if chosen is Protocol.COLD_START:
            if loose or any(given is not None for given in (people, models, embedding, plot)):
                raise typer.BadParameter("--protocol cold-start takes --data, --k, --seed and --json, nothing else.")
            from service.commands.cold_start import show_cold_start  # noqa: PLC0415

            show_cold_start(data, ks, seed, as_json=as_json)
            return
        if plot is not None and find_spec("matplotlib") is None:
            raise CommandFault("--plot needs matplotlib; install konomi[plot], or leave --plot out.")
        from service.evaluation.lineup import baselines_for  # noqa: PLC0415 - SciPy takes a second to import
        from service.evaluation.measuring import measure  # noqa: PLC0415
        from service.evaluation.report import as_dict  # noqa: PLC0415
        from service.evaluation.running import evaluate  # noqa: PLC0415

        with (
            progress("evaluate") as tell,
            _trial(chosen, data, train, test, tell) as (shop, whole, workspace),
            tempfile.TemporaryDirectory(prefix="konomi-pipeline-") as scratch,
        ):
            trial = whole.sampled(people, seed)
            baselines = baselines_for(trial, seed)
            running = _named([*baselines, *_ours(embedding, seed, shop, workspace, Path(scratch))], models)
            rankings = evaluate(running, trial, max(ks), strict=not loose, tell=lambda at, done: tell(at, 0.95 * done))
            tell("measure", 0.95)
            names = frozenset(one.name for one in baselines)
            measured = measure(rankings, trial, shop, ks, baselines=names, seed=seed)
            told = as_dict(measured, trial, shop, rankings, strict=not loose)
        if plot is not None:
            from service.commands.evaluation_plot import draw  # noqa: PLC0415

            draw(measured, ks[0], plot)
        if as_json:
            show(told, as_json=True)
            return
        from service.commands.evaluation_tables import as_tables  # noqa: PLC0415

        for table in as_tables(measured, told, ks):
            output.print(table)


def _protocol(protocol: Protocol | None, train: Path | None, test: Path | None, data: Path | None) -> Protocol:
    split = train is not None or test is not None
    chosen = protocol or (Protocol.GIVEN_SPLIT if split else Protocol.LAST_BASKET)
    if chosen is Protocol.GIVEN_SPLIT and (train is None or test is None or data is not None):
        raise typer.BadParameter("--protocol given-split takes --train FILE and --test FILE, and no --data.")
    if chosen is not Protocol.GIVEN_SPLIT and split:
        raise typer.BadParameter(f"--train and --test belong to --protocol given-split, not to {chosen}.")
    return chosen


def _lengths(text: str) -> list[int]:
    try:
        lengths = [int(part) for part in text.split(",")]
    except ValueError:
        lengths = []
    if not lengths or min(lengths) < 1:
        raise typer.BadParameter(f"--k {text}: write lengths from 1 on, joined by commas, such as 10,20.")
    return list(dict.fromkeys(lengths))


@contextmanager
def _trial(
    protocol: Protocol, data: Path | None, train: Path | None, test: Path | None, tell: Tell,
) -> Iterator[tuple[Shop, Trial, Workspace | None]]:
    """Read the data and split them; a scratch state that data were imported into lives as long as the block."""
    if train is not None and test is not None:
        from service.evaluation.protocols.given_split import given_split  # noqa: PLC0415
        from service.evaluation.shop import split_shop  # noqa: PLC0415

        tell("read", 0.0)
        trial = given_split(train, test)
        yield split_shop(trial.interactions, str(train), str(test)), trial, None
        return
    from service.commands.evaluation_data import measured_workspace, read_shop  # noqa: PLC0415
    from service.evaluation.protocols.last_basket import last_basket  # noqa: PLC0415
    from service.evaluation.protocols.leave_one_out import leave_one_out  # noqa: PLC0415

    split = last_basket if protocol is Protocol.LAST_BASKET else leave_one_out
    with measured_workspace(load_settings(), data, tell) as workspace:
        tell("read", 0.0)
        shop = read_shop(workspace)
        yield shop, split(shop.interactions, shop.keys), workspace


def _ours(
    embedding: Path | None, seed: int, shop: Shop, workspace: Workspace | None, scratch: Path,
) -> list[Contender]:
    """Retrieval alone, and the whole pipeline, which needs a shop and not only numbers."""
    from service.commands.pipeline_contender import Pipeline  # noqa: PLC0415
    from service.commands.tuned import read_tuned  # noqa: PLC0415
    from service.evaluation.retrieval import Retrieval  # noqa: PLC0415

    if workspace is None or shop.item_ids is None:
        return [Retrieval(read_tuned(embedding, seed, DIMENSION_OF_A_SPLIT))]
    return [Pipeline(workspace, shop.item_ids, scratch, seed), Retrieval(read_tuned(embedding, seed))]


def _named(contenders: Sequence[Contender], models: str | None) -> list[Contender]:
    if models is None:
        return list(contenders)
    wanted = set(models.split(","))
    known = [one.name for one in contenders]
    if unknown := wanted - set(known):
        raise CommandFault(f"No model here is called {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    return [one for one in contenders if one.name in wanted | {"most-popular"}]
