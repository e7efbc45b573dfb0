"""The endpoint over the small shop, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.http import graphql_routes
from service.graphql.services import Services
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.recommender.snapshot import Snapshot
from tests.fakes import FakeClock
from tests.small_recommender import CUSTOMERS, SmallRecommender, small_recommender
from tests.small_shop import small_snapshot

SECRET = b"a secret for tests alone, of 32 bytes"


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    found = small_snapshot(products=600)
    found.warm()
    return found


@pytest.fixture
def shop(clock: FakeClock, snapshot: Snapshot) -> SmallRecommender:
    return small_recommender(clock, snapshot=snapshot)


@pytest.fixture
def issuer(clock: FakeClock) -> DevelopmentIssuer:
    return DevelopmentIssuer(SECRET, clock)


@pytest.fixture
def services(shop: SmallRecommender, issuer: DevelopmentIssuer) -> Iterator[Services]:
    made = Services(
        recommender=shop.recommender, recorder=shop.recorder, consents=shop.consents, feedback=shop.feedback,
        events=shop.log, features=shop.features, verifier=issuer,
        known=lambda customer_id: customer_id in set(map(str, range(CUSTOMERS))),
        shop_titles=lambda: {"vip": {"en": "Best customers", "ja": "上得意のお客様"}},
    )
    yield made
    made.threads.shutdown()
    made.what_if_threads.shutdown()


class Client:
    """Sends operations as somebody."""

    def __init__(self, http: TestClient, issuer: DevelopmentIssuer) -> None:
        self.http, self._issuer = http, issuer

    def send(
        self, query: str, variables: Mapping[str, Any] | None = None, *, customer: str | None = None,
        visitor: str | None = None, scopes: tuple[Scope, ...] | None = None, language: str = "en",
    ) -> dict[str, Any]:
        headers = {"Accept-Language": language}
        if customer is not None:
            headers["Authorization"] = f"Bearer {self._issuer.token(Person.customer(customer))}"
        if scopes is not None:
            headers["Authorization"] = f"Bearer {self._issuer.token('crm', scopes)}"
        if visitor is not None:
            headers["X-Konomi-Visitor"] = visitor
        answer = self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        assert answer.headers["content-type"].startswith("application/json"), answer.text
        said: dict[str, Any] = answer.json()
        return said

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, **who: Any) -> dict[str, Any]:
        """Send an operation that must succeed as a whole."""
        said = self.send(query, variables, **who)
        assert "errors" not in said, said["errors"]
        data: dict[str, Any] = said["data"]
        return data

    def refused(self, query: str, variables: Mapping[str, Any] | None = None, **who: Any) -> tuple[str, str]:
        """Send an operation that must fail once; its code and message."""
        errors = self.send(query, variables, **who)["errors"]
        assert len(errors) == 1, errors
        return errors[0]["extensions"]["code"], errors[0]["message"]


def client_of(services: Services, issuer: DevelopmentIssuer) -> Client:
    """Speak to services of one's own making."""
    return Client(TestClient(Starlette(routes=graphql_routes(services))), issuer)


@pytest.fixture
def client(services: Services, issuer: DevelopmentIssuer) -> Client:
    return client_of(services, issuer)


@pytest.fixture
def open_client(services: Services, issuer: DevelopmentIssuer) -> Client:
    """As in the demo: the schema may be asked for."""
    return client_of(replace(services, introspection=True), issuer)
