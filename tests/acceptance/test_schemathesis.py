"""What schemathesis makes up about the schema is answered, whoever asks: never 5xx, never in a driver's words, nobody else's data."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from service.recommender.error_codes import ErrorCode
from service.recommender.identity import Scope
from tests.acceptance.fuzzing import Salt, operations
from tests.acceptance.running import Server
from tests.acceptance.village import Village
from tests.stores import Stores

VILLAGERS, HOUSEHOLDS = ("k1", "k2"), ("1", "2")
"""Who has done things, and who asks."""
VISITOR = "5f1f0ce2-6a3e-4a0c-9d3f-7a3a4c5b6d7e"
SECRET = "harbour-lantern"  # noqa: S105 - no password: a word to look for
"""In what the victim did; no operation ever says it."""
LEAKS = ("Traceback", "site-packages", "service/", "sqlite", "sqlalchemy", "psycopg", "strawberry", "Did you mean", "object at 0x",
         "No such file", SECRET)
OWN_FAULTS = frozenset({ErrorCode.INTERNAL})
CALLERS = ("nobody", "visitor", "customer", "service", "service of all rights")
EXAMPLES = 60
"""Of each caller, in the short form."""
LONG_SECONDS = 300
ROUND = 100
ANYTHING_GOES = str(10**9)


@dataclass
class Town:
    """A server, what the victim was given there, and what came of the operations so far."""

    server: Server
    salt: Salt
    caller: str
    codes: Counter[str] = field(default_factory=Counter)

    def headers(self, who: str) -> dict[str, str]:
        match who:
            case "visitor":
                return {"X-Konomi-Visitor": VISITOR}
            case "customer":
                return {"authorization": f"Bearer {self.server.token(self.caller)}"}
            case "service":
                return {"authorization": f"Bearer {self.server.service_token(Scope.EVENTS_WRITE, Scope.SCHEMA_READ)}"}
            case "service of all rights":
                return {"authorization": f"Bearer {self.server.service_token(*Scope)}"}
            case _:
                return {}

    def send(self, query: str, who: str) -> None:
        """Send an operation, and hold all that must hold against the answer."""
        answer = self.server.http.post("/graphql", json={"query": query}, headers=self.headers(who))
        assert answer.status_code < 500, answer.text
        body: dict[str, Any] = answer.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert codes <= set(ErrorCode) - OWN_FAULTS, answer.text
        assert all(error["message"].strip() for error in body.get("errors", ()))
        self.codes.update(codes or {"no error"})
        if who == "service of all rights":
            return
        assert not [leak for leak in LEAKS if leak in answer.text], answer.text
        told = set(values(body.get("data"), "customerId")) - {None}
        assert told <= ({self.caller} if who == "customer" else set()), answer.text
        assert who not in {"nobody", "service"} or True not in values(body.get("data"), "profiled"), answer.text


def values(data: Any, name: str) -> list[Any]:
    """All values of a field anywhere in an answer."""
    if isinstance(data, list):
        return [value for entry in data for value in values(entry, name)]
    if not isinstance(data, dict):
        return []
    return [value for key, entry in data.items() for value in ([entry] if key == name else values(entry, name))]


GIVEN = """{ viewer { id customerId
  recommendations(first: 5) { slateId nodes { id token item { itemId ... on Product { id } } reasons(first: 5) { evidence { eventId } } }
    pageInfo { endCursor } }
  home(first: 2) { id pageInfo { endCursor } shelves { id items(first: 2) { pageInfo { endCursor } nodes { token } } } }
  ads(placement: "side") { nodes { item { itemId ... on Ad { id } } } } } }"""
EVENTS = "mutation($events: [EventInput!]!) { recordEvents(input: { events: $events }) { accepted duplicates userErrors { message } } }"


def salted(server: Server, victim: str, caller: str) -> Salt:
    """Let the victim do things under the secret, and take what they were given for it."""
    feed = server.ask(GIVEN, victim)["viewer"]["recommendations"]
    items = [node["item"]["itemId"] for node in feed["nodes"]]
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server's clock is the machine's
    events: list[Mapping[str, Any]] = [
        *({"eventId": f"{SECRET}-{one}", "type": "PURCHASE", "itemId": item, "occurredAt": now, "quantity": "1", "amount": "2.50",
           "basketId": SECRET} for one, item in enumerate(items)),
        {"eventId": f"{SECRET}-search", "type": "SEARCH", "text": SECRET, "topic": SECRET, "occurredAt": now},
    ]
    said = server.ask(EVENTS, victim, {"events": events})["recordEvents"]
    assert said["accepted"] + said["duplicates"] == len(events), said
    server.ask("mutation($x: String) { giveFeedback(input: { kind: HIDE_ITEM, itemId: $x }) { userErrors { code } } }", victim, {"x": items[-1]})
    viewer = server.ask(GIVEN, victim)["viewer"]
    assert SECRET in json.dumps(viewer), "the victim is told of it, so that there is something to leak"
    ids, cursors = values(viewer, "id"), values(viewer, "endCursor")
    items += values(viewer, "itemId")
    return {
        "id": ids, "ids": ids, "after": cursors, "before": cursors, "token": values(viewer, "token"), "itemId": items,
        "anchorItemId": items, "excludeItemIds": items, "cartItemIds": items, "customerId": [victim, caller, "nobody-knows-them"],
        "visitorId": [VISITOR, f"c:{victim}"], "slateId": values(viewer, "slateId"), "query": ["tea", "milk", "a", "茶"],
        "locale": ["en", "ja", "xx"], "occurredAt": [now], "from": [now[:10]], "to": [now[:10]],
    }


def fuzz(town: Town, who: str, examples: int, number: int) -> None:
    """Send so many operations as somebody; the number decides which."""
    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=False, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(operations(f"{town.server.url}/graphql", town.salt))
    def holds(query: str) -> None:
        town.send(query, who)

    holds()


def assert_sound(town: Town) -> None:
    """The server lives, says nothing of incidents, and answered enough in earnest."""
    assert town.server.process.poll() is None
    log = town.server.log.read_text(encoding="utf-8")
    assert "incident" not in log, log
    assert "Traceback" not in log, log
    assert town.codes["no error"] > sum(town.codes.values()) / 10, town.codes


@pytest.fixture(scope="module")
def town(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    state = stores.copy(village.state, tmp_path_factory.mktemp("fuzzed") / "state")
    with Server(state, LIMITS__AT_ONCE=ANYTHING_GOES, AUTH__DEVELOPMENT="true", HTTP__INTROSPECTION="true") as server:
        yield Town(server, salted(server, *VILLAGERS), VILLAGERS[1])


@pytest.mark.parametrize("who", CALLERS)
def test_whatever_is_asked_is_answered_soundly(town: Town, who: str) -> None:
    town.codes.clear()
    fuzz(town, who, EXAMPLES, CALLERS.index(who))
    assert_sound(town)


@pytest.mark.soak
@pytest.mark.demo
def test_five_minutes_of_it_over_the_demo(demo_copy: Any) -> None:
    settings_of_demo = {"LIMITS__AT_ONCE": ANYTHING_GOES, "AUTH__DEVELOPMENT": "true", "HTTP__INTROSPECTION": "true"}
    with Server(demo_copy, **settings_of_demo) as server:
        town, until, number = Town(server, salted(server, *HOUSEHOLDS), HOUSEHOLDS[1]), time.monotonic() + LONG_SECONDS, len(CALLERS)
        while time.monotonic() < until:
            fuzz(town, CALLERS[number % len(CALLERS)], ROUND, number)
            number += 1
        assert_sound(town)
