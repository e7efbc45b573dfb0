"""Hostile requests against a running server: each is answered, in JSON and soon, or hung up on, and harms nobody.

The requests themselves are tables: documents, bodies, tokens, thefts, wires and sockets, a file each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from service.adapters.state_secret import state_secret
from service.recommender.error_codes import ErrorCode
from tests.acceptance import hostile_bodies, hostile_documents
from tests.acceptance.hostile import JSON, Attack
from tests.acceptance.hostile_sockets import SOCKET_ATTACKS, SocketAttack, outcome
from tests.acceptance.hostile_thefts import FORGED_CURSORS, FORGED_IDS, OWNER, THEFTS, THIEF, Loot, Theft
from tests.acceptance.hostile_tokens import FORGED
from tests.acceptance.hostile_wires import BROKEN, DRIPPED, UNFINISHED, dripped, received
from tests.acceptance.running import Server
from tests.acceptance.village import Village
from tests.stores import Stores

SOON = 2.0
"""Seconds in which every answer is there."""
ATTACKS = [*hostile_documents.ATTACKS, *hostile_bodies.ATTACKS]
PATIENCE = 10.0
ANYTHING_GOES = str(10**9)
HONEST = "{ viewer { customerId recommendations(first: 3) { nodes { position item { title } } } } }"
CODES = frozenset(ErrorCode) - {ErrorCode.INTERNAL}
"""All that there are but INTERNAL, which would be our fault."""
LEAKS = ("Traceback", "site-packages", "service/", "sqlite", "sqlalchemy", "graphql-core", "Did you mean", "set_int_max_str")


@pytest.fixture(scope="module")
def server(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose patience is short, so that the tests' need not be long; budgets are tested elsewhere."""
    state = stores.copy(village.state, tmp_path_factory.mktemp("hostile") / "state")
    with Server(state, HTTP__HEADER_SECONDS="1", HTTP__BODY_SECONDS="1", LIMITS__AT_ONCE=ANYTHING_GOES) as serving:
        honest(serving, patience=PATIENCE)  # what is read at first is read before anyone attacks
        yield serving


@pytest.fixture(autouse=True)
def unharmed(server: Server) -> Iterator[None]:
    """After each attack, the server lives, and answers the next honest request at once."""
    yield
    assert server.process.poll() is None, server.log.read_text()
    honest(server)


def honest(server: Server, patience: float = SOON) -> None:
    before = time.perf_counter()
    viewer = server.ask(HONEST, THIEF)["viewer"]
    assert time.perf_counter() - before < patience
    assert viewer["customerId"] == THIEF
    assert [node["position"] for node in viewer["recommendations"]["nodes"]] == [1, 2, 3]


def answered(server: Server, attack: Attack) -> dict[str, Any]:
    """The body of the answer, once everything that holds for all answers is seen to hold."""
    request = server.http.build_request(attack.method, attack.target, content=attack.content, headers=attack.headers)
    before = time.perf_counter()
    answer = server.http.send(request)
    assert time.perf_counter() - before < SOON
    assert answer.status_code < 500, answer.text
    media = answer.headers["content-type"].partition(";")[0]
    assert media in {JSON, "application/graphql-response+json"}, answer.text
    body: dict[str, Any] = answer.json()
    assert codes(body) <= CODES, answer.text
    for error in body.get("errors", ()):
        assert error["message"].strip(), answer.text
        assert len(error["message"]) < 2_000
    assert not [leak for leak in LEAKS if leak in answer.text], answer.text
    return body


def codes(body: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in body.get("errors", ())}


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_hostile_request_is_refused_in_json(server: Server, attack: Attack) -> None:
    body = answered(server, attack)
    assert bool(codes(body)) == bool(attack.codes), body
    assert codes(body) <= attack.codes, body


def test_there_are_more_than_a_hundred_hostile_requests() -> None:
    tables = (ATTACKS, FORGED, THEFTS, BROKEN, UNFINISHED, DRIPPED, SOCKET_ATTACKS)
    assert sum(map(len, tables)) > 300
    assert len({str(attack) for attack in SOCKET_ATTACKS}) == len(SOCKET_ATTACKS) > 80


@pytest.mark.parametrize("attack", SOCKET_ATTACKS, ids=str)
def test_a_hostile_socket_is_told_why_it_ends(server: Server, attack: SocketAttack) -> None:
    ended, said = outcome(server.port, attack, SOON)
    assert ended == attack.ends
    logged = server.log.read_text()
    assert not [leak for leak in LEAKS if leak in said or leak in logged], said + logged


def bearing(server: Server, who: str) -> dict[str, str]:
    match who:
        case "nobody":
            return {}
        case "visitor":
            return {"X-Konomi-Visitor": "5f1f0ce2-6a3e-4a0c-9d3f-7a3a4c5b6d7e"}
        case "service":
            return {"authorization": f"Bearer {server.service_token()}"}
        case _:
            return {"authorization": f"Bearer {server.token(who)}"}


def asked(query: str, variables: dict[str, Any] | None = None, **headers: str) -> Attack:
    content = json.dumps({"query": query, "variables": variables}).encode()
    return Attack("", frozenset(), content, headers={"content-type": JSON, **headers})


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_that_does_not_hold_is_nobodys(server: Server, kind: str) -> None:
    token = FORGED[kind](state_secret(server.state, "development"))
    body = answered(server, asked("{ viewer { customerId } }", authorization=f"Bearer {token}"))
    assert codes(body) == {"UNAUTHENTICATED"}
    assert "data" not in body
    assert len(token) < 10 or token[:40] not in json.dumps(body)


@pytest.mark.parametrize("written", ["Basic a3Q6", "Bearer", "Token abc", "Bearer a b c", ",", "Bearer\tx"])
def test_what_is_no_bearer_is_refused(server: Server, written: str) -> None:
    assert codes(answered(server, asked("{ viewer { customerId } }", authorization=written))) == {"UNAUTHENTICATED"}


@pytest.mark.parametrize("visitor", ["", "v" * 129, "v" * 8_000])
def test_a_visitor_of_no_name_is_refused(server: Server, visitor: str) -> None:
    body = answered(server, asked("{ viewer { customerId } }", **{"X-Konomi-Visitor": visitor}))
    assert codes(body) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("visitor", [OWNER, f"c:{OWNER}", "' OR 1=1 --", "../k1"])
def test_a_visitor_by_a_customers_name_is_a_visitor(server: Server, visitor: str) -> None:
    query = "{ viewer { customerId recommendations(first: 1) { profiled } segments { key } features { name } } }"
    body = answered(server, asked(query, **{"X-Konomi-Visitor": visitor}))
    assert codes(body) <= {"BAD_USER_INPUT"}
    if "data" in body:
        viewer = body["data"]["viewer"]
        assert viewer == {"customerId": None, "recommendations": {"profiled": False}, "segments": [], "features": []}


@pytest.fixture(scope="module")
def loot(server: Server) -> Loot:
    """What the owner gets by asking, which the thief got hold of."""
    event = {"eventId": "bought-once", "type": "PURCHASE", "itemId": "tea-1", "quantity": "1", "amount": "2.50",
             "occurredAt": datetime.now(UTC).isoformat()}  # noqa: TID251 - the server's clock is the machine's
    server.ask("mutation($e: EventInput!) { recordEvents(input: { events: [$e] }) { accepted } }", OWNER, {"e": event})
    viewer = server.ask("""{ viewer { id
      recommendations(first: 2) { slateId nodes { id token } pageInfo { endCursor } }
      home(first: 2) { id pageInfo { endCursor } shelves { id items(first: 2) { pageInfo { endCursor } } } } } }""", OWNER)["viewer"]
    feed, home = viewer["recommendations"], viewer["home"]
    shelf = home["shelves"][0]
    return Loot(
        customer=viewer["id"], shelf=shelf["id"], home=home["id"], home_cursor=home["pageInfo"]["endCursor"],
        shelf_cursor=shelf["items"]["pageInfo"]["endCursor"], cursor=feed["pageInfo"]["endCursor"],
        recommendation=feed["nodes"][0]["id"], token=feed["nodes"][0]["token"], slate=feed["slateId"], event="bought-once",
    )


@pytest.mark.parametrize("theft", THEFTS, ids=str)
def test_what_is_anothers_is_good_for_nothing(server: Server, loot: Loot, theft: Theft) -> None:
    body = answered(server, asked(theft.query, {"x": getattr(loot, theft.of)}, **bearing(server, theft.who)))
    assert codes(body) == set(theft.codes.split()), body
    if theft.data is not None:
        assert body["data"] == theft.data
    assert f'"customerId": "{OWNER}"' not in json.dumps(body)


def test_what_the_owner_has_still_works(server: Server, loot: Loot) -> None:
    assert server.ask("query($x: ID!) { node(id: $x) { id } }", OWNER, {"x": loot.shelf}) == {"node": {"id": loot.shelf}}
    page = server.ask("query($x: String!) { viewer { recommendations(first: 1, after: $x) { nodes { position } } } }", OWNER,
                      {"x": loot.cursor})
    assert page["viewer"]["recommendations"]["nodes"] == [{"position": 3}]


@pytest.mark.parametrize("forged", FORGED_IDS, ids=lambda text: ascii(text)[:24])
def test_a_forged_id_finds_nothing(server: Server, forged: str) -> None:
    body = answered(server, asked("query($x: ID!) { node(id: $x) { id } nodes(ids: [$x]) { id } }", {"x": forged}))
    assert body["data"] == {"node": None, "nodes": [None]}


@pytest.mark.parametrize("forged", FORGED_CURSORS, ids=lambda text: ascii(text)[:24])
def test_a_forged_cursor_is_told_as_one(server: Server, forged: str) -> None:
    query = """query($x: String!) { trending(after: $x) { slateId } search(query: "tea", after: $x) { slateId }
      viewer { recommendations(after: $x) { slateId } home(after: $x) { slateId } } }"""
    body = answered(server, asked(query, {"x": forged}))
    assert codes(body) == {"INVALID_CURSOR"}
    assert body["data"] == {"trending": None, "search": None, "viewer": {"recommendations": None, "home": None}}


def test_every_byte_of_a_cursor_is_signed(server: Server, loot: Loot) -> None:
    query = "query($x: String!) { viewer { recommendations(after: $x) { slateId } } }"
    for place in range(0, len(loot.cursor), 3):
        other = "A" if loot.cursor[place] != "A" else "B"
        torn = loot.cursor[:place] + other + loot.cursor[place + 1:]
        body = answered(server, asked(query, {"x": torn}, **bearing(server, OWNER)))
        assert codes(body) == {"INVALID_CURSOR"}, torn


def status(answer: bytes) -> int:
    head, _, _ = answer.partition(b"\r\n")
    version, _, rest = head.partition(b" ")
    assert version.startswith(b"HTTP/1."), answer
    return int(rest[:3])


@pytest.mark.parametrize("kind", BROKEN)
def test_bytes_that_are_no_http_end_in_a_refusal_or_a_close(server: Server, kind: str) -> None:
    answer = received(server.port, BROKEN[kind], PATIENCE)
    assert not answer or 400 <= status(answer) < 500 or kind == "chunks encoded twice"


@pytest.mark.parametrize("kind", UNFINISHED)
def test_who_never_ends_is_hung_up_on(server: Server, kind: str) -> None:
    answer = received(server.port, UNFINISHED[kind], PATIENCE)
    assert not answer or status(answer) == 408


@pytest.mark.parametrize("kind", DRIPPED)
def test_who_drips_is_hung_up_on(server: Server, kind: str) -> None:
    assert dripped(server.port, *DRIPPED[kind], patience=PATIENCE)


def test_honest_requests_are_answered_while_bombs_go_off(server: Server) -> None:
    def bomb(number: int) -> httpx2.Response:
        documents = hostile_documents.ATTACKS
        attack = documents[number % len(documents)]
        content = attack.content.replace(b"viewer", b"viewer ", 1)  # no document is known twice
        with httpx2.Client(base_url=server.url, timeout=PATIENCE * 3, trust_env=False) as http:
            return http.request(attack.method, attack.target, content=content, headers=attack.headers)

    with ThreadPoolExecutor(8) as attackers:
        bombs = [attackers.submit(bomb, number) for number in range(80)]
        while not all(one.done() for one in bombs):
            honest(server, PATIENCE)
    assert all(one.result().status_code < 500 for one in bombs)
