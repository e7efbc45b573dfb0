"""graphql-transport-ws: what each side may say when, and how a socket ends that is not used as it should be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql import websocket_connection
from service.graphql.budgets import Allowance, Budgets
from service.graphql.persisted import PersistedDocuments
from service.graphql.services import Services
from service.graphql.websocket_bounds import SocketBounds
from service.graphql.websocket_messages import MOST_FRAME_BYTES, SUBPROTOCOL
from service.recommender.errors import IssuerUnavailable
from service.recommender.identity import Identity
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.graphql.conftest import client_of
from tests.graphql.sockets import UPDATES, Socket, connected, until

WHO = "{ viewer { customerId } }"
INIT = {"type": "connection_init"}


@pytest.fixture
def http(services: Services, issuer: DevelopmentIssuer) -> Iterator[TestClient]:
    with client_of(services, issuer).http as made:
        yield made


@pytest.fixture
def socket(http: TestClient) -> Iterator[Socket]:
    with connected(http) as made:
        yield made


@pytest.mark.parametrize("frame", [
    "1", "[]", "null", "true", '"text"', "", "{", "{}", '{"type": 1}', '{"type": null}', '{"type": "start"}',
    '{"type": "connection_ack"}', '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_init", "payload": 1}',
    '{"type": "connection_init", "payload": []}', '{"type": "ping", "payload": "x"}', '{"type": "subscribe"}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}', '{"type": "subscribe", "id": "", "payload": {}}',
    '{"type": "subscribe", "id": "%s", "payload": {}}' % ("x" * 200), '{"type": "complete"}', '{"type": "complete", "id": []}',
    "[" * 50_000, '{"type": "ping", "x": NaN}', '{"type": "ping", "x": %s}' % ("9" * 6_000), '{"type": "\\ud800"}',
])
@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_frame_that_is_no_message_closes_the_socket(socket, frame, acknowledged):
    if acknowledged:
        socket.begin()
    socket.session.send_text(frame)
    code, reason = socket.closed()
    assert code == 4400
    assert reason


def test_a_binary_frame_closes_the_socket(socket):
    socket.session.send_bytes(json.dumps(INIT).encode())
    assert socket.closed()[0] == 4400


def test_a_huge_frame_closes_the_socket(socket):
    socket.session.send_text(json.dumps({**INIT, "payload": {"x": "ん" * (MOST_FRAME_BYTES // 3)}}, ensure_ascii=False))
    assert socket.closed()[0] == 1009


def test_nothing_may_be_subscribed_to_before_the_acknowledgement(socket):
    socket.subscribe()
    assert socket.closed()[0] == 4401


def test_a_second_init_closes_the_socket(socket):
    socket.begin()
    socket.say(INIT)
    assert socket.closed() == (4429, "Too many initialisation requests")


def test_who_does_not_begin_in_time_is_closed(http, monkeypatch):
    monkeypatch.setattr(websocket_connection, "INIT_S", 0.05)
    with connected(http) as socket:
        socket.say({"type": "ping"})
        assert socket.hear() == {"type": "pong"}
        assert socket.closed()[0] == 4408


def test_five_seconds_are_given_to_begin():
    assert websocket_connection.INIT_S == 5


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["soap", "graphql-transport-wss"]])
def test_another_subprotocol_is_not_spoken(http, offered):
    with http.websocket_connect("/graphql", subprotocols=offered) as session:
        assert session.accepted_subprotocol is None
        assert Socket(session).closed()[0] == 4406


def test_ours_is_chosen_among_several(http):
    with http.websocket_connect("/graphql", subprotocols=["graphql-ws", SUBPROTOCOL]) as session:
        assert session.accepted_subprotocol == SUBPROTOCOL


def test_signs_of_life_are_answered_and_taken_at_any_time(socket):
    for message in ({"type": "ping"}, {"type": "pong"}, {"type": "pong", "payload": {}}, {"type": "ping", "payload": {"x": 1}}):
        socket.say(message)
    assert [socket.hear(), socket.hear()] == [{"type": "pong"}] * 2
    socket.begin()
    socket.say({"type": "ping"})
    assert socket.hear() == {"type": "pong"}


def test_an_id_in_use_closes_the_socket_and_one_that_ended_may_be_used_again(socket):
    socket.begin()
    for _ in range(2):
        assert socket.ask(WHO, "1")["data"] == {"viewer": {"customerId": None}}
    socket.subscribe(name="1")
    socket.page("1")
    socket.say({"type": "complete", "id": "1"})
    socket.say({"type": "complete", "id": "never begun"})
    socket.subscribe(name="1")
    socket.page("1")
    socket.subscribe(name="1")
    assert socket.closed() == (4409, "Subscriber for 1 already exists")


def test_queries_and_mutations_go_over_the_socket_too(socket, issuer):
    socket.begin({"authorization": f"Bearer {issuer.customer_token('3')}"})
    named = "query A { viewer { id } } query B($id: String!) { item(itemId: $id) { itemId } }"
    body = socket.ask(named, variables={"id": "p1"}, operationName="B")
    assert body["data"] == {"item": {"itemId": "p1"}}
    assert body["extensions"]["cost"]["actual"] == 2
    mutation = 'mutation { giveFeedback(input: { kind: HIDE_ITEM, itemId: "p1" }) { userErrors { code } viewer { customerId } } }'
    assert socket.ask(mutation)["data"] == {"giveFeedback": {"userErrors": [], "viewer": {"customerId": "3"}}}
    assert socket.ask('{ node(id: "x") { id } }')["data"] == {"node": None}


@pytest.mark.parametrize(("query", "code"), [
    ("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("", "BAD_REQUEST"),
    ("fragment f on Customer { id }", "BAD_REQUEST"), ("{ __schema { queryType { name } } }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(60)) + " }", "QUERY_TOO_COMPLEX"),
    ("subscription { recommendationsUpdated { " + "nodes { item { ... on Product { related { " * 3 + "slateId" + " } } } }" * 3 +
     " } }", "QUERY_TOO_COMPLEX"),
    ("subscription { recommendationsUpdated { slateId } b: recommendationsUpdated { slateId } }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription($first: Int!) { recommendationsUpdated(first: $first) { slateId } }", "BAD_USER_INPUT"),
    ("fragment a on Query { ...b } fragment b on Query { ...a } { ...a }", "GRAPHQL_VALIDATION_FAILED"),
])
def test_what_is_refused_over_http_is_refused_here(socket, query, code):
    socket.begin()
    errors = socket.refused(query)
    assert {error["extensions"]["code"] for error in errors} == {code}
    assert socket.ask(WHO)["data"]["viewer"] == {"customerId": None}, "and the socket serves on"


@pytest.mark.parametrize("payload", [
    {"query": 1}, {}, {"query": WHO, "variables": []}, {"query": WHO, "operationName": 1}, {"query": WHO, "extensions": 1},
    {"query": WHO, "operationName": "x" * 300},
])
def test_a_payload_that_is_no_operation_is_an_error_of_it(socket, payload):
    socket.begin()
    socket.say({"type": "subscribe", "id": "1", "payload": payload})
    told = socket.hear()
    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "BAD_REQUEST")


def test_persisted_queries_are_those_of_http(socket, http):
    socket.begin()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(WHO.encode()).hexdigest()}}}
    socket.say({"type": "subscribe", "id": "1", "payload": named})
    assert socket.hear()["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert socket.ask(WHO, **named)["data"]
    socket.say({"type": "subscribe", "id": "1", "payload": named})
    assert socket.hear()["type"] == "next"
    assert http.post("/graphql", json=named).json()["data"] == {"viewer": {"customerId": None}}


def test_where_only_trusted_documents_run_that_holds_here_too(services, issuer):
    trusting = replace(services, persisted=PersistedDocuments(own=[UPDATES], trusted_only=True))
    with client_of(trusting, issuer).http as http, connected(http) as socket:
        socket.begin()
        assert socket.refused(WHO)[0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
        socket.subscribe(UPDATES)
        socket.page()


@pytest.mark.parametrize("payload", [
    {"authorization": "Bearer a.b.c"}, {"Authorization": "Basic eDp5"}, {"authorization": ""},
    {"x-konomi-visitor": "a\u0007b"}, {"visitor": "x" * 200},
])
def test_an_identity_that_does_not_hold_is_refused(socket, payload):
    socket.say({**INIT, "payload": payload})
    code, reason = socket.closed()
    assert code == 4403
    assert "a.b.c" not in reason


@pytest.mark.parametrize("payload", [{"authorization": 1}, {"visitor": ["x"]}, {"accept-language": {}}])
def test_an_identity_that_is_no_text_is_a_bad_message(socket, payload):
    socket.say({**INIT, "payload": payload})
    assert socket.closed()[0] == 4400


def test_the_init_goes_before_the_headers(http, issuer):
    headers = {"Authorization": f"Bearer {issuer.customer_token('3')}"}
    with connected(http, headers) as socket:
        socket.begin()
        assert socket.ask(WHO)["data"]["viewer"] == {"customerId": "3"}
    with connected(http, headers) as socket:
        socket.begin({"Authorization": f"Bearer {issuer.customer_token('4')}"})
        assert socket.ask(WHO)["data"]["viewer"] == {"customerId": "4"}


def test_while_the_issuer_is_away_clients_come_again_later(services, issuer):
    class Away:
        async def verify(self, _token: str) -> Identity:
            raise IssuerUnavailable("The issuer's keys cannot be read.")

    with client_of(replace(services, verifier=Away()), issuer).http as http, connected(http) as socket:
        socket.say({**INIT, "payload": {"authorization": "Bearer x"}})
        assert socket.closed()[0] == 1013


def test_the_socket_ends_when_its_token_does(socket, issuer, clock: FakeClock):
    token = issuer.customer_token("3", timedelta(seconds=1))
    socket.begin({"authorization": f"Bearer {token}"})
    socket.subscribe()
    socket.page()
    code, reason = socket.closed()
    assert code == 4403
    assert "expired" in reason


def test_a_token_that_is_only_good_by_leeway_opens_none(socket, issuer, clock: FakeClock):
    token = issuer.customer_token("3", timedelta(seconds=1))
    clock.advance(timedelta(seconds=2))
    socket.say({**INIT, "payload": {"authorization": f"Bearer {token}"}})
    assert socket.closed()[0] == 4403


@pytest.mark.parametrize(("origin", "allowed"), [
    (None, True), ("http://testserver", True), ("https://testserver", True), ("https://shop.example", True),
    ("https://evil.example", False), ("null", False), ("http://testserver.evil.example", False), ("http://[", False),
    ("", False), ("https://shop.example.evil", False), ("file://", False),
])
def test_pages_of_this_host_and_of_allowed_origins_alone_may_connect(services, issuer, origin, allowed):
    strict = replace(services, allowed_origins=("https://shop.example",))
    headers = {} if origin is None else {"Origin": origin}
    with client_of(strict, issuer).http as http:
        if allowed:
            with connected(http, headers) as socket:
                socket.begin()
        else:
            with pytest.raises(WebSocketDenialResponse) as denied, connected(http, headers):
                pass
            assert denied.value.status_code == 403
            assert json.loads(denied.value.content)["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_only_so_many_sockets_are_open_in_all_and_of_one_client(services, issuer):
    bounds = SocketBounds(connections=3, per_client=1, operations=20, shared=20)
    payload = {"authorization": f"Bearer {issuer.customer_token('3')}"}
    with client_of(replace(services, sockets=bounds), issuer).http as http:
        with connected(http) as mine, connected(http) as mine_too:
            mine.begin(payload)
            mine_too.say({**INIT, "payload": payload})
            assert mine_too.closed()[0] == 1013
        for _ in range(5):
            with connected(http) as mine:
                mine.begin(payload)
        with connected(http), connected(http), connected(http):
            with pytest.raises(WebSocketDenialResponse) as denied, connected(http):
                pass
            assert denied.value.status_code == 429
        with connected(http) as mine:
            mine.begin(payload)


def test_only_so_many_sockets_are_open_from_one_address(services, issuer):
    bounds = SocketBounds(connections=100, per_client=1, operations=20, shared=2)
    with client_of(replace(services, sockets=bounds), issuer).http as http, connected(http), connected(http):
        with pytest.raises(WebSocketDenialResponse) as denied, connected(http):
            pass
        assert denied.value.status_code == 429


def test_visitors_are_told_apart_by_their_names(services, issuer):
    bounds = SocketBounds(connections=100, per_client=1, operations=20, shared=20)
    http = client_of(replace(services, sockets=bounds), issuer).http
    with http, connected(http) as one, connected(http) as other, connected(http) as again:
        one.begin({"visitor": "tab-1"})
        other.begin({"visitor": "tab-2"})
        again.say({**INIT, "payload": {"visitor": "tab-1"}})
        assert again.closed()[0] == 1013


def test_only_so_many_operations_run_at_once_on_one_socket(services, issuer):
    bounds = SocketBounds(operations=3)
    with client_of(replace(services, sockets=bounds), issuer).http as http, connected(http) as socket:
        socket.begin()
        for name in ("1", "2", "3"):
            socket.subscribe(name=name)
            socket.page(name)
        assert socket.refused(UPDATES, "4")[0]["extensions"]["code"] == "THROTTLED"
        socket.say({"type": "complete", "id": "2"})
        until(lambda: sum(map(len, services.changes._watching.values())) == 2)
        socket.subscribe(name="4")
        socket.page("4")


def test_who_floods_is_closed(socket):
    socket.begin()
    for _ in range(1_000):
        socket.session.send_text('{"type": "pong"}')
    assert socket.closed()[0] == 1008


def test_a_budget_is_one_for_http_and_socket(services, issuer, clock):
    poor = replace(services, budgets=Budgets(Allowance(operation=1_000, at_once=1_000, per_second=1)))
    with client_of(poor, issuer).http as http, connected(http) as socket:
        token = f"Bearer {issuer.customer_token('3')}"
        socket.begin({"authorization": token})
        poor.budgets.purse("customer:3", Identity(Person.customer("3")), clock.now().timestamp()).pay(2_000)
        assert socket.refused(WHO)[0]["extensions"]["code"] == "THROTTLED"
        assert http.post("/graphql", json={"query": WHO}, headers={"Authorization": token}).status_code == 429


def test_a_fault_of_ours_is_told_without_its_words(socket, shop, monkeypatch, caplog):
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("a secret of ours")

    socket.begin()
    monkeypatch.setattr(shop.recommender, "recommend", broken)
    (error,) = socket.refused(UPDATES)
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in error["message"]
    incident = error["message"].rpartition("Incident ")[2].rstrip(".")
    assert incident in caplog.text
    assert socket.ask(WHO)["data"]


def test_once_a_client_is_gone_nothing_of_it_is_left(services, http, shop):
    with connected(http) as socket:
        socket.begin()
        for name in ("1", "2"):
            socket.subscribe(name=name)
            socket.page(name)
        assert services.changes.is_watched
    assert not services.changes.is_watched


def test_other_paths_have_no_socket(http):
    with pytest.raises(WebSocketDisconnect), http.websocket_connect("/graphql/x", subprotocols=[SUBPROTOCOL]):
        pass
