"""E-mail, phone and free text, planted in every input, are never in errors or in the log; also where stores break."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.graphql.budgets import Allowance, Budgets
from service.graphql.events import events_route
from service.recommender.errors import EventsUnavailable
from service.recommender.identity import Scope
from tests.fakes import START
from tests.graphql.conftest import Client, client_of
from tests.graphql.holes import PLAIN, Hole
from tests.graphql.planted import PLANTS, faults_of, traces, written, wrong_values
from tests.graphql.sockets import connected
from tests.graphql.test_privacy import ALL, REACHED, SHOWN

NUMBERS = count()
INPUTS = ("RecordEventsInput!", "EventInput!", "FeedbackInput!", "ConsentInput!", "[EventType!]!", "ItemKind!", "Purpose!")


@pytest.fixture
def client(services, issuer) -> Client:
    return client_of(replace(services, budgets=Budgets(Allowance(operation=10**6, at_once=10**12))), issuer)


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test sends, the log tells nothing of it, at the level of any handler."""
    caplog.set_level(logging.INFO)
    yield
    assert not traces(written(caplog.get_records("call")))


def filled(hole: Hole, literal: str) -> str:
    """An operation with something in one hole."""
    inner = f"{hole.field}({hole.arguments % literal})".replace('eventId: "x"', f'eventId: "new-{next(NUMBERS)}"')
    shown = f"{{ {SHOWN[hole.returns]} }}" if hole.returns in SHOWN else ""
    return f"{'mutation' if hole.type == 'Mutation' else 'query'} {{ {REACHED[hole.type] % f'{inner} {shown}'} }}"


HOLES = [hole for hole in ALL if hole.type in REACHED]


@pytest.mark.parametrize("hole", HOLES, ids=str)
def test_in_every_place_for_a_text(client: Client, hole: Hole) -> None:
    for plant in PLANTS:
        body = client.send(filled(hole, json.dumps(plant)), customer="3")
        assert not traces(faults_of(body)), body


def test_there_are_places_and_errors_to_look_at(client: Client) -> None:
    assert len(HOLES) > 50
    bodies = [client.send(filled(hole, json.dumps(PLANTS[2])), customer="3") for hole in HOLES]
    assert sum(faults_of(body) not in {"[]", "[[]]"} for body in bodies) > 10


@pytest.mark.parametrize("kind", [*PLAIN, *(f"{name}!" for name in PLAIN), *INPUTS])
def test_in_variables_of_every_type(client: Client, kind: str) -> None:
    query = f"query($x: {kind}) {{ viewer {{ recommendations(first: 1, placement: $x) {{ slateId }} }} }}"
    mutation = "mutation($x: RecordEventsInput!) { recordEvents(input: $x) { accepted userErrors { field message } } }"
    for plant in PLANTS:
        for value in wrong_values(plant):
            for sent in (query, mutation):
                assert not traces(faults_of(client.send(sent, {"x": value}, customer="3")))


@pytest.mark.parametrize("document", [
    '"%s"', "%s", "{ viewer(%s) { id } }", '{ viewer { customerId "%s" } }', '{ item(itemId: "%s) { itemId } }',
    '{ item(itemId: """%s""") { nothing } }', '{ viewer { recommendations(first: "%s") { slateId } } }',
    '{ trending(kind: "%s") { slateId } }', '{ viewer { consents(at: "%s") { purpose } } }', 'query("%s") { viewer { id } }',
    'query($x: Int = "%s") { viewer { recommendations(first: $x) { slateId } } }', '{ viewer { id @include(if: "%s") } }',
    'mutation { recordEvents(input: { events: [{ eventId: "e", type: VIEW, occurredAt: "%s" }] }) { accepted } }',
    'mutation { recordEvents(input: { events: [{ eventId: "e", type: "%s", occurredAt: "2026-03-02T09:30:00Z" }] }) { accepted } }',
    'mutation { recordEvents(input: { events: [{ eventId: "e", type: VIEW, amount: "%s", occurredAt: "2026-03-02T09:30:00Z" }] }) { accepted } }',
    'mutation { setConsents(input: { grants: ["%s"], withdrawals: [], wording: "x" }) { userErrors { message } } }',
])
def test_in_documents_that_are_none(client: Client, document: str) -> None:
    for plant in PLANTS:
        body = client.send(document % plant, customer="3")
        assert body["errors"]
        assert not traces(faults_of(body)), body


@pytest.mark.parametrize("header", [
    "authorization", "x-konomi-visitor", "accept-language", "accept", "content-type", "sec-gpc", "cookie", "origin",
    "x-forwarded-for", "user-agent", "content-encoding", "apollographql-client-name",
])
def test_in_headers(client: Client, header: str) -> None:
    for plant in PLANTS:
        for value in (plant, f"Bearer {plant}"):
            answer = client.http.post("/graphql", headers={header: value}, json={"query": "{ viewer { customerId } }"})
            assert not traces(answer.text), answer.text


@pytest.mark.parametrize("sent", [
    {"query": "{ viewer { id } }", "operationName": "%s"}, {"id": "%s"}, {"documentId": "%s"}, {"query": ["%s"]},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "%s"}}}, {"query": "{ viewer { id } }", "variables": "%s"},
    {"extensions": "%s"}, {"%s": "%s"}, "%s", ["%s"],
])
def test_beside_the_query(client: Client, sent: object) -> None:
    for plant in PLANTS:
        said = json.dumps(sent).replace("%s", plant)
        for answer in (
            client.http.post("/graphql", content=said, headers={"content-type": "application/json"}),
            client.http.get("/graphql", params=dict.fromkeys(sent, plant) if isinstance(sent, dict) else {plant: plant}),
            client.http.post("/graphql", content=said[:-1], headers={"content-type": "application/json"}),
        ):
            assert not traces(answer.text), answer.text


def test_in_sockets(client: Client) -> None:
    for plant in PLANTS:
        for payload in ({"authorization": plant}, {"visitor": plant * 9}, {plant: plant}, {"language": [plant]}):
            with connected(client.http) as socket:
                socket.say({"type": "connection_init", "payload": payload})
                socket.say({"type": "subscribe", "id": "1", "payload": {"query": f'subscription {{ no(x: "{plant}") }}'}})
                socket.say({"type": plant})
                assert not traces(_until_closed(socket))


def test_in_subscriptions(client: Client) -> None:
    for plant in PLANTS:
        with connected(client.http) as socket:
            socket.begin()
            for arguments in (f'placement: "{plant}", first: -1', f'kind: "{plant}"', f'placement: "{plant}", nothing: "{plant}"'):
                told = socket.refused(f"subscription {{ recommendationsUpdated({arguments}) {{ slateId }} }}", arguments[:4])
                assert not traces(json.dumps(told)), told


def _until_closed(socket: Any) -> str:
    heard = []
    while True:
        message = socket.session.portal.call(socket._next)
        if message["type"] == "websocket.close":
            return json.dumps([*heard, message.get("code"), message.get("reason")])
        heard.append(json.loads(message["text"]))


@pytest.mark.parametrize("line", [
    {"eventId": "%s"}, {"%s": "%s"}, {"type": "%s"}, {"occurredAt": "%s"}, {"amount": "%s"}, {"channel": "%s"},
    {"itemId": "%s"}, {"token": "%s"}, {"text": ["%s"]}, {"customerId": {"a": "%s"}}, {"text": "%s", "itemId": "p1"}, "%s",
])
def test_in_lines_of_events(services, issuer, line: object) -> None:
    http = TestClient(Starlette(routes=[events_route(services)]))
    headers = {"Authorization": f"Bearer {issuer.token('till', [Scope.EVENTS_WRITE])}", "Content-Type": "application/x-ndjson"}
    whole = {"eventId": "e", "type": "SEARCH", "occurredAt": START.isoformat(), "customerId": "3"}
    for plant in PLANTS:
        planted = json.loads(json.dumps(line).replace("%s", plant))
        sent = json.dumps({**whole, **planted} if isinstance(planted, dict) else planted)
        for content in (sent, sent[:-1]):
            answer = http.post("/events", headers=headers, content=content)
            assert not traces(answer.text), answer.text


@pytest.mark.parametrize("fault", [RuntimeError, ValueError, KeyError])
def test_where_a_store_quotes_it(client: Client, shop, monkeypatch: pytest.MonkeyPatch, caplog, fault: type[Exception]) -> None:
    def quoting(*_: object, **__: object) -> None:
        vendors = fault(f"Key (person_key, text)=(c:3, {PLANTS}) already exists")
        raise EventsUnavailable("The database did not answer: IntegrityError") from vendors

    def unforeseen(*_: object, **__: object) -> None:
        raise fault(*PLANTS)

    for name, broken in (("append", quoting), ("append", unforeseen)):
        monkeypatch.setattr(shop.log, name, broken)
        event = f'{{ eventId: "e", type: SEARCH, occurredAt: "{START.isoformat()}", text: "{PLANTS[2]}" }}'
        body = client.send(f"mutation {{ recordEvents(input: {{ events: [{event}] }}) {{ accepted }} }}", customer="3")
        assert body["errors"]
        assert not traces(json.dumps(body))
    log = written(caplog.records)
    assert log.count("incident ") == 2, "what broke, and where, is there all the same"
    assert fault.__name__ in log
    assert "EventsUnavailable: The database did not answer: IntegrityError" in log
    assert 'recording.py", line' in log
