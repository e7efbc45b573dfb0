"""Real clients in node, and a real server for them to speak to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import shared_folder, standing, village  # noqa: F401 - fixtures
from tests.acceptance.running import Server
from tests.acceptance.standing import Standing
from tests.acceptance.village import Village
from tests.clients.node import RegistryOutOfReach, install, node

HERE = Path(__file__).parent
ABSENT = "NPM CANNOT REACH ITS REGISTRY: real clients in node were not tested against the server."

Run = Callable[..., Any]


def install_or_skip(folder: Path) -> None:
    """Install a folder's packages; where npm is cut off, skip loudly, and fail where a change is decided on."""
    try:
        install(folder)
    except RegistryOutOfReach as fault:
        if os.environ.get("CI") == "true":  # noqa: TID251 - tests are not the service
            pytest.fail(f"{ABSENT} {fault}")
        pytest.skip(ABSENT)


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the packages of its package.json installed."""
    install_or_skip(HERE)
    return HERE


@pytest.fixture(scope="session")
def run(packages: Path) -> Run:
    """Run a script of this folder with JSON as its standard input, and read JSON from what it prints."""

    def script(name: str, said: object = None) -> Any:
        done = node(packages / name, folder=packages, said=json.dumps(said))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return script


@pytest.fixture(scope="module")
def village_copy(village: Village, standing: Standing) -> Path:  # noqa: F811
    """A state that these tests may write to."""
    return standing.copy_of(village.state)


@pytest.fixture(scope="module")
def server(village: Village, standing: Standing) -> Server:  # noqa: F811
    """`konomi serve` over the village, as operators run it."""
    return standing.server_over(village.state)
