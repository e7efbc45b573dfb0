"""Apollo Client, urql and graphql-request against the running server, with persisted queries where they have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.running import Server
from tests.clients.conftest import Run

QUERY = """
query Feed($first: Int!) {
  viewer { id recommendations(first: $first) { slateId nodes { position token item { itemId title } reasons { text } } } }
}
"""
HIDE = "mutation Hide($item: String!) { giveFeedback(input: { kind: HIDE_ITEM, itemId: $item }) { userErrors { code } } }"
APOLLO, URQL = "apollo.js", "urql.js"


def positions(answer: Any) -> list[int]:
    return [node["position"] for node in answer["data"]["viewer"]["recommendations"]["nodes"]]


def asking(server: Server, name: str, **more: Any) -> dict[str, Any]:
    """Each script its own document: what one client taught the server, another must not find known."""
    document = QUERY.replace("Feed", f"Feed{name}")
    return {"url": f"{server.url}/graphql", "document": document, "variables": {"first": 5}, **more}


@pytest.mark.parametrize("script", [APOLLO, URQL])
@pytest.mark.parametrize("by_get", [False, True])
@pytest.mark.parametrize("signed_in", [False, True])
def test_persisted_queries_are_sent_once_and_then_by_hash(
    server: Server, run: Run, script: str, by_get: object, signed_in: object,
) -> None:
    bearer = {"authorization": f"Bearer {server.token(server.households(1)[0])}"} if signed_in else {}
    name = f"{script[:-3]}{int(bool(by_get))}{int(bool(signed_in))}"
    told = {"useGETForHashedQueries": by_get, "preferGetForPersistedQueries": by_get}
    first, second = run(script, asking(server, name, headers=bearer, **told))
    assert positions(first) == positions(second) == [1, 2, 3, 4, 5]
    hashed, whole = first["requests"]
    (again,) = second["requests"]
    assert [one["hasQuery"] for one in (hashed, whole, again)] == [False, True, False]
    assert len({one["hash"] for one in (hashed, whole, again)}) == 1
    assert {one["status"] for one in (hashed, whole, again)} == {200}
    assert hashed["method"] == again["method"] == ("GET" if by_get else "POST")
    assert hashed["caching"] == "private, no-store", "no cache keeps that a hash is unknown"
    assert again["caching"] == ("public, max-age=30" if by_get and not signed_in else "private, no-store")


def test_each_client_gets_the_media_type_that_it_likes_best(server: Server, run: Run) -> None:
    for script in (APOLLO, URQL):
        answer, _ = run(script, asking(server, f"Media{script[:-3]}", headers={}))
        assert {one["media"] for one in answer["requests"]} == {"application/graphql-response+json; charset=utf-8"}


@pytest.mark.parametrize("script", [APOLLO, URQL])
def test_a_refusal_reaches_the_programmer_by_its_code(server: Server, run: Run, script: str) -> None:
    asked = asking(server, "Wrong", headers={}) | {"document": "query Wrong { viewer { nothing } }", "variables": {}}
    answer, _ = run(script, asked)
    assert answer["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_graphql_request_asks_changes_and_is_refused(server: Server, run: Run) -> None:
    customer = server.households(1)[1]
    found = run("graphql_request.js", {
        "url": f"{server.url}/graphql", "headers": {"authorization": f"Bearer {server.token(customer)}"},
        "query": QUERY, "variables": {"first": 3}, "wrong": "{ viewer { nothing } }",
        "mutation": {"query": HIDE, "variables": {"item": "no such item"}},
    })
    assert positions(found) == [1, 2, 3]
    assert len(found["byGet"]["viewer"]["recommendations"]["nodes"]) == 3
    assert found["changed"]["giveFeedback"]["userErrors"] == [{"code": "UNKNOWN_ITEM"}]
    assert found["wrong"] == "GRAPHQL_VALIDATION_FAILED"
