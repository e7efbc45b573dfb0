"""How commands speak: results to stdout, progress to stderr, one JSON object with --json, telling exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from index.errors import ArtefactError
from service.evaluation.errors import EvaluationFault
from service.recommender.errors import KonomiError
from service.settings import SettingsFault
from service.tables.errors import TablesError

Tell = Callable[[str, float], None]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

errors = Console(stderr=True)
output = Console()

BAD_STATE, BAD_CALL = 1, 2


class CommandFault(Exception):
    """The data or the state is bad: one clear line says what, where, and what to do."""


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what can go wrong into one line on stderr and an exit code: 1 for bad data or state, 2 for a bad call."""
    try:
        yield
    except SettingsFault as fault:
        errors.print(f"[red]konomi:[/] {fault}", highlight=False, soft_wrap=True)
        raise typer.Exit(BAD_CALL) from None
    except (CommandFault, TablesError, ArtefactError, EvaluationFault, KonomiError) as fault:
        errors.print(f"[red]konomi:[/] {fault}", highlight=False, soft_wrap=True)
        raise typer.Exit(BAD_STATE) from None


@contextmanager
def progress(title: str) -> Iterator[Tell]:
    """Show a bar while a person is looking; otherwise one line a stage."""
    if not errors.is_terminal:
        seen: set[str] = set()

        def line(stage: str, _share: float) -> None:
            if stage not in seen:
                seen.add(stage)
                print(f"{title}: {stage}", file=sys.stderr, flush=True)  # noqa: T201 - this is the terminal

        yield line
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda stage, share: bar.update(task, completed=share, description=f"{title}: {stage}")
        bar.update(task, completed=1.0, description=title)


def show(result: Mapping[str, Any], *, as_json: bool, title: str = "") -> None:
    """Print a result: a table for people, one JSON object for programs."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, default=str))  # noqa: T201
        return
    table = Table(title=title or None, show_header=False, title_justify="left")
    for name, value in result.items():
        shown = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
        table.add_row(name, shown)
    output.print(table)
