"""Commands of konomi that are killed and started again so often that their imports, ten seconds of each start, are done once.

A process without threads has imported the service; each victim is a fork of it, as of `multiprocessing`'s fork server.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.acceptance.running import environment, wait_until

_SERVICE = ["service.cli", "service.app", "service.adapters.uvicorn_protocol", "service.adapters.uvicorn_websocket", "feast", "uvicorn"]
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__, *_SERVICE])


class Victim:
    """A command that is started again after it was killed; what its processes say is in `said`, one after the other."""

    def __init__(self, state: Path, settings: Mapping[str, str], *arguments: str) -> None:
        self.said = state.with_name(f"{state.name}.{arguments[0]}.log")
        self._environment, self._arguments = environment(state, **settings), arguments
        self.start()

    def start(self) -> None:
        self._process = _processes.Process(target=_run, args=(self._environment, self._arguments, self.said))
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Look again and again, as long as the process lives."""
        wait_until(holds, self._has_ended, self.said)

    def _has_ended(self, seconds: float) -> bool:
        self._process.join(seconds)
        return self._process.exitcode is not None


def _run(variables: Mapping[str, str], arguments: Sequence[str], said: Path) -> None:
    from service.cli import app  # noqa: PLC0415 - by whoever runs the command, not by whoever kills it

    os.environ.clear()  # noqa: TID251 - as for a process that is started with them
    os.environ.update(variables)  # noqa: TID251
    with said.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    app(list(arguments))
