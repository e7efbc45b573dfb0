"""konomi as its operators run it: commands in processes of their own, a server on a port, a client with tokens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx2
import numpy as np
import pyarrow.parquet as pq

from service.adapters.jwt_identity import DevelopmentIssuer
from service.adapters.state_secret import state_secret
from service.adapters.system_clock import SystemClock
from service.recommender.identity import Scope
from service.tables.store import TableStore

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 180
"""After which a server counts as not coming up; the machine may be busy with other tests."""


PATIENT = {"ANSWERS__DATABASE_MS": "2000", "ANSWERS__FEATURES_MS": "2000"}
"""A machine that is busy with other tests takes its time; only tests of faults are as impatient as people are."""
HASTY = {"ANSWERS__DATABASE_MS": "50", "ANSWERS__FEATURES_MS": "50"}


def environment(state: Path, **settings: str) -> dict[str, str]:
    """The tests' own environment with no setting but these (`SHOP__CURRENCY="USD"`)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONOMI_")}  # noqa: TID251
    chosen = {f"KONOMI_{name}": value for name, value in {"STATE__DIR": str(state), **PATIENT, **settings}.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1", **chosen}


def konomi(state: Path, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)],
        cwd=ROOT, env=environment(state, **settings), capture_output=True, text=True, check=False,
    )


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed, where it ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def issuer(state: Path) -> DevelopmentIssuer:
    """The issuer behind `konomi token`, whose process takes seconds each time."""
    return DevelopmentIssuer(state_secret(state, "development"), SystemClock())


class Server:
    """`konomi serve` on a free port, until it is stopped."""

    launcher: Sequence[str] = ()
    """What it is started by, where not directly."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        self.port = free_port()
        self.log = state.with_name(f"{state.name}.{self.port}.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.launcher, sys.executable, "-m", "service", "serve", "--port", str(self.port)],
                cwd=ROOT, env=environment(state, **settings), stdout=log, stderr=log,
            )
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx2.Client(base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False)
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.wait_until(lambda: self.http.get("/readyz").status_code == 200)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Ask again and again, as long as the server lives."""
        wait_until(holds, self._has_ended, self.log)

    def _has_ended(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait()

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of code, tables and artefact that it serves."""
        return self.http.get("/.well-known/konomi").json()

    def households(self, seed: int) -> list[str]:
        """All customers of the shop, shuffled: the same for every run over the same data."""
        tables = TableStore(self.state / "tables").current()
        assert tables is not None
        ids = sorted(pq.read_table(tables.customers, columns=["customer_id"])["customer_id"].to_pylist())
        return [ids[place] for place in np.random.default_rng(seed).permutation(len(ids))]

    def token(self, customer: str) -> str:
        """A customer's token."""
        if customer not in self._tokens:
            self._tokens[customer] = issuer(self.state).customer_token(customer)
        return self._tokens[customer]

    def service_token(self, *scopes: Scope) -> str:
        """A service's token."""
        return issuer(self.state).service_token("acceptance", scopes)

    def post(
        self, query: str, customer: str | None = None, variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The whole answer, errors too."""
        bearer = {"authorization": f"Bearer {self.token(customer)}"} if customer is not None else {}
        answer = self.http.post(
            "/graphql", json={"query": query, "variables": dict(variables or {})}, headers={**bearer, **(headers or {})},
        )
        body: dict[str, Any] = answer.json()
        return body

    def ask(
        self, query: str, customer: str | None = None, variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The data of an answer without errors."""
        body = self.post(query, customer, variables, headers)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def refusal(self, query: str, customer: str | None = None, variables: Mapping[str, Any] | None = None) -> str:
        """The code of an answer that has exactly one error."""
        errors: Sequence[Mapping[str, Any]] = self.post(query, customer, variables).get("errors", [])
        assert len(errors) == 1, errors
        return str(errors[0]["extensions"]["code"])


def wait_until(holds: Callable[[], bool], has_ended: Callable[[float], bool], log: Path) -> None:
    """Look again and again; the pause between two looks, in seconds, ends at once when the process does."""
    for _ in range(PATIENCE_SECONDS * 10):
        try:
            if holds():
                return
        except httpx2.TransportError:
            pass  # not listening yet
        if has_ended(0.1):
            break
    raise AssertionError(f"it did not get there; the last that it said:\n{log.read_text()[-3_000:]}")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
