"""Erased for good: while events of the person still arrive, through a restart and a rebuild; everybody else keeps all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from service.adapters.system_clock import SystemClock
from service.recommender.identity import Scope
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.village import Village
from tests.stores import Stores, kept_on_servers

RECORD = """mutation ($events: [EventInput!]!) { recordEvents(input: {events: $events}) { accepted userErrors { code } } }"""
ERASE = "mutation { eraseMe(input: {confirm: true}) { receipt { id } } }"
RECEIPT = "query ($id: ID!) { erasureReceipt(id: $id) { completedAt steps { store done removed } } }"
CONSENT = 'mutation { setConsents(input: {grants: [PERSONALISE_CONTENT, PERSONALISE_ADS], withdrawals: [], wording: "Yes"}) { userErrors { code } } }'
TOLD = "query ($id: String!) { customer(customerId: $id) { data } }"
LISTED = "{ viewer { recommendations(first: 20) { nodes { item { itemId } } } } }"
PRIVATE = "words that one person alone would search for"
CHANGING = {"asOf", "slates", "showings"}
"""What the looking itself writes."""
COMPUTED = {"online features", "offline features"}


@pytest.fixture
def state(village: Village, stores: Stores, tmp_path: Path) -> Path:
    return stores.copy(village.state, tmp_path / "state")


def search(number: int) -> dict[str, object]:
    return {"eventId": f"search-{number}", "type": "SEARCH", "occurredAt": SystemClock().now().isoformat(), "text": f"{PRIVATE} {number}"}


def kept_of(server: Server, customer: str) -> Mapping[str, Any]:
    bearer = {"authorization": f"Bearer {server.service_token(Scope.CUSTOMERS_READ, Scope.PRIVACY_READ)}"}
    data = server.ask(TOLD, variables={"id": customer}, headers=bearer)["customer"]["data"]
    return {
        **{name: value for name, value in data.items() if name not in CHANGING | {"kept"}},
        "kept": {name: value for name, value in data["kept"].items() if name not in CHANGING},
    }


def lasting(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what is computed anew whenever everything is."""
    return {name: rows for name, rows in kept["kept"].items() if name not in COMPUTED}


def tills_word(server: Server, customer: str, number: int) -> bool:
    """Bring a search in bulk, as a till or another shop system does; whether it was taken."""
    headers = {"authorization": f"Bearer {server.service_token(Scope.EVENTS_WRITE)}", "content-type": "application/x-ndjson"}
    line = {**search(number), "eventId": f"till-{number}", "customerId": customer}
    return bool(server.http.post("/events", content=json.dumps(line), headers=headers).json()["accepted"])


def items_of(server: Server, customer: str) -> list[str]:
    return [node["item"]["itemId"] for node in server.ask(LISTED, customer)["viewer"]["recommendations"]["nodes"]]


def test_erased_for_good(state: Path):
    stop, refused = Event(), []
    with Server(state) as server:
        who, *others = server.households(seed=3)[:11]
        for one in (who, *others):
            server.ask(CONSENT, one)
        server.ask(RECORD, who, {"events": [search(0)]})
        before = {one: (kept_of(server, one), items_of(server, one)) for one in others}
        assert PRIVATE in json.dumps(kept_of(server, who))

        def keep_sending() -> None:
            number = 1
            while not stop.is_set():
                said = server.ask(RECORD, who, {"events": [search(number)]})["recordEvents"]
                refused.append(said["userErrors"] == [{"code": "NOT_ALLOWED"}] and not tills_word(server, who, number))
                number += 1

        sender = Thread(target=keep_sending)
        sender.start()
        server.wait_until(lambda: len(refused) > 3)
        receipt = server.ask(ERASE, who)["eraseMe"]["receipt"]["id"]
        server.wait_until(lambda: server.ask(RECEIPT, variables={"id": receipt})["erasureReceipt"]["completedAt"] is not None)
        told_then = len(refused)
        server.wait_until(lambda: len(refused) > told_then + 1)
        stop.set()
        sender.join()
        assert refused[0] is False
        assert refused[-1] is True
        steps = server.ask(RECEIPT, variables={"id": receipt})["erasureReceipt"]["steps"]
        assert all(step["done"] for step in steps)
        assert {step["store"] for step in steps if step["removed"]} >= {"events", "consents", "shop tables", "online features", "offline features"}
        assert {one: (kept_of(server, one), items_of(server, one)) for one in others} == before
    assert json.loads(succeed(konomi(state, "privacy", "verify", who, "--json")))["found"] == 0
    with Server(state) as server:
        assert {one: (kept_of(server, one), items_of(server, one)) for one in others} == before
    succeed(konomi(state, "refresh"))
    with Server(state) as server:
        assert {one: lasting(kept_of(server, one)) for one in others} == {one: lasting(kept) for one, (kept, _) in before.items()}
        assert not tills_word(server, who, 10**6)
        assert server.ask(RECORD, who, {"events": [search(10**6)]})["recordEvents"]["accepted"] == 0
        assert not server.ask("{ viewer { recommendations(first: 1) { profiled } } }", who)["viewer"]["recommendations"]["profiled"]
    told = json.loads(succeed(konomi(state, "privacy", "verify", who, "--json")))
    assert told["found"] == 0, told
    files = ((file, file.read_bytes()) for file in state.rglob("*") if file.is_file() and "log" not in file.suffix)
    for where, content in (*files, *kept_on_servers(state)):
        assert PRIVATE.encode() not in content, where
    lines = json.loads(succeed(konomi(state, "privacy", "audit", "--json")))
    assert lines["broken_at"] is None
    assert {line["action"] for line in lines["lines"]} >= {"TOLD", "ERASURE_ASKED", "VERIFIED"}
