"""The fault table: how many home pages are answered in time while a store fails, and how soon all is well again.

`python -m benchmarks.faults STATE` copies a state to a PostgreSQL and a Valkey of its own, and to SQLite, makes each
fault of `tests/acceptance/faulting.py`, and prints the rows of `docs/reliability.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.load import Job, Outcome, Request, run
from benchmarks.workload import OURS
from service.adapters.sql_database import connect, migrate
from tests.acceptance.damages import DAMAGES, published_damaged
from tests.acceptance.faulting import FAULTS, FaultyServers, no_room, written_by_another
from tests.acceptance.faulty_shop import HOME, carried, lacking
from tests.acceptance.running import HASTY, Server

IN_TIME_MS = 250.0
AT_ONCE = 2
PER_ROUND = 20
OK = 200
SEED = 1


@dataclass
class Row:
    """What was measured of one fault.

    Parameters
    ----------
    pages, whole, in_time : pages asked for; answered whole; and that within 250 ms
    milliseconds : how long each of them took
    degraded : how many answers said what
    recovery : seconds from the end of the fault to the first page that lacks nothing
    """

    name: str
    pages: int = 0
    whole: int = 0
    in_time: int = 0
    milliseconds: list[float] = field(default_factory=list)
    degraded: Counter[str] = field(default_factory=Counter)
    recovery: float = 0.0

    def count(self, outcome: Outcome) -> None:
        """Add some pages."""
        for answer in outcome.answers:
            parts = missing_parts(answer.status, answer.body)
            self.pages += 1
            self.whole += parts is not None
            self.in_time += parts is not None and answer.milliseconds <= IN_TIME_MS
            self.milliseconds.append(answer.milliseconds)
            self.degraded.update(parts or ["no answer" if parts is None else "nothing"])

    def told(self) -> str:
        """Write a row of the table."""
        said = ", ".join(f"{part} {100 * times / self.pages:.0f} %" for part, times in self.degraded.most_common())
        cells = [
            self.name, f"{100 * self.whole / self.pages:.1f} %", f"{100 * self.in_time / self.pages:.1f} %",
            f"{np.median(self.milliseconds):.0f} ms", f"{max(self.milliseconds):.0f} ms", said,
            f"{self.recovery:.1f} s",
        ]
        return f"| {' | '.join(cells)} |"


def missing_parts(status: int, body: str) -> list[str] | None:
    """Tell what a page says that it was made without; None where it is no whole page."""
    answer = json.loads(body) if status == OK else {}
    if "errors" in answer or not answer.get("data"):
        return None
    parts = lacking(answer["data"]["viewer"]["home"])
    return None if parts is None else sorted(parts)


class Shoppers:
    """Customers of a server, each of whom asks for their home page in turn."""

    def __init__(self, server: Server) -> None:
        self._server = server
        tokens = [server.token(one) for one in server.households(SEED)[:200]]
        body = json.dumps({"query": HOME})
        self._requests = cycle([Request(OURS, body, {"Authorization": f"Bearer {token}"}) for token in tokens])

    def ask(self, size: int) -> Outcome:
        """Ask for some pages, two at a time."""
        return asyncio.run(run(Job(self._server.port, AT_ONCE, [next(self._requests) for _ in range(size)])))

    def recovered(self) -> float:
        """Tell how many seconds it takes until a page lacks nothing."""
        began = time.perf_counter()
        while missing_parts((one := self.ask(1).answers[0]).status, one.body) != []:
            pass
        return time.perf_counter() - began


def measure(name: str, server: Server, fault: AbstractContextManager[object], seconds: float) -> Row:
    """Ask for pages from the first moment of a fault to its end, and on until all is well."""
    shoppers, row = Shoppers(server), Row(name)
    shoppers.ask(PER_ROUND)
    with fault:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            row.count(shoppers.ask(PER_ROUND))
    row.recovery = shoppers.recovered()
    return row


def sqlite_faults(server: Server) -> Iterable[tuple[str, AbstractContextManager[object]]]:
    """Make the faults of a database in a file, and of an artefact."""
    yield "none (SQLite)", nullcontext()
    yield "SQLite full", no_room(server.process.pid)
    yield "SQLite held by another writer", written_by_another(server.state / "konomi.db")
    for name, (damage, _) in DAMAGES.items():
        yield f"artefact {name}", published_damaged(server.state, damage)


def remote_faults(servers: FaultyServers) -> Iterable[tuple[str, AbstractContextManager[object]]]:
    """Make the faults of PostgreSQL and Valkey."""
    yield "none (PostgreSQL, Valkey)", nullcontext()
    for name, fault in FAULTS.items():
        yield name, fault.begin(servers)


@contextmanager
def served(
    state: Path, folder: Path, servers: FaultyServers,
) -> Iterator[list[tuple[Server, Callable[[], Iterable[tuple[str, AbstractContextManager[object]]]]]]]:
    """Serve a state from both kinds of stores."""
    local = Path(shutil.copytree(state, folder / "local"))
    migrate(connect(f"sqlite:///{local / 'konomi.db'}"))
    remote = carried(local, folder / "remote", servers)
    with Server(remote, **servers.settings) as one, Server(local, **HASTY) as other:
        yield [(one, lambda: remote_faults(servers)), (other, lambda: sqlite_faults(other))]


def main() -> None:
    """Measure all faults, or those whose name contains a word."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("state", type=Path, help="a published state; it is copied")
    options.add_argument("--seconds", type=float, default=10.0, help="of each fault")
    options.add_argument("--only", default="", help="faults whose name has this in it")
    chosen = options.parse_args()
    print("| fault | answered | within 250 ms | median | slowest | degraded | recovery |", flush=True)
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder, FaultyServers() as servers, \
            served(chosen.state, Path(folder), servers) as each:
        for server, faults in each:
            for name, fault in faults():
                if chosen.only in name:
                    print(measure(name, server, fault, chosen.seconds).told(), flush=True)


if __name__ == "__main__":
    main()
