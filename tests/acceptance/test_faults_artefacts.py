"""An artefact that is not what its manifest says: a running server serves the old one on, a starting one the one before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.manifest import MANIFEST
from index.publication import POINTER
from tests.acceptance.damages import DAMAGES, VECTORS, point, truncate
from tests.acceptance.faulty_shop import home
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.test_publishing import copied
from tests.acceptance.village import Village

pytestmark = [pytest.mark.demo, pytest.mark.sqlite]

CUSTOMER, NEXT = "k3", "20990101T000000Z"


@pytest.fixture(scope="module")
def server(village: Village, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = Path(shutil.copytree(village.state, tmp_path_factory.mktemp("artefacts") / "state"))
    with Server(state) as serving:
        yield serving


def told(server: Server) -> str:
    ready = server.http.get("/readyz").json()
    return str({**ready["missing"], **ready["degraded"]}.get("index", ""))


@pytest.fixture
def first(server) -> str:
    return server.versions["index"]


@pytest.mark.parametrize("name", DAMAGES)
def test_a_running_server_serves_the_old_one_says_so_and_takes_the_new_one_once_it_is_whole(server, first, name):
    damage, named = DAMAGES[name]
    artefacts, version = server.state / "artefacts", f"{NEXT}-{len(list((server.state / 'artefacts').iterdir()))}"
    whole = copied(artefacts, first, version).rename(artefacts / f".{version}")
    damage(Path(shutil.copytree(whole, artefacts / version)))
    point(server.state, version, first)
    server.wait_until(lambda: version in told(server))
    assert named in told(server)
    assert server.http.get("/readyz").status_code == 200
    assert server.versions["index"] == first
    assert home(server, CUSTOMER) == frozenset()
    assert server.log.read_text(encoding="utf-8").count(f"version {version} is refused") == 1
    for path in whole.iterdir():  # what was on its way arrives, the manifest last
        if path.name != MANIFEST:
            shutil.copy(path, artefacts / version)
    shutil.copy(whole / MANIFEST, artefacts / version)
    server.wait_until(lambda: server.versions["index"] == version)
    assert told(server) == ""


def test_a_torn_pointer_changes_nothing(server, first):
    pointer = server.state / "artefacts" / POINTER
    said = pointer.read_text(encoding="utf-8")
    pointer.write_text(said[:10], encoding="utf-8")
    server.wait_until(lambda: "pointer" in told(server))
    assert server.versions["index"] == first
    assert home(server, CUSTOMER) == frozenset()
    pointer.write_text(said, encoding="utf-8")
    server.wait_until(lambda: told(server) == "")


def test_a_starting_server_serves_the_one_before_and_says_so(village, tmp_path):
    state = Path(shutil.copytree(village.state, tmp_path / "state"))
    before = json.loads((state / "artefacts" / POINTER).read_text(encoding="utf-8"))["version"]
    truncate(copied(state / "artefacts", before, NEXT))
    point(state, NEXT, before)
    with Server(state) as server:
        assert server.versions["index"] == before
        assert NEXT in told(server)
        assert VECTORS in told(server)
        assert home(server, CUSTOMER) == frozenset()
        succeed(konomi(state, "publish", before))
        server.wait_until(lambda: told(server) == "")


def test_a_starting_server_without_any_whole_one_says_why_it_is_not_ready(village, tmp_path):
    state = Path(shutil.copytree(village.state, tmp_path / "state"))
    version = json.loads((state / "artefacts" / POINTER).read_text(encoding="utf-8"))["version"]
    whole = Path(shutil.copytree(state / "artefacts" / version, tmp_path / "whole"))
    truncate(state / "artefacts" / version)
    with _Unready(state) as server:
        assert server.http.get("/readyz").status_code == 503
        assert version in told(server)
        assert VECTORS in told(server)
        shutil.copy(whole / VECTORS, state / "artefacts" / version)
        server.wait_until(lambda: server.http.get("/readyz").status_code == 200)
        assert home(server, CUSTOMER) == frozenset()


class _Unready(Server):
    def __enter__(self) -> Server:
        self.wait_until(lambda: self.http.get("/healthz").status_code == 200)
        return self
