"""A SQLite file that is full, held by another process, or not to be written: pages are answered, changes are refused."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from tests.acceptance.faulting import no_room, without_privileges, written_by_another
from tests.acceptance.faulty_shop import home, record, says
from tests.acceptance.running import HASTY, Server
from tests.acceptance.village import Village

pytestmark = [pytest.mark.demo, pytest.mark.sqlite]

CUSTOMERS = ("k3", "k8")
NOTHING, SLATES = frozenset[str](), frozenset({"SLATES"})
CALLS = 24
"""Three times as many as there are threads that write."""


def database(state: Path) -> Path:
    return state / "konomi.db"


@pytest.fixture(scope="module")
def server(village: Village, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = Path(shutil.copytree(village.state, tmp_path_factory.mktemp("faults") / "state"))
    with Server(state, **HASTY) as serving:
        yield serving


FAULTS: dict[str, Callable[[Server], AbstractContextManager[None]]] = {
    "full": lambda server: no_room(server.process.pid),
    "held by another writer": lambda server: written_by_another(database(server.state)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_pages_are_answered_changes_are_refused_and_it_heals_by_itself(server, name):
    server.wait_until(lambda: says(server, CUSTOMERS, NOTHING))
    with FAULTS[name](server):
        server.wait_until(lambda: not record(server, CUSTOMERS[0]))
        server.wait_until(lambda: says(server, CUSTOMERS, SLATES))
        for customer in CUSTOMERS * 10:
            assert home(server, customer) >= SLATES
        assert server.http.get("/readyz").status_code == 200
    server.wait_until(lambda: record(server, CUSTOMERS[0]))
    server.wait_until(lambda: says(server, CUSTOMERS, NOTHING))


def test_changes_that_wait_keep_no_page_waiting(server):
    server.token(CUSTOMERS[0])
    with written_by_another(database(server.state)), ThreadPoolExecutor(CALLS) as callers:
        calls = [callers.submit(record, server, CUSTOMERS[0]) for _ in range(CALLS)]
        for _ in range(3):
            home(server, CUSTOMERS[1])
        assert not all(call.done() for call in calls)
        assert not any(call.result() for call in calls)
    server.wait_until(lambda: record(server, CUSTOMERS[0]))


def test_a_file_that_may_only_be_read_is_served_from(village, tmp_path):
    state = Path(shutil.copytree(village.state, tmp_path / "state"))
    with closing(sqlite3.connect(database(state))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database(state).chmod(0o444)
    with _Unprivileged(state, **HASTY) as server:
        server.wait_until(lambda: says(server, CUSTOMERS, SLATES))
        for customer in CUSTOMERS * 3:
            assert home(server, customer) >= SLATES
        assert not record(server, CUSTOMERS[0])


class _Unprivileged(Server):
    launcher = without_privileges()
