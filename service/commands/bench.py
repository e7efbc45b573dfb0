"""`konomi bench`: this service and a naive peer in one run on this machine, and how events are recorded."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.bench_guard import guard_milliseconds
from service.commands.bench_recording import record
from service.commands.bench_state import PEERS, BenchState, copied, synthetic
from service.commands.terminal import AsJson, CommandFault, Tell, faults_told, output, progress, show
from service.settings import load_settings

SYNTHETIC_SIZE = 10_000
FINISHED = "finished"


@contextmanager
def _measurable() -> Iterator[None]:
    """See that the peer and the load generator are at hand, and tell their faults as the command's own."""
    if find_spec("benchmarks") is None:
        raise CommandFault("konomi bench needs the folder benchmarks/ of the source tree; run it from a checkout.")
    from benchmarks.errors import BenchmarkFault  # noqa: PLC0415

    try:
        yield
    except BenchmarkFault as fault:
        raise CommandFault(str(fault)) from fault


def bench_command(
    customers: Annotated[int | None, typer.Option(min=1, help="Customers of a synthetic shop.")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="Products of a synthetic shop.")] = None,
    requests: Annotated[int, typer.Option(min=1, help="Requests of each kind, one by one, and as many at once.")] = 300,
    plot: Annotated[Path | None, typer.Option(help="Draw the latencies into this PNG; needs matplotlib.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure this service and the naive peer in turns: a copy of the state, or a synthetic shop of the size named."""
    with faults_told(), _measurable(), tempfile.TemporaryDirectory(prefix="konomi-bench-") as scratch:
        if plot is not None and find_spec("matplotlib") is None:
            raise CommandFault("--plot needs matplotlib; install konomi[plot], or leave --plot out.")
        folder, settings = Path(scratch), load_settings()
        with progress("prepare") as tell:
            if customers is None and items is None:
                state, peers = copied(settings, folder / "state"), settings.state.dir / PEERS
            else:
                state = synthetic(settings, customers or SYNTHETIC_SIZE, items or SYNTHETIC_SIZE, folder, tell)
                peers = folder
            tell("build the peer", 0.95)
            peer = _peer(peers, state)
        with progress("measure") as tell:
            told = _measure(state, peer, folder, requests, tell, plot)
        if as_json:
            show(told, as_json=True)
        else:
            _print(told)


def _peer(folder: Path, state: BenchState) -> Path:
    """Build the peer with as many customers and items, unless an earlier run did."""
    from benchmarks.processes import run_to_end  # noqa: PLC0415

    customers, items = state.size
    peer = (folder / f"naive-{customers}-{items}").absolute()
    finished = peer / FINISHED
    # Feast writes down where it lies: a state that was moved since has its peer built anew.
    if not finished.exists() or finished.read_text(encoding="utf-8") != str(peer):
        shutil.rmtree(peer, ignore_errors=True)
        size = ["--customers", str(customers), "--items", str(items)]
        run_to_end(["benchmarks.naive", "build", str(peer), *size])
        finished.write_text(str(peer), encoding="utf-8")
    return peer


def _measure(
    state: BenchState, peer: Path, folder: Path, requests: int, tell: Tell, plot: Path | None,
) -> dict[str, Any]:
    from benchmarks.measurement import measure  # noqa: PLC0415
    from benchmarks.processes import Server  # noqa: PLC0415
    from benchmarks.recording_report import recorded_as_dict  # noqa: PLC0415
    from benchmarks.report import as_dict  # noqa: PLC0415
    from benchmarks.workload import konomi_kinds, peer_feed  # noqa: PLC0415

    customers, items = state.size
    askers, recorders = state.tokens()
    kinds = konomi_kinds(askers, recorders, state.products(), state.workspace.clock.now())
    ours = Server(["service", "serve"], "/readyz", folder / "konomi.log", state.environment)
    theirs = Server(["benchmarks.naive", "serve", str(peer)], "/graphql/?query=%7B__typename%7D", folder / "peer.log")
    with ours, theirs:
        measured = measure(
            (ours, kinds), (theirs, peer_feed(range(min(customers, len(askers))))), requests, tell,
        )
    recorded = record(state, folder, requests, tell)
    if plot is not None:
        from benchmarks.plot import draw  # noqa: PLC0415

        draw(measured, {name: one for name, one in recorded.items() if one is not None}, plot)
    about = {"customers": customers, "items": items, "python": platform.python_version()}
    kept = {name: None if one is None else recorded_as_dict(one) for name, one in recorded.items()}
    return {**about, **as_dict(measured), "recording": kept, "guard_ms": guard_milliseconds()}


def _print(told: dict[str, Any]) -> None:
    from benchmarks.recording_report import recorded_as_table  # noqa: PLC0415
    from benchmarks.report import as_tables  # noqa: PLC0415

    title = f"{told['customers']:,} customers, {told['items']:,} items, Python {told['python']}"
    output.print(as_tables(told, title))
    output.print(recorded_as_table(told["recording"]))
    output.print(f"The guard takes {told['guard_ms']:.2f} ms of processor time of a home page's query.")
