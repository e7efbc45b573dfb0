"""`POST /events`: lines of JSON, each kept or told what is wrong with it; too many at once come back with a clear code."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.graphql.events import events_route
from service.recommender.backpressure import MOST_WAITING, Gate
from service.recommender.errors import EventsUnavailable
from service.recommender.events import MOST_PER_CALL
from service.recommender.identity import Scope
from service.recommender.person import Person
from tests.fakes import START


@pytest.fixture
def http(services):
    return TestClient(Starlette(routes=[events_route(services)]))


@pytest.fixture
def headers(issuer):
    token = issuer.token("till", [Scope.EVENTS_WRITE])
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}


def line(event_id: str = "e1", **more: Any) -> dict[str, Any]:
    return {"eventId": event_id, "type": "VIEW", "occurredAt": START.isoformat(), "customerId": "3", "itemId": "p7", **more}


def ndjson(*lines: object) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines) + b"\n"


def test_lines_are_kept_once_in_their_order(http, headers, shop):
    sent = ndjson(line("a"), line("b", type="PURCHASE", quantity="2", amount=12.5, channel="STORE"), line("c", customerId="4"))
    before = shop.log.last_sequence()
    assert http.post("/events", content=sent, headers=headers).json() == {"accepted": 3, "duplicates": 0, "userErrors": []}
    assert http.post("/events", content=sent, headers=headers).json() == {"accepted": 0, "duplicates": 3, "userErrors": []}
    kept = [event for _, event in shop.log.after(before, 10)]
    assert [(event.event_id, event.person.id) for event in kept] == [("a", "3"), ("b", "3"), ("c", "4")]
    assert (str(kept[1].amount), kept[1].channel) == ("12.5", "STORE")


def test_the_tables_own_names_are_understood(http, headers, shop):
    sent = {"event_id": "t", "type": "SEARCH", "occurred_at": START.isoformat(), "visitor_id": "tab-1", "text": "tea"}
    assert http.post("/events", content=ndjson(sent), headers=headers).json()["accepted"] == 1
    assert shop.log.find(Person.visitor("tab-1"), ["t"])["t"].text == "tea"


def test_each_line_that_is_no_event_is_told_its_number_and_the_rest_is_kept(http, headers):
    answer = http.post("/events", headers=headers, content=ndjson(
        line("ok"), b"{", b"", [1], line("e", colour="red"), {"type": "VIEW"}, line("f", type="STARE"),
        line("g", itemId="none"), line("h", occurredAt="yesterday"), line("i", amount="much"), line(7),
        {**line("j"), "customerId": None}, b'{"eventId": "\xff"}', line("also ok"),
    ))
    assert answer.status_code == 200
    said = answer.json()
    assert said["accepted"] == 2
    assert [(one["line"], one["field"], one["code"]) for one in said["userErrors"]] == [
        (2, ["events", "1"], "INVALID"), (4, ["events", "3"], "INVALID"), (5, ["events", "4", "colour"], "INVALID"),
        (6, ["events", "5", "eventId"], "INVALID"), (7, ["events", "6", "type"], "INVALID"),
        (8, ["events", "7", "itemId"], "UNKNOWN_ITEM"), (9, ["events", "8", "occurredAt"], "INVALID"),
        (10, ["events", "9", "amount"], "INVALID"), (11, ["events", "10", "eventId"], "INVALID"),
        (12, ["events", "11", "customerId"], "INVALID"), (13, ["events", "12"], "INVALID"),
    ]
    assert all(one["message"] for one in said["userErrors"])


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"Authorization": ""}, 401, "UNAUTHENTICATED"),
    ({"Content-Type": "text/csv"}, 415, "BAD_REQUEST"),
    ({"Authorization": "Bearer nonsense"}, 401, "UNAUTHENTICATED"),
])
def test_whoever_may_not_is_told_so(http, headers, change, status, code):
    kept = {name: value for name, value in {**headers, **change}.items() if value}
    answer = http.post("/events", content=ndjson(line()), headers=kept)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


def test_customers_and_services_without_the_scope_may_not(http, headers, issuer):
    for token in (issuer.token(Person.customer("3")), issuer.token("crm", [Scope.CUSTOMERS_READ])):
        answer = http.post("/events", content=ndjson(line()), headers={**headers, "Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


def test_more_than_a_call_may_hold_is_refused_whole(http, headers, shop):
    before = shop.log.last_sequence()
    many = ndjson(*[line(str(n)) for n in range(MOST_PER_CALL + 1)])
    assert http.post("/events", content=many, headers=headers).status_code == 413
    assert http.post("/events", content=b" " * (1 << 20) + ndjson(line()), headers=headers).status_code == 413
    assert shop.log.last_sequence() == before


def test_a_log_that_is_away_acknowledges_nothing(http, headers, shop, monkeypatch):
    def away(*_):
        raise EventsUnavailable("away")

    monkeypatch.setattr(shop.log, "append", away)
    answer = http.post("/events", content=ndjson(line()), headers=headers)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_too_many_calls_at_once_come_back_with_backpressure_and_nothing_is_kept(http, headers, client, shop):
    shop.recorder.gate = Gate(2)
    before = shop.log.last_sequence()
    record = """mutation($input: RecordEventsInput!) {
      recordEvents(input: $input) { accepted duplicates userErrors { field code } } }"""
    with ExitStack() as calls:
        assert [calls.enter_context(shop.recorder.gate.entered()) for _ in range(3)] == [True, True, False]
        answer = http.post("/events", content=ndjson(line()), headers=headers)
        assert (answer.status_code, answer.json()["accepted"], answer.headers["Retry-After"]) == (503, 0, "1")
        assert [one["code"] for one in answer.json()["userErrors"]] == ["BACKPRESSURE"]
        said = client.ask(record, {"input": {"events": [line()]}}, customer="3")["recordEvents"]
        assert said == {"accepted": 0, "duplicates": 0, "userErrors": [{"field": ["input", "events"], "code": "BACKPRESSURE"}]}
    assert shop.log.last_sequence() == before
    assert http.post("/events", content=ndjson(line()), headers=headers).json()["accepted"] == 1


def test_a_gate_lets_in_as_many_as_have_room():
    gate = Gate()
    with ExitStack() as calls:
        assert sum(calls.enter_context(gate.entered()) for _ in range(MOST_WAITING + 5)) == MOST_WAITING
    with gate.entered() as has_room:
        assert has_room
