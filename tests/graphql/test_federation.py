"""Apollo Federation: entities are found by every key, under the rights of whom the router asks for, in one batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.ids import global_id
from service.graphql.schema import sdl
from service.graphql.services import Services
from service.recommender.identity import Scope
from tests.graphql.conftest import Client, client_of
from tests.small_recommender import CUSTOMERS

ENTITIES = """query($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename ... on Product { id itemId title } ... on Content { id itemId } ... on Ad { id itemId payer }
  ... on Customer { id customerId } } }"""
ITEMS = {"Product": "p1", "Content": "c1", "Ad": "a1"}


def _asked(client: Client, *representations: Any, **who: Any) -> list[Any]:
    found: list[Any] = client.ask(ENTITIES, {"representations": list(representations)}, **who)["_entities"]
    return found


def test_items_are_found_by_both_keys_in_the_order_they_were_asked(client: Client) -> None:
    asked = [{"__typename": kind, "itemId": item_id} for kind, item_id in ITEMS.items()]
    asked += [{"__typename": kind, "id": global_id(kind, item_id)} for kind, item_id in ITEMS.items()]
    found = _asked(client, *asked)
    assert [one["__typename"] for one in found] == [*ITEMS, *ITEMS]
    assert [one["itemId"] for one in found] == [*ITEMS.values(), *ITEMS.values()]
    assert found[:3] == found[3:]


def test_what_there_is_not_is_null_and_the_rest_is_told(client: Client) -> None:
    found = _asked(
        client, {"__typename": "Product", "itemId": "gone"}, {"__typename": "Product", "itemId": "p2"},
        {"__typename": "Ad", "itemId": "p2"}, {"__typename": "Product", "id": "x"},
        {"__typename": "Product", "id": global_id("Content", "c1")},
    )
    assert [one and one["itemId"] for one in found] == [None, "p2", None, None, None]


@pytest.mark.parametrize(("who", "seen"), [
    ({"customer": "3"}, ["3", None]), ({"customer": "4"}, [None, "4"]), ({}, [None, None]),
    ({"visitor": "tab-1-of-somebody"}, [None, None]), ({"scopes": (Scope.CUSTOMERS_READ,)}, ["3", "4"]),
    ({"scopes": (Scope.SCHEMA_READ, Scope.OPERATIONS_READ)}, [None, None]),
])
def test_a_customer_is_told_to_themselves_and_to_who_may_read_them(
    client: Client, who: dict[str, Any], seen: list[str | None],
) -> None:
    by_key = [{"__typename": "Customer", "customerId": one} for one in ("3", "4")]
    by_id = [{"__typename": "Customer", "id": global_id("Customer", f"c:{one}")} for one in ("3", "4")]
    found = _asked(client, *by_key, *by_id, **who)
    assert [one and one["customerId"] for one in found] == [*seen, *seen]


def test_a_customer_of_whom_nothing_is_known_is_null(client: Client) -> None:
    asked = {"__typename": "Customer", "customerId": "nobody"}
    assert _asked(client, asked, scopes=(Scope.CUSTOMERS_READ,)) == [None]


@pytest.mark.parametrize("representation", [
    None, 1, "Product", [], {}, {"__typename": "Product"}, {"itemId": "p1"}, {"__typename": "Shelf", "id": "x"},
    {"__typename": "Query", "id": "x"}, {"__typename": ["Product"], "itemId": "p1"},
    {"__typename": "Product", "itemId": 1}, {"__typename": "Product", "itemId": {"$ne": ""}},
    {"__typename": "Customer", "itemId": "3"}, {"__typename": "Product", "id": None, "info": "x"},
])
def test_what_represents_nothing_is_told_in_a_sentence(client: Client, representation: Any) -> None:
    variables = {"representations": [{"__typename": "Product", "itemId": "p1"}, representation]}
    code, message = client.refused(ENTITIES, variables)
    assert code in ({"BAD_USER_INPUT"} if representation is not None else {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"})
    assert "representations" in message


def test_a_router_asks_for_a_hundred_at_most(client: Client) -> None:
    asked = [{"__typename": "Product", "itemId": "p1"}] * 100
    assert len(_asked(client, *asked)) == 100
    code, message = client.refused(ENTITIES, {"representations": [*asked, asked[0]]})
    assert (code, "at most 100" in message) == ("BAD_USER_INPUT", True)


def test_customers_are_looked_up_in_one_batch(services: Services, issuer: DevelopmentIssuer) -> None:
    threads: list[int] = []

    class Counting:
        def submit(self, work: Any, *arguments: Any) -> Any:
            threads.append(1)
            return services.threads.submit(work, *arguments)

    client = client_of(replace(services, threads=Counting()), issuer)  # type: ignore[arg-type]
    asked = [{"__typename": "Customer", "customerId": str(number)} for number in range(CUSTOMERS)]
    assert len(_asked(client, *asked, scopes=(Scope.CUSTOMERS_READ,))) == CUSTOMERS
    assert len(threads) == 1
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [str(global_id("Customer", f"c:{number}")) for number in range(CUSTOMERS)]
    found = client.ask(nodes, {"ids": ids}, scopes=(Scope.CUSTOMERS_READ,))["nodes"]
    assert [one["id"] for one in found] == ids
    assert len(threads) == 2


SERVICE = "{ _service { sdl } }"


@pytest.mark.parametrize(("who", "code"), [
    ({}, "UNAUTHENTICATED"), ({"visitor": "tab-1-of-somebody"}, "UNAUTHENTICATED"), ({"customer": "3"}, "FORBIDDEN"),
    ({"scopes": tuple(set(Scope) - {Scope.SCHEMA_READ})}, "FORBIDDEN"),
])
def test_the_schema_is_told_to_the_router_alone(
    client: Client, open_client: Client, who: dict[str, Any], code: str,
) -> None:
    for one in (client, open_client):
        assert one.refused(SERVICE, **who)[0] == code


def test_the_router_is_told_the_schema_that_is_kept(client: Client) -> None:
    told = client.ask(SERVICE, scopes=(Scope.SCHEMA_READ,))["_service"]["sdl"]
    assert f"{told}\n" == sdl()
    assert told.startswith('schema @link(url: "https://specs.apollo.dev/federation/v2.4"')


def test_representations_may_be_written_into_the_query(client: Client) -> None:
    asked = """query($id: String!) { _entities(representations: [
      {__typename: "Product", itemId: "p1"}, {__typename: "Product", itemId: $id}, {__typename: "Product", itemId: 3}
    ]) { ... on Product { itemId } } }"""
    assert client.refused(asked, {"id": "p2"}) == (
        "BAD_USER_INPUT", "representations[2] has neither id nor itemId, as a string.",
    )
    found = client.ask(asked.replace("itemId: 3", 'id: "x"'), {"id": "p2"})["_entities"]
    assert found == [{"itemId": "p1"}, {"itemId": "p2"}, None]
