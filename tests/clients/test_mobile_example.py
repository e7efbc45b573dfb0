"""The mobile example against the running server: registered hashes, a feed without repeats, an outbox that loses nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.commands import documents
from service.settings import load_settings
from tests.acceptance.running import Server, free_port
from tests.clients.conftest import Run
from tests.clients.examples import built, speaking
from tests.clients.node import NODE

Live = Callable[..., Any]
ACTS = [{"type": "CLICK", "itemId": f"tea-{one}", "channel": "APP"} for one in range(5)]
SPOILT = {"type": "PURCHASE", "itemId": "tea-9", "amount": "much"}


@pytest.fixture(scope="module")
def app(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built example, whose operations the operator has registered."""
    folder = built("mobile", tmp_path_factory.mktemp("mobile"), server.url)
    settings = load_settings({"KONOMI_STATE__DIR": str(server.state)})
    assert documents.register(settings, [folder / "persisted-documents.json"])["documents"] == 2
    return folder


@pytest.fixture
def live(app: Path, server: Server, run: Run, tmp_path: Path) -> Live:
    """Live a part of the app's life; the file of the outbox stays from one to the next."""

    def part(name: str, customer: str, *, url: str = server.url, acts: object = ()) -> Any:
        return run("mobile_session.js", {
            "part": name, "url": url, "token": server.token(customer), "file": str(tmp_path / "outbox.json"), "acts": acts,
            "bundle": str(app / "dist" / "konomi.js"), "storage": str(app / "file_storage.js"),
        })

    return part


def test_a_feed_repeats_nothing_even_when_its_list_expires_and_sends_hashes_alone(live: Live, app: Path) -> None:
    found = live("scroll", "k40")
    assert found["same"], "who scrolls while a page is on its way gets that page"
    assert found["sizes"] == [5] * 5
    assert len(set(found["titles"])) == 25
    assert found["expired"]
    anew = [said["variables"] for said in found["sent"] if said["variables"]["after"] is None]
    assert [one["exclude"] for one in anew] == [[], found["titles"][:10]]
    registered = json.loads((app / "persisted-documents.json").read_text(encoding="utf-8"))
    assert all("query" not in said and said["documentId"] in registered for said in found["sent"])


def test_a_feed_ends(live: Live) -> None:
    found = live("end", "k41")
    assert len(found["items"]) == len(set(found["items"])) > 100
    assert found["after"] == []


def test_what_happened_offline_arrives_once(live: Live) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert live("offline", "k42", url=nowhere, acts=ACTS) == {"waiting": 5}
    found = live("online", "k42")
    assert (found["unacknowledged"], found["waiting"]) == (5, 0)
    counts = [(one["accepted"], one["duplicates"]) for one in found["recorded"]]
    assert counts == [(5, 0), (0, 5)], "the first acknowledgement was lost on its way"
    assert [one["userErrors"] for one in found["recorded"]] == [[], []]


def test_one_spoilt_event_keeps_nobody_waiting(live: Live) -> None:
    found = live("spoilt", "k43", acts=[*ACTS[:3], SPOILT, ACTS[3]])
    assert found["waiting"] == 0
    assert sum(found["taken"]) == 4


def test_a_busy_service_is_left_alone_for_as_long_as_it_asks(live: Live) -> None:
    found = live("throttled", "k44", acts=ACTS)
    assert found["waiting"] == 5
    assert found["seconds"] >= 1
    assert found["requests"] == 1


def test_the_session_of_its_readme(app: Path, server: Server) -> None:
    environment = speaking(server.url, KONOMI_TOKEN=server.token("k45"))
    done = subprocess.run([NODE, "try.js"], cwd=app, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *cards, _, emptied = done.stdout.splitlines()
    assert len(set(cards)) == 15
    assert emptied == "0 events wait"
