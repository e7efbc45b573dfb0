"""Where only registered documents are trusted: whoever holds the router's scope may send others, and nobody else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.persisted import PersistedDocuments
from service.graphql.services import Services
from service.recommender.errors import DocumentsUnavailable
from service.recommender.identity import Scope
from service.recommender.person import Person
from tests.graphql.conftest import Client, client_of

ENTITIES = """query Shop__konomi__1($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Product { itemId } ... on Customer { customerId } }
}"""
PRODUCT = {"__typename": "Product", "itemId": "p1"}
SERVICE = "query SubgraphIntrospectQuery { _service { sdl } }"
QUERY = "{ viewer { customerId } }"
BY_HASH = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(QUERY.encode()).hexdigest()}}


class Unreadable:
    """Registered documents whose database is away."""

    def find(self, document_id: str) -> str | None:
        raise DocumentsUnavailable(f"no {document_id}")


@pytest.fixture
def closed(services: Services, issuer: DevelopmentIssuer) -> Client:
    return client_of(replace(services, persisted=PersistedDocuments(trusted_only=True)), issuer)


@pytest.fixture
def router(issuer: DevelopmentIssuer) -> str:
    return f"Bearer {issuer.token('router', [Scope.SCHEMA_READ])}"


@pytest.fixture
def customer(issuer: DevelopmentIssuer) -> str:
    return f"Bearer {issuer.token(Person.customer('3'))}"


def post(client: Client, headers: dict[str, str], **said: Any) -> Any:
    """The data of an answer, or the code of its error."""
    body = client.http.post("/graphql", json=said, headers=headers).json()
    return body["errors"][0]["extensions"]["code"] if "errors" in body else body["data"]


def test_a_router_asks_for_the_schema_and_for_what_is_everybodys(closed: Client, router: str) -> None:
    assert post(closed, {"Authorization": router}, query=SERVICE)["_service"]["sdl"]
    found = post(closed, {"Authorization": router}, query=ENTITIES, variables={"representations": [PRODUCT]})
    assert found == {"_entities": [{"itemId": "p1"}]}


def test_a_router_asks_for_a_customer_under_the_customers_rights(closed: Client, router: str, customer: str) -> None:
    """Its own token has a header of its own, so that the customer's can travel on as it came."""
    both = {"Authorization": customer, "Router-Authorization": router}
    people = [{"__typename": "Customer", "customerId": one} for one in ("3", "4")]
    found = post(closed, both, query=ENTITIES, variables={"representations": [PRODUCT, *people]})
    assert found == {"_entities": [{"itemId": "p1"}, {"customerId": "3"}, None]}
    assert post(closed, both, query=SERVICE) == "FORBIDDEN", "the schema is told to the bearer, who is the customer"


def test_a_routers_visitor_is_the_visitor(closed: Client, router: str) -> None:
    visitor = {"X-Konomi-Visitor": "tab-1-of-somebody", "Router-Authorization": router}
    assert post(closed, visitor, query=QUERY) == {"viewer": {"customerId": None}}


def test_nobody_else_sends_a_document_of_their_own(closed: Client, issuer: DevelopmentIssuer, customer: str) -> None:
    others = f"Bearer {issuer.token('crm', set(Scope) - {Scope.SCHEMA_READ})}"
    for headers in (
        {}, {"X-Konomi-Visitor": "tab-1-of-somebody"}, {"Authorization": customer}, {"Authorization": others},
        {"Authorization": customer, "Router-Authorization": others}, {"Router-Authorization": customer},
    ):
        for query in (QUERY, SERVICE, ENTITIES, "{"):
            assert post(closed, headers, query=query) == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize("header", ["Router-Authorization", "Authorization"])
@pytest.mark.parametrize("token", ["Bearer x", "Basic x", "", "Bearer"])
def test_a_routers_token_that_does_not_hold_is_told_as_one(closed: Client, header: str, token: str) -> None:
    answer = closed.http.post("/graphql", json={"query": QUERY}, headers={header: token})
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_hash_that_a_router_learned_is_the_routers(closed: Client, router: str, customer: str) -> None:
    both = {"Authorization": customer, "Router-Authorization": router}
    assert post(closed, both, extensions=BY_HASH) == "PERSISTED_QUERY_NOT_FOUND", "so that it sends the query too"
    assert post(closed, both, query=QUERY, extensions=BY_HASH) == {"viewer": {"customerId": "3"}}
    assert post(closed, both, extensions=BY_HASH) == {"viewer": {"customerId": "3"}}
    for headers in ({}, {"Authorization": customer}):
        assert post(closed, headers, extensions=BY_HASH) == "DOCUMENT_NOT_TRUSTED"
        assert post(closed, headers, query=QUERY, extensions=BY_HASH) == "DOCUMENT_NOT_TRUSTED"


def test_no_cache_keeps_what_a_router_asked(closed: Client, router: str) -> None:
    answer = closed.http.get("/graphql", params={"query": "{ __typename }"}, headers={"Router-Authorization": router})
    assert (answer.json()["data"], answer.headers["cache-control"]) == ({"__typename": "Query"}, "private, no-store")


def test_a_router_goes_on_while_the_registered_documents_cannot_be_read(
    services: Services, issuer: DevelopmentIssuer, router: str,
) -> None:
    away = client_of(replace(services, persisted=PersistedDocuments(Unreadable(), trusted_only=True)), issuer)
    assert post(away, {"Router-Authorization": router}, query=QUERY) == {"viewer": {"customerId": None}}
    assert post(away, {}, query=QUERY) == "INTERNAL"


@pytest.mark.parametrize("place", ["headers", "payload"])
def test_a_router_subscribes_with_a_document_of_its_own(closed: Client, router: str, place: str) -> None:
    said = {"Router-Authorization": router}
    headers, payload = (said, {}) if place == "headers" else ({}, said)
    with closed.http.websocket_connect("/graphql", ["graphql-transport-ws"], headers=headers) as socket:
        socket.send_json({"type": "connection_init", "payload": payload})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": QUERY}})
        assert socket.receive_json()["payload"]["data"] == {"viewer": {"customerId": None}}


def test_others_do_not(closed: Client, customer: str) -> None:
    with closed.http.websocket_connect("/graphql", ["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"authorization": customer}})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": QUERY}})
        assert socket.receive_json()["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


def test_where_everything_is_executed_a_routers_token_changes_nothing(client: Client, router: str) -> None:
    assert post(client, {"Router-Authorization": router}, query=QUERY) == {"viewer": {"customerId": None}}
