"""E-mail, phone and free text, planted in what a server and the commands are given, are in no log and no error.

Every place of the schema is planted in process, in `tests/graphql/test_planted.py`; here is what lies around it: the
wire, the pages, a store that is dead, tables that are brought, and what operators type about a customer.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed

from service.adapters.system_clock import SystemClock
from service.cli import app
from service.recommender.identity import Scope
from tests.acceptance.running import Server, free_port
from tests.acceptance.test_subscriptions import connected
from tests.acceptance.village import Village
from tests.graphql.planted import PLANTS, faults_of, traces
from tests.stores import Stores

SEARCH = "query ($words: String!, $after: String) { search(query: $words, after: $after) { nodes { item { itemId } } } }"
RECORD = "mutation ($event: EventInput!) { recordEvents(input: {events: [$event]}) { userErrors { message } } }"
CONSENT = """mutation ($wording: String!) {
  setConsents(input: {grants: [MEASURE], withdrawals: [], wording: $wording}) { userErrors { message } } }"""
OWN = "{ viewer { recommendations(first: 2) { profiled degraded { part } } features { name } } }"


@pytest.fixture
def state(village: Village, stores: Stores, tmp_path: Path) -> Path:
    return stores.copy(village.state, tmp_path / "state")


@pytest.fixture(params=["alive", "dead"])
def server(state: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Serves with all stores, or without the features', of which it then speaks in its log."""
    dead = {"FEATURES__ONLINE": f"redis://127.0.0.1:{free_port()}"} if request.param == "dead" else {}
    serving = Server(state, **dead)
    try:
        serving.wait_until(lambda: serving.http.get("/healthz").status_code == 200)
        yield serving
    finally:
        serving.stop()
    said = serving.log.read_text(encoding="utf-8")
    assert not traces(said), said
    assert bool(said) == bool(dead), said


def operations(plant: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    now = SystemClock().now().isoformat()
    yield SEARCH, {"words": plant, "after": None}
    yield SEARCH, {"words": "tea", "after": plant}
    yield CONSENT, {"wording": plant}
    for told in ({"text": plant}, {"token": plant}, {"itemId": plant}, {"eventId": plant * 9}, {"amount": plant}):
        yield RECORD, {"event": {"eventId": f"e-{len(plant)}", "type": "SEARCH", "occurredAt": now, **told}}
    yield OWN, {plant: plant}
    yield f'{{ viewer {{ recommendations(placement: "{plant}", nothing: "{plant}") {{ profiled }} }} }}', {}


def test_a_server_keeps_quiet(server: Server) -> None:
    for plant in PLANTS:
        ask_about(server, plant)


def ask_about(server: Server, plant: str) -> None:
    met = 0
    for query, variables in operations(plant):
        for who in ({"authorization": f"Bearer {server.token('k1')}"}, {"x-konomi-visitor": f"{plant} {plant}"}, {"authorization": plant}):
            told = faults_of(server.post(query, variables=variables, headers=who))
            assert not traces(told), told
            met += told != "[]"
    assert met > 10
    line = {"eventId": "e", "type": "SEARCH", "occurredAt": plant, "visitorId": plant, "text": plant}
    bulk = {"authorization": f"Bearer {server.service_token(Scope.EVENTS_WRITE)}", "content-type": "application/x-ndjson"}
    told = [server.http.post("/events", content=json.dumps(line), headers=bulk).text]
    for path in (f"/{quote(plant)}", f"/graphql/{quote(plant)}", f"/?q={quote(plant)}&customer={quote(plant)}", f"/graphql?query={quote(plant)}",
                 f"/graphql?extensions={quote(plant)}"):
        for accept in ("application/json", "text/html"):
            answer = server.http.get(path, headers={"accept": accept, "cookie": f"visitor={quote(plant)}", "user-agent": plant})
            told += [answer.text] if answer.status_code >= 400 else []
    assert len(told) > 5
    assert not [one for one in told if traces(one)], told
    assert not traces(raw(server, plant))


def raw(server: Server, plant: str) -> str:
    """What is answered to bytes that are no request, and on sockets to frames that are no message."""
    heard = ""
    for sent in (f"{plant}\r\n\r\n", f"GET /{plant} HTTP/1.1\r\n\r\n", f"GET / HTTP/1.1\r\n{plant}\r\n\r\n", f"GET / HTTP/1.1\r\nContent-Length: {plant}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
            wire.sendall(sent.encode())
            wire.shutdown(socket.SHUT_WR)
            while got := wire.recv(65_536):
                heard += got.decode(errors="replace")
    for message in (plant, json.dumps({"type": plant}), json.dumps({"type": "connection_init", "payload": {"authorization": plant}})):
        with connected(server) as listener, suppress(ConnectionClosed):
            listener.wire.send(message)
            listener.say({"type": "subscribe", "id": "1", "payload": {"query": f'subscription {{ nothing(at: "{plant}") }}'}})
            while True:
                heard += str(listener.wire.recv(30))
        heard += str(listener.wire.close_reason)
    return heard


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command; its exit code, and all that it wrote."""
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path / "state"))
    monkeypatch.setenv("KONOMI_SHOP__CURRENCY", "USD")

    def run(*arguments: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(map(str, arguments)))
        return done.exit_code, " ".join((done.stdout + done.stderr).split())

    return run


def test_an_import_names_rows_and_nobody(told, tmp_path: Path) -> None:
    e_mail, phone, words = PLANTS
    tables = {
        "items": f"item_id,kind,title,price,currency\ni1,PRODUCT,Tea,1,USD\ni2,{words},Tea,1,USD\n",
        "customers": f"customer_id,birth_date,time_zone,consents,email\n{e_mail},{phone},{words},{words},{e_mail}\nann,,,{words},\n",
        "events": f"customer_id,item_id,type,occurred_at,text\n{e_mail},{phone},{words},{words},{words}\nann,i1,VIEW,{e_mail},x,{words}\n",
        "segments": f"segment,customer_id\n{words},{e_mail}\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    code, said = told("import", tmp_path, "--strict", "--json")
    assert code == 1
    assert '"rejected": 5' in said, said
    assert not traces(said)


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("command", ["export", "erase", "verify"])
def test_commands_about_a_customer_repeat_nobody(told, command: str, plant: str) -> None:
    for arguments in ((plant,), (plant, "--json"), ("k1", plant), (f"--{plant}",), (f"--json={plant}", "k1"), (plant, "--nothing")):
        _, said = told("privacy", command, *arguments)
        assert not traces(said), said


@pytest.mark.parametrize("plant", PLANTS)
def test_a_wrong_call_about_a_customer_says_how_it_is_called(told, plant: str) -> None:
    for arguments in ((plant,), (f"--{plant}",), ("erase", "k1", plant)):
        code, said = told("privacy", *arguments)
        assert code == 2
        assert "quotes" in said
        assert not traces(said), said
