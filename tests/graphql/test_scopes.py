"""Scopes: what each lets a service do, at the field where it does it."""

from __future__ import annotations

from typing import Any

import pytest

from service.recommender.identity import Scope
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

FIELDS = {
    "segments": "segments { key }", "features": "features { name }", "home": "home(first: 1) { profiled }",
    "recommendations": "recommendations(first: 1) { profiled }", "everybody's": "recommendations(first: 1, profiling: false) { profiled }",
    "ads": 'ads(placement: "side", first: 1) { profiled }', "consents": "consents { purpose }", "hidden": "hidden { itemId }",
}
WRITTEN = {"consents", "hidden"}
WRITE = """mutation { setConsents(input: {grants: [EMAIL], withdrawals: [], wording: "By telephone.", customerId: "9"}) {
  consents { purpose } viewer { customerId %s } } }"""
READ = '{ customer(customerId: "9") { customerId %s } }'


def codes(said: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in said.get("errors", [])]


@pytest.mark.parametrize("field", FIELDS)
def test_a_write_scope_shows_what_it_writes_alone(client: Client, field: str) -> None:
    said = client.send(WRITE % FIELDS[field], scopes=(Scope.CUSTOMERS_WRITE,))
    assert codes(said) == ([] if field in WRITTEN else ["FORBIDDEN"])
    assert said["data"]["setConsents"]["viewer"]["customerId"] == "9"
    both = client.send(WRITE % FIELDS[field], scopes=(Scope.CUSTOMERS_WRITE, Scope.CUSTOMERS_READ))
    assert codes(both) == []


@pytest.mark.parametrize("field", FIELDS)
def test_a_read_scope_shows_all(client: Client, field: str) -> None:
    assert codes(client.send(READ % FIELDS[field], scopes=(Scope.CUSTOMERS_READ,))) == []


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.CUSTOMERS_READ])
def test_no_other_scope_reads_customers(client: Client, scope: Scope) -> None:
    code, message = client.refused(READ % "", scopes=(scope,))
    assert code == "FORBIDDEN"
    assert "customers:read" in message
    assert "ask the issuer" in message, "it says what to do"


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.CUSTOMERS_WRITE])
def test_no_other_scope_writes_for_customers(client: Client, shop: SmallRecommender, scope: Scope) -> None:
    assert client.refused(WRITE % "", scopes=(scope,))[0] == "FORBIDDEN"
    hide = 'mutation { giveFeedback(input: {kind: HIDE_ITEM, itemId: "p1", customerId: "9"}) { userErrors { code } } }'
    assert client.refused(hide, scopes=(scope,))[0] == "FORBIDDEN"


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.EVENTS_WRITE])
def test_no_other_scope_records_events(client: Client, scope: Scope) -> None:
    record = """mutation { recordEvents(input: {events: [{eventId: "e", type: VIEW, itemId: "p1", customerId: "9",
      occurredAt: "2026-03-02T09:00:00+00:00"}]}) { accepted userErrors { code } } }"""
    answer = client.ask(record, scopes=(scope,))["recordEvents"]
    assert answer == {"accepted": 0, "userErrors": [{"code": "NOT_ALLOWED"}]}
