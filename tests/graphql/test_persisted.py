"""Persisted queries, and documents that alone are trusted, as clients meet them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.in_process import execute
from service.graphql.persisted import SECONDS_TRUSTED, PersistedDocuments
from service.graphql.recent_texts import RecentTexts
from service.graphql.services import Services
from service.recommender.errors import DocumentsUnavailable
from tests.coroutines import awaited
from tests.graphql.conftest import Client, client_of

QUERY = "query Who { viewer { id } }"
MUTATION = 'mutation { giveFeedback(input: { kind: HIDE_ITEM, itemId: "p1" }) { userErrors { code } } }'


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(hashed: object, version: object = 1) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": hashed}}}


def post(client: Client, said: Mapping[str, object], **headers: str) -> tuple[int, Any]:
    answer = client.http.post("/graphql", json=dict(said), headers=headers)
    return answer.status_code, _told(answer.json())


def get(client: Client, said: Mapping[str, object]) -> tuple[int, Any]:
    params = {name: one if isinstance(one, str) else json.dumps(one) for name, one in said.items()}
    answer = client.http.get("/graphql", params=params)
    return answer.status_code, _told(answer.json())


def _told(body: Mapping[str, Any]) -> Any:
    if "data" in body:
        assert "errors" not in body
        return body["data"]
    (error,) = body["errors"]
    return error["extensions"]["code"]


class Registered:
    """Documents that somebody registered."""

    def __init__(self, **texts: str) -> None:
        self.texts, self.asked, self.fault = texts, 0, False

    def find(self, document_id: str) -> str | None:
        self.asked += 1
        if self.fault:
            raise DocumentsUnavailable("The database did not answer.")
        return self.texts.get(document_id)


@pytest.mark.parametrize("send", [post, get])
def test_a_hash_is_enough_once_its_query_was_sent(client: Client, send: Any) -> None:
    by_hash = persisted(sha(QUERY))
    assert send(client, by_hash) == (200, "PERSISTED_QUERY_NOT_FOUND")
    status, found = send(client, {"query": QUERY, **by_hash})
    assert (status, list(found)) == (200, ["viewer"])
    assert send(client, by_hash) == (200, found)
    assert send(client, {"query": "", **by_hash}) == (200, found)
    assert send(client, {**by_hash, "operationName": "Who"}) == (200, found)


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_the_answer_to_an_unknown_hash_is_what_clients_look_for(client: Client, accept: str) -> None:
    answer = client.http.post("/graphql", json=persisted("0" * 64), headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.json() == {"errors": [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}},
    ]}
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("send", [post, get])
def test_a_hash_that_is_not_the_querys_is_refused_and_nothing_kept(client: Client, send: Any) -> None:
    for wrong in (sha("{ viewer { customerId } }"), sha(QUERY).upper(), "x"):
        assert send(client, {"query": QUERY, **persisted(wrong)}) == (400, "BAD_REQUEST")
        assert send(client, persisted(wrong)) == (200, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize("said", [
    persisted(sha(QUERY), 2), persisted(sha(QUERY), "1"), persisted(None), persisted(""), persisted(7), persisted("a" * 300),
    {"extensions": {"persistedQuery": "x"}}, {"extensions": {"persistedQuery": {}}}, {"documentId": 7}, {"documentId": "sha256:"},
])
def test_what_names_no_document_is_a_bad_request(client: Client, said: dict[str, object]) -> None:
    assert post(client, said) == (400, "BAD_REQUEST")


def test_a_mutation_by_hash_still_goes_by_post_alone(client: Client) -> None:
    by_hash = persisted(sha(MUTATION))
    status, _ = post(client, {"query": MUTATION, **by_hash}, **{"X-Konomi-Visitor": "tab-1-of-somebody"})
    assert status == 200
    assert get(client, by_hash) == (405, "BAD_REQUEST")


@pytest.mark.parametrize("query", ["{ nothing }", "{", "query A { viewer { id } } query B { viewer { id } }"])
def test_what_does_not_hold_is_not_kept(client: Client, query: str) -> None:
    status, _ = post(client, {"query": query, **persisted(sha(query))})
    assert status == 200
    assert post(client, persisted(sha(query))) == (200, "PERSISTED_QUERY_NOT_FOUND")


def test_what_was_not_asked_for_the_longest_makes_room(services: Services, issuer: DevelopmentIssuer) -> None:
    client = client_of(replace(services, persisted=PersistedDocuments(most_bytes=40_000)), issuer)
    queries = [f"{{ viewer {{ id }} }} # {number} {'x' * 9_000}" for number in range(8)]
    for query in queries:
        post(client, {"query": query, **persisted(sha(query))})
        assert list(post(client, persisted(sha(queries[0])))[1]) == ["viewer"], "used again and again"
    answers = [post(client, persisted(sha(query)))[1] for query in queries]
    assert answers.count("PERSISTED_QUERY_NOT_FOUND") == 4
    assert list(post(client, {"query": queries[1], **persisted(sha(queries[1]))})[1]) == ["viewer"], "clients recover"


def test_one_text_larger_than_the_room_is_not_kept() -> None:
    texts = RecentTexts(most_bytes=300)
    texts.keep("a", "{ a }")
    texts.keep("a", "{ a }")
    texts.keep("b", "b" * 300)
    assert (texts.find("a"), texts.find("b")) == ("{ a }", None)


def by_id(name: str) -> dict[str, object]:
    return {"documentId": name}


@pytest.mark.parametrize("said", [
    by_id("relay-1"), {"doc_id": "relay-1"}, {"id": "relay-1"}, by_id(f"sha256:{sha(QUERY)}"), by_id(sha(QUERY)),
    persisted(sha(QUERY)), persisted("relay-1"),
])
@pytest.mark.parametrize("send", [post, get])
@pytest.mark.parametrize("trusted", [{"trusted_only": True}, {}])
def test_a_registered_document_is_found_by_its_id_or_hash(
    services: Services, issuer: DevelopmentIssuer, said: dict[str, object], send: Any, trusted: dict[str, bool],
) -> None:
    source = Registered(**{"relay-1": QUERY, sha(QUERY): QUERY})
    documents = PersistedDocuments(source, now=lambda: 0.0, **trusted)
    client = client_of(replace(services, persisted=documents), issuer)
    first, again = send(client, said), send(client, said)
    assert first == again
    assert list(first[1]) == ["viewer"]
    assert source.asked == 1, "the second time it is known in process"


@pytest.mark.parametrize("said", [
    {"query": "{ viewer { customerId } }"}, {"query": QUERY + " "}, by_id("other"), persisted(sha("{ viewer { customerId } }")),
    {"query": "{ viewer { customerId } }", **persisted(sha("{ viewer { customerId } }"))}, {"query": "{"},
    {"query": "{ __schema { queryType { name } } }"},
])
@pytest.mark.parametrize("send", [post, get])
def test_where_only_registered_documents_are_trusted_nothing_else_runs(
    services: Services, issuer: DevelopmentIssuer, said: dict[str, object], send: Any,
) -> None:
    documents = PersistedDocuments(Registered(**{sha(QUERY): QUERY}), trusted_only=True)
    client = client_of(replace(services, persisted=documents, introspection=True), issuer)
    for _ in range(2):
        assert send(client, said) == (200, "DOCUMENT_NOT_TRUSTED")
    assert list(send(client, {"query": QUERY})[1]) == ["viewer"], "its very text is as good as its id"
    assert list(send(client, {"query": QUERY, **persisted(sha(QUERY))})[1]) == ["viewer"]


def test_an_untrusted_document_has_the_status_of_a_refusal(services: Services, issuer: DevelopmentIssuer) -> None:
    client = client_of(replace(services, persisted=PersistedDocuments(trusted_only=True)), issuer)
    graphql = {"Accept": "application/graphql-response+json"}
    assert post(client, {"query": QUERY}, **graphql) == (400, "DOCUMENT_NOT_TRUSTED")


def test_the_services_own_documents_are_trusted(services: Services, issuer: DevelopmentIssuer) -> None:
    client = client_of(replace(services, persisted=PersistedDocuments(own=[QUERY], trusted_only=True)), issuer)
    assert list(post(client, {"query": QUERY})[1]) == ["viewer"]
    assert list(post(client, by_id(sha(QUERY)))[1]) == ["viewer"]


def test_in_process_pages_need_no_trust(services: Services) -> None:
    closed = replace(services, persisted=PersistedDocuments(trusted_only=True))
    assert "data" in awaited(execute(closed, "{ viewer { id } }"))


def test_while_the_documents_cannot_be_read(services: Services, issuer: DevelopmentIssuer) -> None:
    source = Registered(**{sha(QUERY): QUERY})
    trusting = client_of(replace(services, persisted=PersistedDocuments(source, trusted_only=True)), issuer)
    open_ = client_of(replace(services, persisted=PersistedDocuments(source)), issuer)
    assert list(post(trusting, by_id(sha(QUERY)))[1]) == ["viewer"]
    source.fault = True
    assert list(post(trusting, by_id(sha(QUERY)))[1]) == ["viewer"], "what is known here goes on"
    answer = trusting.http.post("/graphql", json=by_id("another"))
    assert (answer.status_code, _told(answer.json())) == (503, "INTERNAL")
    assert answer.headers["retry-after"]
    assert post(open_, by_id("another")) == (200, "PERSISTED_QUERY_NOT_FOUND"), "the client sends its query"
    assert list(post(open_, {"query": QUERY})[1]) == ["viewer"]


def test_what_was_withdrawn_is_soon_forgotten(services: Services, issuer: DevelopmentIssuer) -> None:
    seconds = 0.0
    source = Registered(feed=QUERY)
    documents = PersistedDocuments(source, trusted_only=True, now=lambda: seconds)
    client = client_of(replace(services, persisted=documents), issuer)
    assert list(post(client, by_id("feed"))[1]) == ["viewer"]
    source.texts.clear()
    assert list(post(client, by_id("feed"))[1]) == ["viewer"]
    seconds = SECONDS_TRUSTED + 0.1
    source.fault = True
    assert list(post(client, by_id("feed"))[1]) == ["viewer"], "nobody knows better"
    source.fault = False
    assert post(client, by_id("feed")) == (200, "DOCUMENT_NOT_TRUSTED")
    source.texts["feed"] = QUERY
    assert list(post(client, by_id("feed"))[1]) == ["viewer"], "registered again"


def test_a_text_that_is_dropped_leaves_its_room() -> None:
    texts = RecentTexts(most_bytes=600)
    texts.keep("a", "{ a }")
    texts.drop("a")
    texts.drop("a")
    texts.keep("b", "{ b }")
    texts.keep("c", "{ c }")
    assert (texts.find("a"), texts.find("b"), texts.find("c")) == (None, "{ b }", "{ c }")
