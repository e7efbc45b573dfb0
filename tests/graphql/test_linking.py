"""`linkVisitor` as apps call it: the very next answer knows, again changes nothing, and nobody else gets anything."""

from __future__ import annotations

from typing import Any

import pytest

from service.recommender.events import EventType
from service.recommender.identity import Scope
from service.recommender.person import Person
from tests.fakes import START
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

VISITOR = "b7f0a6de-visitor"
LINK = """mutation($input: LinkVisitorInput!) { linkVisitor(input: $input) {
  viewer { customerId recommendations(first: 40) { nodes { item { itemId } reasons { evidence { item { itemId } eventId } } } } }
  moved userErrors { field code message } clientMutationId } }"""
CONSENT = """mutation($grants: [Purpose!]!, $withdrawals: [Purpose!]!) {
  setConsents(input: {grants: $grants, withdrawals: $withdrawals, wording: "May we?"}) { userErrors { code } } }"""
RECORD = "mutation($input: RecordEventsInput!) { recordEvents(input: $input) { accepted duplicates userErrors { field code } } }"
PROFILED = "{ viewer { recommendations(first: 5) { profiled nodes { reasons { evidence { kind } } } } hidden { itemId } } }"


def link(client: Client, visitor: str = VISITOR, **who: Any) -> dict[str, Any]:
    said = {"input": {"visitorId": visitor, "clientMutationId": "m1"}}
    answer: dict[str, Any] = client.ask(LINK, said, **(who or {"customer": "3"}))["linkVisitor"]
    return answer


def like(client: Client, event_id: str, item_id: str, **who: Any) -> dict[str, Any]:
    event = {"eventId": event_id, "type": "LIKE", "itemId": item_id, "occurredAt": START.isoformat()}
    answer: dict[str, Any] = client.ask(RECORD, {"input": {"events": [event]}}, **(who or {"visitor": VISITOR}))["recordEvents"]
    return answer


@pytest.fixture
def liked(client: Client, shop: SmallRecommender) -> str:
    """An item that the visitor liked and that customer 3 never had to do with; the visitor agreed to be known by it."""
    client.ask(CONSENT, {"grants": ["PERSONALISE_CONTENT"], "withdrawals": []}, visitor=VISITOR)
    had = shop.features.stored[Person.customer("3")].actions.item_id
    item_id = next(one for one in shop.snapshot.catalogue.item_ids if one not in had)
    assert like(client, "liked", item_id)["accepted"] == 1
    return item_id


def test_the_answer_to_the_link_already_knows_what_the_visitor_did(client: Client, liked: str) -> None:
    answer = link(client)
    assert (answer["moved"], answer["userErrors"], answer["clientMutationId"]) == (1, [], "m1")
    assert answer["viewer"]["customerId"] == "3"
    evidence = [
        one for node in answer["viewer"]["recommendations"]["nodes"] for why in node["reasons"] for one in why["evidence"]
    ]
    assert {"item": {"itemId": liked}, "eventId": "liked"} in evidence


def test_again_changes_nothing_and_the_visitor_starts_anew(client: Client, shop: SmallRecommender, liked: str) -> None:
    assert [link(client)["moved"] for _ in range(3)] == [1, 0, 0]
    assert shop.log.latest(Person.customer("3"), [(EventType.LIKE, liked)])
    assert not shop.log.latest(Person.visitor(VISITOR), [(EventType.LIKE, liked)])
    told = client.ask(PROFILED, visitor=VISITOR)["viewer"]["recommendations"]["nodes"]
    assert "ACTION" not in {one["kind"] for node in told for why in node["reasons"] for one in why["evidence"]}


def test_another_customer_gets_nothing_and_learns_nothing(client: Client, liked: str) -> None:
    before = client.ask(PROFILED, customer="4")
    link(client)
    answer = link(client, customer="4")
    assert answer["moved"] == 0
    assert [(one["field"], one["code"]) for one in answer["userErrors"]] == [(["input", "visitorId"], "NOT_ALLOWED")]
    assert "3" not in answer["userErrors"][0]["message"]
    assert [one["itemId"] for one in client.ask(PROFILED, customer="4")["viewer"]["hidden"]] == []
    assert client.ask(PROFILED, customer="4") == before


@pytest.mark.parametrize("who", [{"customer": "3"}, {"visitor": VISITOR}])
def test_without_the_consent_of_either_nothing_moves(client: Client, liked: str, who: dict[str, str]) -> None:
    client.ask(CONSENT, {"grants": [], "withdrawals": ["PERSONALISE_CONTENT"]}, **who)
    answer = link(client)
    assert (answer["moved"], [one["code"] for one in answer["userErrors"]]) == (0, ["CONSENT_MISSING"])
    client.ask(CONSENT, {"grants": ["PERSONALISE_CONTENT"], "withdrawals": []}, **who)
    assert link(client)["moved"] == 1


@pytest.mark.parametrize(("who", "code"), [
    ({"visitor": VISITOR}, "UNAUTHENTICATED"), ({"scopes": tuple(Scope)}, "FORBIDDEN"),
    ({"scopes": tuple(Scope), "visitor": VISITOR}, "FORBIDDEN"),
])
def test_only_the_customer_links(client: Client, liked: str, who: dict[str, Any], code: str) -> None:
    assert client.refused(LINK, {"input": {"visitorId": VISITOR}}, **who)[0] == code


@pytest.mark.parametrize("name", ["", "x" * 129, "a\u0000b"])
def test_what_is_no_visitors_id_is_an_error_with_its_path(client: Client, name: str) -> None:
    answer = link(client, name)
    assert [(one["field"], one["code"]) for one in answer["userErrors"]] == [(["input", "visitorId"], "INVALID")]


def test_a_customer_sends_what_the_app_kept_from_before_the_login(client: Client, shop: SmallRecommender, liked: str) -> None:
    late = {"eventId": "late", "type": "VIEW", "itemId": liked, "occurredAt": START.isoformat(), "visitorId": VISITOR}
    refused = client.ask(RECORD, {"input": {"events": [late]}}, customer="3")["recordEvents"]
    assert [one["code"] for one in refused["userErrors"]] == ["NOT_ALLOWED"]
    link(client)
    assert client.ask(RECORD, {"input": {"events": [late]}}, customer="3")["recordEvents"]["accepted"] == 1
    assert shop.log.find(Person.customer("3"), ["late"])
    assert client.ask(RECORD, {"input": {"events": [late]}}, customer="4")["recordEvents"]["accepted"] == 0
