"""The processes of a measurement: servers that are waited for, and the load generator."""

from __future__ import annotations

import http.client
import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from benchmarks.errors import ServerFault
from benchmarks.load import HOST, Answer, Job, Outcome

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 180
LOOKS_PER_SECOND = 10
OK = 200


class Server:
    """A server on a free port of this machine, from its readiness until the block ends.

    Parameters
    ----------
    module : with its arguments; the port is added to them
    ready : path that answers 200 once the server is ready
    log : file for what it says
    settings : of konomi, in place of those of this process
    on_one_core : keep it on the last processor core, where the system lets one choose
    """

    def __init__(
        self, module: Sequence[str], ready: str, log: Path, settings: Mapping[str, str] | None = None, *,
        on_one_core: bool = False,
    ) -> None:
        self.port = free_port()
        self._command = [sys.executable, "-m", *module, "--port", str(self.port)]
        self._ready, self._log, self._environment = ready, log, environment(settings or {})
        self._on_one_core = on_one_core and hasattr(os, "sched_setaffinity")

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        try:
            if self._on_one_core:  # before it has threads, which inherit it
                os.sched_setaffinity(self.process.pid, {max(os.sched_getaffinity(0))})
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used so far; NaN where the system does not say (no /proc)."""
        try:
            said = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return math.nan
        # The name in brackets may hold anything; utime and stime are the 14th and 15th field of all.
        user, system = said.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _wait(self) -> None:
        for _ in range(PATIENCE_SECONDS * LOOKS_PER_SECOND):
            if self._is_ready():
                return
            try:
                self.process.wait(1 / LOOKS_PER_SECOND)
            except subprocess.TimeoutExpired:
                continue
            break
        said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServerFault(f"{' '.join(self._command)} did not become ready on port {self.port}:\n{said}")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", self._ready)
            return connection.getresponse().status == OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class LoadGenerator:
    """The load generator's process, which does one job after another."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.process.terminate()
        self.process.communicate()

    def run(self, job: Job) -> Outcome:
        """Do a job.

        Raises
        ------
        ServerFault
            If it died; its stderr, which is this process's, says of what.
        """
        jobs, outcomes = _pipes(self.process)
        try:
            jobs.write(json.dumps(asdict(job)) + "\n")
            jobs.flush()
            line = outcomes.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ServerFault(f"the load generator stopped while it asked port {job.port}; its traceback says why")
        raw = json.loads(line)
        return Outcome(raw["seconds"], [Answer(**one) for one in raw["answers"]])


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise ServerFault("the load generator has no pipes")
    return process.stdin, process.stdout


def run_to_end(module: Sequence[str]) -> None:
    """Run a module with its arguments in a process of its own.

    Raises
    ------
    ServerFault
        If it fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", *module], cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise ServerFault(f"{' '.join(module)} failed:\n{done.stderr[-2000:]}")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give this process's environment with no settings of konomi but these."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("KONOMI_")}, **settings}


def free_port() -> int:
    """Find a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
