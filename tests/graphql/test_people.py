"""Whom a request speaks for, and what may be seen of whom."""

from __future__ import annotations

import pytest

from service.recommender.consent import Purpose
from service.recommender.identity import Scope
from service.recommender.person import Person
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

VIEWER = "{ viewer { id customerId } }"


def test_a_customer_is_the_viewer(client: Client) -> None:
    assert client.ask(VIEWER, customer="3")["viewer"]["customerId"] == "3"


def test_a_visitor_names_itself_and_has_no_customer_id(client: Client) -> None:
    one, other = (client.ask(VIEWER, visitor=name)["viewer"] for name in ("tab-1", "tab-2"))
    assert one["customerId"] is None
    assert one["id"] != other["id"]


def test_nobody_in_particular_has_a_stable_id_and_everybodys_lists(client: Client) -> None:
    first, second = (client.ask("{ viewer { id recommendations(first: 3) { profiled nodes { item { itemId } } } } }")
                     for _ in range(2))
    assert first == second
    assert first["viewer"]["recommendations"]["profiled"] is False
    assert len(first["viewer"]["recommendations"]["nodes"]) == 3


def test_a_token_goes_before_the_visitors_own_word(client: Client) -> None:
    assert client.ask(VIEWER, customer="3", visitor="tab-1")["viewer"]["customerId"] == "3"


def test_a_bad_visitor_name_is_refused(client: Client) -> None:
    code, message = client.refused(VIEWER, visitor="v" * 200)
    assert code == "BAD_USER_INPUT"
    assert "X-Konomi-Visitor" in message


def test_a_service_may_look_at_a_customer(client: Client) -> None:
    asked = '{ customer(customerId: "5") { customerId recommendations(first: 2) { profiled } } }'
    found = client.ask(asked, scopes=(Scope.CUSTOMERS_READ,))["customer"]
    assert found == {"customerId": "5", "recommendations": {"profiled": True}}
    assert client.ask('{ customer(customerId: "nobody") { id } }', scopes=(Scope.CUSTOMERS_READ,)) == {"customer": None}


@pytest.mark.parametrize(("who", "code"), [
    ({}, "UNAUTHENTICATED"), ({"visitor": "tab-1"}, "UNAUTHENTICATED"), ({"customer": "3"}, "FORBIDDEN"),
    ({"scopes": (Scope.EVENTS_WRITE,)}, "FORBIDDEN"),
])
def test_nobody_else_may(client: Client, who: dict[str, object], code: str) -> None:
    assert client.refused('{ customer(customerId: "5") { id } }', **who)[0] == code


NODE = "query($id: ID!) { node(id: $id) { id __typename ... on Customer { customerId } } }"


def test_a_customer_is_found_again_by_themselves_and_by_services_alone(client: Client) -> None:
    own = client.ask(VIEWER, customer="3")["viewer"]["id"]
    found = {"id": own, "__typename": "Customer", "customerId": "3"}
    assert client.ask(NODE, {"id": own}, customer="3")["node"] == found
    assert client.ask(NODE, {"id": own}, scopes=(Scope.CUSTOMERS_READ,))["node"] == found
    assert client.ask(NODE, {"id": own}, customer="4")["node"] is None
    assert client.ask(NODE, {"id": own}, scopes=(Scope.EVENTS_WRITE,))["node"] is None
    assert client.ask(NODE, {"id": own})["node"] is None


def test_segments_say_why_and_leave_out_small_ones(client: Client) -> None:
    asked = '{ viewer { segments { key title size because ja: title(locale: "ja") } } }'
    found = {one["key"]: one for one in client.ask(asked, customer="3")["viewer"]["segments"]}
    assert set(found) == {"lifecycle.active", "frequency.often", "age.35-44", "vip"}
    assert found["vip"] == {"key": "vip", "title": "Best customers", "size": 77, "ja": "上得意のお客様",
                            "because": "The shop put you into this group."}
    assert "60 times" in found["frequency.often"]["because"]


def test_without_consent_there_are_no_segments_and_no_features(client: Client, shop: SmallRecommender) -> None:
    shop.purchases(Person.customer("new"), [("p1", 3, 4)])
    shop.grant(Person.customer("new"), frozenset({Purpose.MEASURE}))
    found = client.ask("{ viewer { segments { key } features { name } } }", customer="new")["viewer"]
    assert found == {"segments": [], "features": []}
    assert shop.features.reads[Person.customer("new")] == 0


def test_features_are_told_in_the_language_asked_for(client: Client) -> None:
    asked = '{ viewer { features { name source value purpose description(locale: "ja") } } }'
    found = {one["name"]: one for one in client.ask(asked, customer="3")["viewer"]["features"]}
    assert found["frequency_91"] == {
        "name": "frequency_91", "source": "profile", "value": 60.0, "purpose": "PERSONALISE_CONTENT",
        "description": "直近91日の注文数。",
    }


def test_every_purpose_is_listed_denied_where_nothing_was_decided(client: Client) -> None:
    found = client.ask("{ viewer { consents { purpose granted decidedAt source } } }", customer="3")["viewer"]["consents"]
    assert [one["purpose"] for one in found] == [purpose.value for purpose in Purpose]
    by_purpose = {one["purpose"]: one for one in found}
    assert by_purpose["EMAIL"] == {
        "purpose": "EMAIL", "granted": True, "decidedAt": "2026-03-02T09:30:00+00:00", "source": "test",
    }
    assert by_purpose["THIRD_PARTY"] == {
        "purpose": "THIRD_PARTY", "granted": False, "decidedAt": None, "source": "default",
    }
