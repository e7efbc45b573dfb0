"""Events, consents and feedback: kept before they are acknowledged, and felt by the very next answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.recommender.consent import Purpose
from service.recommender.events import EventType
from service.recommender.identity import Scope
from service.recommender.person import Person
from tests.fakes import START
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

RECORD = """mutation($input: RecordEventsInput!) { recordEvents(input: $input) {
  accepted duplicates userErrors { field code message } clientMutationId } }"""


def _event(event_id: str = "e1", **more: Any) -> dict[str, Any]:
    return {"eventId": event_id, "type": "PURCHASE", "occurredAt": START.isoformat(), "itemId": "p20", **more}


def _record(client: Client, *events: dict[str, Any], **who: Any) -> dict[str, Any]:
    return client.ask(RECORD, {"input": {"events": list(events), "clientMutationId": "m1"}}, **who)["recordEvents"]


def test_an_event_is_kept_once_however_often_it_is_sent(client: Client, shop: SmallRecommender) -> None:
    sent = _event(quantity="2", amount="12.50", channel="APP", basketId="b1", value="3.5")
    assert _record(client, sent, customer="3") == {
        "accepted": 1, "duplicates": 0, "userErrors": [], "clientMutationId": "m1",
    }
    again = _record(client, sent, _event("e2"), customer="3")
    assert (again["accepted"], again["duplicates"]) == (1, 1)
    kept = shop.log.find(Person.customer("3"), ["e1"])["e1"]
    assert (str(kept.amount), str(kept.quantity), kept.channel, kept.basket_id) == ("12.50", "2", "APP", "b1")
    assert kept.occurred_at == START


def test_what_is_wrong_with_an_event_is_told_by_its_path_and_the_rest_is_kept(client: Client) -> None:
    token = client.ask("{ viewer { recommendations(first: 1) { nodes { token } } } }", customer="4")
    foreign = token["viewer"]["recommendations"]["nodes"][0]["token"]
    answer = _record(
        client, _event("ok"), _event("unknown", itemId="none"),
        _event("old", occurredAt=(START - timedelta(days=31)).isoformat()),
        _event("ahead", occurredAt=(START + timedelta(hours=1)).isoformat()),
        _event("other", customerId="4"), _event("forged", token=foreign), _event("rate", type="RATE", value="9"),
        customer="3",
    )
    assert answer["accepted"] == 1
    assert [(one["field"], one["code"]) for one in answer["userErrors"]] == [
        (["input", "events", "1", "itemId"], "UNKNOWN_ITEM"), (["input", "events", "2", "occurredAt"], "TOO_OLD"),
        (["input", "events", "3", "occurredAt"], "IN_FUTURE"), (["input", "events", "4", "customerId"], "NOT_ALLOWED"),
        (["input", "events", "5", "token"], "TOKEN_INVALID"), (["input", "events", "6", "value"], "INVALID"),
    ]
    assert all(one["message"].endswith(".") for one in answer["userErrors"])


def test_a_purchase_moves_the_very_next_answer(client: Client, shop: SmallRecommender) -> None:
    asked = "{ viewer { recommendations(first: 20) { nodes { item { itemId } reasons { evidence { item { itemId } } } } } } }"
    bought = next(
        item_id for item_id in shop.snapshot.catalogue.item_ids
        if item_id not in shop.features.stored[Person.customer("3")].actions.item_id
    )
    _record(client, _event("new", itemId=bought), customer="3")
    nodes = client.ask(asked, customer="3")["viewer"]["recommendations"]["nodes"]
    evidence = {one["item"]["itemId"] for node in nodes for why in node["reasons"] for one in why["evidence"]}
    assert bought in evidence


def test_more_than_500_events_are_too_many(client: Client, shop: SmallRecommender) -> None:
    before = shop.log.last_sequence()
    events = [_event(str(number)) for number in range(501)]
    code, message = client.refused(RECORD, {"input": {"events": events}}, customer="3")
    assert code == "BAD_USER_INPUT"
    assert "at most 500" in message
    assert shop.log.last_sequence() == before


@pytest.mark.parametrize(("change", "told"), [
    ({"occurredAt": "2026-03-02T09:30:00"}, "with a zone"), ({"occurredAt": "yesterday"}, "ISO 8601"),
    ({"amount": "12,50"}, "A Decimal is a string"), ({"amount": "9" * 15}, "at most 14 digits"),
    ({"amount": True}, "A Decimal is a string"), ({"type": "STOLE"}, "STOLE"), ({"itemid": "p1"}, "itemid"),
])
def test_values_of_the_wrong_form_are_refused_in_a_sentence(client: Client, change: dict[str, Any], told: str) -> None:
    code, message = client.refused(RECORD, {"input": {"events": [_event(**change)]}}, customer="3")
    assert code == "BAD_USER_INPUT"
    assert told in message
    assert "Did you mean" not in message


def test_whoever_names_nobody_must_be_somebody(client: Client, shop: SmallRecommender) -> None:
    assert client.refused(RECORD, {"input": {"events": [_event()]}})[0] == "UNAUTHENTICATED"
    assert _record(client, _event("v1", type="VIEW"), visitor="tab-1")["accepted"] == 1
    assert shop.log.find(Person.visitor("tab-1"), ["v1"])
    by_service = _record(
        client, _event("s1", customerId="9"), _event("s2", visitorId="tab-9"), scopes=(Scope.EVENTS_WRITE,),
    )
    assert by_service["accepted"] == 2
    assert shop.log.find(Person.customer("9"), ["s1"])
    assert shop.log.find(Person.visitor("tab-9"), ["s2"])


CONSENT = """mutation($input: SetConsentsInput!) { setConsents(input: $input) {
  viewer { customerId recommendations(first: 3) { profiled } } consents { purpose granted source }
  userErrors { field code message } clientMutationId } }"""


def test_a_withdrawal_holds_within_the_same_answer(client: Client, shop: SmallRecommender) -> None:
    said = {"grants": [], "withdrawals": ["PERSONALISE_CONTENT"], "wording": "Stop it."}
    before = client.ask("{ viewer { recommendations(first: 3) { profiled } } }", customer="3")
    assert before["viewer"]["recommendations"]["profiled"] is True
    answer = client.ask(CONSENT, {"input": said}, customer="3")["setConsents"]
    assert answer["viewer"] == {"customerId": "3", "recommendations": {"profiled": False}}
    held = {one["purpose"]: one for one in answer["consents"]}
    assert held["PERSONALISE_CONTENT"] == {"purpose": "PERSONALISE_CONTENT", "granted": False, "source": "graphql"}
    assert held["EMAIL"]["granted"] is True
    assert shop.consents.decisions(Person.customer("3"))[-1].wording == "Stop it."


def test_a_visitor_who_grants_is_known_by_what_they_did_before(client: Client, shop: SmallRecommender) -> None:
    _record(client, _event("v1", type="LIKE"), visitor="tab-1")
    said = {"grants": ["PERSONALISE_CONTENT"], "withdrawals": [], "wording": "Choose for me."}
    answer = client.ask(CONSENT, {"input": said}, visitor="tab-1")["setConsents"]
    assert answer["viewer"]["recommendations"]["profiled"] is True
    visit = shop.recommender.reception.open(Person.visitor("tab-1"), shop.recommender.snapshot.catalogue, shop.clock.now())
    assert visit.profile.actions.item.tolist() == shop.recommender.snapshot.catalogue.rows_of(["p20"]).tolist()


def test_contradictions_and_empty_wordings_change_nothing(client: Client, shop: SmallRecommender) -> None:
    before = shop.consents.decisions(Person.customer("3"))
    said = {"grants": ["EMAIL"], "withdrawals": ["EMAIL"], "wording": " "}
    answer = client.ask(CONSENT, {"input": said}, customer="3")["setConsents"]
    assert [(one["field"], one["code"]) for one in answer["userErrors"]] == [
        (["input", "wording"], "INVALID"), (["input", "withdrawals"], "INVALID"),
    ]
    assert shop.consents.decisions(Person.customer("3")) == before


def test_consents_of_others_need_the_scope(client: Client, shop: SmallRecommender) -> None:
    said = {"grants": ["EMAIL"], "withdrawals": [], "wording": "By telephone.", "customerId": "nine"}
    assert client.refused(CONSENT, {"input": said}, customer="3")[0] == "FORBIDDEN"
    assert client.refused(CONSENT, {"input": said})[0] == "UNAUTHENTICATED"
    answer = client.ask(CONSENT, {"input": said}, scopes=(Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE))["setConsents"]
    assert answer["viewer"]["customerId"] == "nine"
    assert [line.purpose for line in shop.consents.decisions(Person.customer("nine"))] == [Purpose.EMAIL]


FEEDBACK = """mutation($input: FeedbackInput!) { giveFeedback(input: $input) {
  viewer { hidden { itemId } } userErrors { field code message } clientMutationId } }"""
FIRST = "{ viewer { recommendations(first: 1) { nodes { token item { itemId } reasons(first: 1) { code evidence { eventId } } } } } }"


def _first(client: Client) -> dict[str, Any]:
    return client.ask(FIRST, customer="3")["viewer"]["recommendations"]["nodes"][0]


def _feedback(client: Client, **said: Any) -> dict[str, Any]:
    return client.ask(FEEDBACK, {"input": said}, customer="3")["giveFeedback"]


def test_a_hidden_item_is_gone_until_it_is_taken_back(client: Client) -> None:
    node = _first(client)
    answer = _feedback(client, kind="HIDE_ITEM", token=node["token"], clientMutationId="m2")
    assert answer == {
        "viewer": {"hidden": [{"itemId": node["item"]["itemId"]}]}, "userErrors": [], "clientMutationId": "m2",
    }
    assert _first(client)["item"] != node["item"]
    undone = _feedback(client, kind="HIDE_ITEM", itemId=node["item"]["itemId"], undo=True)
    assert undone["viewer"]["hidden"] == []
    assert _first(client)["item"] == node["item"]


def test_a_forgotten_action_is_no_reason_any_more(client: Client) -> None:
    node = _first(client)
    event_id = node["reasons"][0]["evidence"][0]["eventId"]
    assert _feedback(client, kind="FORGET_ACTION", eventId=event_id)["userErrors"] == []
    after = client.ask(FIRST.replace("first: 1", "first: 60", 1), customer="3")["viewer"]["recommendations"]["nodes"]
    told = {one["eventId"] for other in after for why in other["reasons"] for one in why["evidence"]}
    assert event_id not in told
    assert _feedback(client, kind="FORGET_ACTION", eventId=event_id, undo=True)["userErrors"] == []
    assert _first(client)["reasons"] == node["reasons"]


@pytest.mark.parametrize(("said", "path", "code"), [
    ({"kind": "HIDE_ITEM"}, "itemId", "INVALID"), ({"kind": "HIDE_ITEM", "itemId": "none"}, "itemId", "UNKNOWN_ITEM"),
    ({"kind": "LESS_LIKE_THIS", "token": "forged"}, "token", "TOKEN_INVALID"),
    ({"kind": "FORGET_ACTION"}, "eventId", "INVALID"),
    ({"kind": "FORGET_ACTION", "eventId": "none"}, "eventId", "UNKNOWN_EVENT"),
])
def test_feedback_on_nothing_is_refused(client: Client, said: dict[str, Any], path: str, code: str) -> None:
    errors = _feedback(client, **said)["userErrors"]
    assert [(one["field"], one["code"]) for one in errors] == [(["input", path], code)]


def test_feedback_for_a_customer_needs_the_scope(client: Client, shop: SmallRecommender) -> None:
    said = {"kind": "HIDE_ITEM", "itemId": "p20", "customerId": "9"}
    assert client.refused(FEEDBACK, {"input": said}, customer="3")[0] == "FORBIDDEN"
    answer = client.ask(FEEDBACK, {"input": said}, scopes=(Scope.CUSTOMERS_WRITE,))["giveFeedback"]
    assert answer["viewer"]["hidden"] == [{"itemId": "p20"}]
    assert shop.feedback.restrictions(Person.customer("9")).hidden == {"p20"}


def test_every_type_of_event_can_be_recorded(client: Client) -> None:
    events = [
        _event(kind.value, type=kind.value, text="words", value="3", inReplyTo="e0", topic="tea", messageId="m",
               offerCode="o", discount="0.5") for kind in EventType
    ]
    assert _record(client, *events, customer="3")["accepted"] == len(EventType)
