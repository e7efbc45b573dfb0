"""Publishing and going back while people shop: no request is lost, every answer is of one version, damage is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.publication import POINTER
from tests.acceptance.onlookers import Onlooker
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.test_paging import ids, page_of
from tests.acceptance.village import Village
from tests.stores import Stores

pytestmark = pytest.mark.demo

SHOPPERS = ("k3", "k8")
ANOTHER, DAMAGED = "20990101T000000Z", "20990102T000000Z"


def copied(artefacts: Path, version: str, name: str) -> Path:
    """The same version under another name."""
    target = Path(shutil.copytree(artefacts / version, artefacts / name))
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    (target / "manifest.json").write_text(json.dumps({**manifest, "version": name}), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def server(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = stores.copy(village.state, tmp_path_factory.mktemp("publishing") / "state")
    with Server(state) as serving:
        copied(state / "artefacts", serving.versions["index"], ANOTHER)
        damaged = copied(state / "artefacts", serving.versions["index"], DAMAGED) / "vectors.npy"
        content = bytearray(damaged.read_bytes())
        content[-1] ^= 1
        damaged.write_bytes(content)
        yield serving


@pytest.fixture
def first(server: Server) -> str:
    return server.versions["index"]


def shop(server: Server, shopper: str) -> None:
    """Look at two pages of one list; they are of one order, whatever is published in between."""
    one = page_of(server, shopper, 20)
    two = page_of(server, shopper, 20, one["pageInfo"]["endCursor"])
    assert len(set(ids([one, two]))) == 40
    assert one["slateId"] == two["slateId"]


def test_a_running_server_follows_to_and_fro_without_losing_a_request(server, first):
    with ExitStack() as shopping:
        shoppers = [
            shopping.enter_context(Onlooker(lambda who=who: shop(server, who), pace_seconds=0.0)) for who in SHOPPERS
        ]
        for command, wanted in ((["publish", ANOTHER], ANOTHER), (["rollback"], first)) * 2:
            succeed(konomi(server.state, *command))
            server.wait_until(lambda wanted=wanted: server.versions["index"] == wanted)
    for one in shoppers:
        assert one.faults == []
        assert one.looks > 10


def test_publishing_what_is_published_already_changes_nothing(server, first):
    before = (server.state / "artefacts" / POINTER).read_text(encoding="utf-8")
    succeed(konomi(server.state, "publish", first))
    assert (server.state / "artefacts" / POINTER).read_text(encoding="utf-8") == before


def test_a_damaged_version_is_refused_by_name_and_the_pointer_stays(server, first):
    done = konomi(server.state, "publish", DAMAGED)
    assert done.returncode == 1
    assert "vectors.npy" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((server.state / "artefacts" / POINTER).read_text(encoding="utf-8"))["version"] == first


def test_a_server_serves_the_old_version_on_when_the_pointer_leads_to_a_damaged_one(server, first):
    pointer = server.state / "artefacts" / POINTER
    said = pointer.read_text(encoding="utf-8")
    pointer.write_text(json.dumps({"version": DAMAGED, "previous": [first]}), encoding="utf-8")
    server.wait_until(lambda: DAMAGED in server.log.read_text(encoding="utf-8"))
    assert server.versions["index"] == first
    shop(server, SHOPPERS[0])
    assert server.http.get("/readyz").status_code == 200
    pointer.write_text(said, encoding="utf-8")
    succeed(konomi(server.state, "publish", ANOTHER))
    server.wait_until(lambda: server.versions["index"] == ANOTHER)


def test_going_back_further_than_there_is_anything_is_refused(server):
    while (done := konomi(server.state, "rollback")).returncode == 0:
        pass
    assert done.returncode == 1
    assert "nothing to go back to" in done.stderr
    shop(server, SHOPPERS[0])
