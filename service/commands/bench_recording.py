"""What `konomi bench` measures of recording: the same server over SQLite, and over a PostgreSQL of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from service.commands.bench_state import BenchState
from service.commands.terminal import Tell
from service.settings import PREFIX, SEPARATOR

if TYPE_CHECKING:
    from benchmarks.recording import Recorded

DATABASE_URL = f"{PREFIX}database{SEPARATOR}url".upper()


def record(state: BenchState, folder: Path, requests: int, tell: Tell) -> dict[str, Recorded | None]:
    """Measure recording by database; None where the server of one is not installed.

    Raises
    ------
    BenchmarkFault
        If a server dies, or an answer is not what was asked for.
    """
    from benchmarks.databases import has_postgres, postgres  # noqa: PLC0415 - a checkout has it, an image has not

    tell("record on SQLite", 0.0)
    found: dict[str, Recorded | None] = {"SQLite": _recorded(state, None, folder / "sqlite.log", requests)}
    tell("record on PostgreSQL", 0.5)
    found["PostgreSQL"] = None
    if has_postgres():
        with postgres() as url:
            found["PostgreSQL"] = _recorded(state, url, folder / "postgres.log", requests)
    return found


def _recorded(state: BenchState, database: str | None, log: Path, requests: int) -> Recorded:
    from benchmarks.processes import Server  # noqa: PLC0415
    from benchmarks.recording import measure_recording  # noqa: PLC0415
    from benchmarks.recording_workload import routes  # noqa: PLC0415

    settings = {**state.environment, **({} if database is None else {DATABASE_URL: database})}
    (shoppers, _), now = state.tokens(), state.workspace.clock.now()
    ways = routes(state.service_token(), state.people(), state.products(), now)
    with Server(["service", "serve"], "/readyz", log, settings, on_one_core=True) as server:
        return measure_recording(server, ways, shoppers, now, requests)
