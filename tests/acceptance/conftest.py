"""The demo shop, built once for the whole session by the command that people run, and a server over a copy of it.

Both it and the village are tested on either pair of stores: what was built on SQLite is carried to PostgreSQL and Valkey.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.standing import Standing
from tests.acceptance.village import Village, build_village, opened
from tests.servers import Servers
from tests.stores import SQLITE, Stores, carried

FINISHED = "KONOMI_TEST_DEMO"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own  # noqa: TID251


@pytest.fixture(scope="session")
def demo(pair: str, shared_folder: Path, servers: Servers) -> Path:
    """State folder of `konomi demo --no-serve`, to be copied, never written; KONOMI_TEST_DEMO names a finished one."""
    finished = os.environ.get(FINISHED)  # noqa: TID251
    state = Path(finished) if finished else shared_folder / "demo"
    with (shared_folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished:
            succeed(konomi(state, "demo", "--no-serve"))  # once it is built, the command is done in seconds
        return state if pair == SQLITE else carried(state, shared_folder / "demo-on-servers", servers)


@pytest.fixture(scope="session")
def village(pair: str, shared_folder: Path, servers: Servers) -> Village:
    """A small shop's published state, to be copied, never written."""
    root = shared_folder / "village"
    with (shared_folder / "village.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_village(root, SystemClock().now())
        built = opened(root)
        return built if pair == SQLITE else built.at(carried(built.state, root / "on-servers", servers))


@pytest.fixture(scope="session")
def standing(stores_of_worker: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Copies of states and servers over them that stay until this worker ends."""
    with Standing(stores_of_worker, tmp_path_factory.mktemp("standing")) as kept:
        yield kept


@pytest.fixture(scope="module")
def demo_copy(demo: Path, standing: Standing) -> Path:
    """A copy of the demo's state that tests of this worker write to."""
    return standing.copy_of(demo)


@pytest.fixture(scope="module")
def server(demo: Path, standing: Standing) -> Server:
    return standing.server_over(demo)


@pytest.fixture(scope="module")
def replica(demo: Path, standing: Standing) -> Server:
    """A second server over the state of the first."""
    return standing.server_over(demo, number=2)
