"""The demo shop, built once for the whole session by the command that people run, and a server over a copy of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.village import Village, build_village, opened

FINISHED = "KONOMI_TEST_DEMO"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own  # noqa: TID251


@pytest.fixture(scope="session")
def demo(shared_folder: Path) -> Path:
    """State folder of `konomi demo --no-serve`, to be copied, never written; KONOMI_TEST_DEMO names a finished one."""
    finished = os.environ.get(FINISHED)  # noqa: TID251
    if finished:
        return Path(finished)
    state = shared_folder / "demo"
    with (shared_folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        succeed(konomi(state, "demo", "--no-serve"))  # once it is built, the command is done in seconds
    return state


@pytest.fixture(scope="session")
def village(shared_folder: Path) -> Village:
    """A small shop's published state, to be copied, never written."""
    root = shared_folder / "village"
    with (shared_folder / "village.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_village(root, SystemClock().now())
    return opened(root)


@pytest.fixture(scope="session")
def demo_copy(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's state that tests of this worker write to."""
    return Path(shutil.copytree(demo, tmp_path_factory.mktemp("demo") / "state"))


@pytest.fixture(scope="session")
def server(demo_copy: Path) -> Iterator[Server]:
    with Server(demo_copy) as serving:
        yield serving


@pytest.fixture(scope="session")
def replica(server: Server) -> Iterator[Server]:
    """A second server over the state of the first."""
    with Server(server.state) as serving:
        yield serving
