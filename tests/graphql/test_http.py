"""The endpoint: whatever is sent, the answer is JSON that says what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.in_process import execute
from service.graphql.services import Services
from service.recommender.person import Person
from tests.graphql.conftest import Client, client_of

QUERY = "{ viewer { customerId } }"
JSON = {"Content-Type": "application/json"}


def _refusal(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/"), answer.text
    (error,) = answer.json()["errors"]
    assert error["message"]
    assert "data" not in answer.json()
    return answer.status_code, error["extensions"]["code"]


@pytest.mark.parametrize(("body", "status"), [
    (b"", 400), (b"null", 400), (b"1", 400), (b"{", 400), (b"[]", 400), (b'"text"', 400), (b"{}", 400),
    (b'{"query": 1}', 400), (b'{"query": null}', 400), (b'{"query": "{ a }", "variables": []}', 400 + 0),
    (b'{"query": "{ a }", "variables": "x"}', 400), (b'{"query": "{ a }", "operationName": 1}', 400),
    (b'{"query": "{ a }", "extensions": 1}', 400), (b'{"query": "\xff"}', 400), (b"\xef\xbb\xbf{}", 400),
    (b'{"query": "{ a }", "variables": {"x": NaN}}', 400), (b'{"x": ' + b"9" * 6_000 + b"}", 400),
    (b"[" * 100_000, 400), (b'{"query": "' + b"a" * 70_000 + b'"}', 413), (b" " * ((1 << 20) + 1), 413),
    (b'[{"query": "{ a }"}]', 400), (b'{"query": "{ a }", "variables": {"x": "\\ud800"}}', 400),
])
def test_a_body_that_is_no_operation_is_a_bad_request(client: Client, body: bytes, status: int) -> None:
    answer = client.http.post("/graphql", content=body, headers=JSON)
    if body == b'{"query": "{ a }", "variables": []}':  # an empty list is as good as nothing; the query is not
        assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        return
    assert _refusal(answer) == (status, "BAD_REQUEST")


def test_a_long_body_without_a_length_is_cut_off(client: Client) -> None:
    read: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(64):
            read.append(number)
            yield b" " * (1 << 16)

    assert _refusal(client.http.post("/graphql", content=parts(), headers=JSON)) == (413, "BAD_REQUEST")


@pytest.mark.parametrize("headers", [
    {"Content-Type": "application/jsonx"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/graphql"},
    {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": ""},
    {**JSON, "Content-Encoding": "gzip"},
])
def test_only_plain_json_is_taken(client: Client, headers: dict[str, str]) -> None:
    body = json.dumps({"query": QUERY}).encode()
    sent = gzip.compress(body) if "Content-Encoding" in headers else body
    assert _refusal(client.http.post("/graphql", content=sent, headers=headers)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(client: Client, method: str) -> None:
    answer = client.http.request(method, "/graphql")
    assert _refusal(answer) == (405, "BAD_REQUEST")
    assert answer.headers["allow"] == "GET, POST"


def test_queries_go_by_get_too(client: Client) -> None:
    variables = json.dumps({"id": "bogus"})
    query = "query A($id: ID!) { node(id: $id) { id } } query B { viewer { customerId } }"
    answer = client.http.get("/graphql", params={"query": query, "variables": variables, "operationName": "A"})
    assert answer.json()["data"] == {"node": None}
    assert answer.headers["cache-control"] == "no-store"
    assert _refusal(client.http.get("/graphql")) == (400, "BAD_REQUEST")
    assert _refusal(client.http.get("/graphql", params={"query": QUERY, "variables": "{"})) == (400, "BAD_REQUEST")


def test_a_mutation_by_get_is_refused(client: Client) -> None:
    query = 'mutation { giveFeedback(input: { kind: HIDE_ITEM, itemId: "p1" }) { userErrors { code } } }'
    answer = client.http.get("/graphql", params={"query": query}, headers={"X-Konomi-Visitor": "tab-1"})
    assert _refusal(answer) == (405, "BAD_REQUEST")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(("accept", "media", "status"), [
    (None, "application/json", 200), ("*/*", "application/json", 200), ("application/json", "application/json", 200),
    ("application/graphql-response+json", "application/graphql-response+json", 400),
    ("application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
     "application/graphql-response+json", 400),
])
def test_the_media_type_is_negotiated(client: Client, accept: str | None, media: str, status: int) -> None:
    headers = {"Accept": accept} if accept else {}
    good = client.http.post("/graphql", json={"query": QUERY}, headers=headers)
    assert (good.status_code, good.headers["content-type"]) == (200, f"{media}; charset=utf-8")
    bad = client.http.post("/graphql", json={"query": "{ nothing }"}, headers=headers)
    assert _refusal(bad) == (status, "GRAPHQL_VALIDATION_FAILED")


def test_other_media_types_are_not_made(client: Client) -> None:
    answer = client.http.post("/graphql", json={"query": QUERY}, headers={"Accept": "text/csv"})
    assert _refusal(answer) == (406, "BAD_REQUEST")


@pytest.mark.parametrize("authorization", ["Basic eDp5", "Bearer", "Bearer ", "Bearer a.b.c", "nonsense"])
def test_a_token_that_does_not_hold_is_refused_and_never_repeated(client: Client, authorization: str) -> None:
    answer = client.http.post("/graphql", json={"query": QUERY}, headers={"Authorization": authorization})
    assert _refusal(answer) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert "a.b.c" not in answer.text


def test_without_an_issuer_no_token_is_taken(services: Services, issuer: DevelopmentIssuer) -> None:
    code, message = client_of(replace(services, verifier=None), issuer).refused(QUERY, customer="3")
    assert code == "UNAUTHENTICATED"
    assert "no issuer" in message


@pytest.mark.parametrize(("query", "name", "code"), [
    ("query A { viewer { id } } query B { viewer { id } }", None, "BAD_REQUEST"),
    ("query A { viewer { id } }", "B", "BAD_REQUEST"), ("fragment f on Customer { id }", None, "BAD_REQUEST"),
    ("", None, "BAD_REQUEST"), ("{", None, "GRAPHQL_PARSE_FAILED"), ("subscription { x }", None, "BAD_REQUEST"),
    ("{ " + "a { " * 15_000, None, "GRAPHQL_PARSE_FAILED"),
])
def test_a_document_must_say_what_to_do(client: Client, query: str, name: str | None, code: str) -> None:
    answer = client.http.post("/graphql", json={"query": query, "operationName": name}).json()
    assert answer["errors"][0]["extensions"]["code"] == code
    assert "data" not in answer


def test_a_persisted_query_is_answered_as_clients_expect(client: Client) -> None:
    sent = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    answer = client.http.post("/graphql", json=sent)
    assert _refusal(answer) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_a_browser_gets_graphiql_where_there_is_one(services: Services, issuer: DevelopmentIssuer) -> None:
    def page(_: Request) -> Response:
        return HTMLResponse("<title>GraphiQL</title>")

    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    http = client_of(replace(services, graphiql=page), issuer).http
    assert "GraphiQL" in http.get("/graphql", headers=browser).text
    assert http.get("/graphql", headers=browser, params={"query": QUERY}).json()["data"]
    assert _refusal(client_of(services, issuer).http.get("/graphql", headers=browser)) == (400, "BAD_REQUEST")


def test_pages_of_allowed_origins_alone_may_call(services: Services, issuer: DevelopmentIssuer) -> None:
    http = client_of(replace(services, allowed_origins=("https://shop.example",)), issuer).http
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-konomi-visitor"}
    assert http.options("/graphql", headers=asks).headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in http.options(
        "/graphql", headers={**asks, "Origin": "https://evil.example"},
    ).headers


def test_the_path_is_exact(client: Client) -> None:
    assert client.http.post("/graphql/x", json={"query": QUERY}).status_code == 404


INTROSPECTION = "{ __schema { queryType { name } } }"


def test_the_schema_may_be_asked_for_only_where_that_is_on(client: Client, open_client: Client) -> None:
    errors = client.send(INTROSPECTION)["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert open_client.ask(INTROSPECTION) == {"__schema": {"queryType": {"name": "Query"}}}
    assert client.ask("{ viewer { __typename } }") == {"viewer": {"__typename": "Customer"}}


async def _in_process(services: Services, issuer: DevelopmentIssuer) -> list[dict[str, object]]:
    token = issuer.token(Person.customer("3"))
    return [
        await execute(services, QUERY, token=token), await execute(services, QUERY, token=token[:-4]),
        await execute(services, "query($id: ID!) { node(id: $id) { id } }", {"id": "x"}, visitor="tab-1"),
    ]


def test_the_same_is_executed_in_process(services: Services, issuer: DevelopmentIssuer) -> None:
    import asyncio  # noqa: PLC0415 - the one test without HTTP

    mine, forged, node = asyncio.run(_in_process(services, issuer))
    assert mine["data"] == {"viewer": {"customerId": "3"}}
    assert forged["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert node["data"] == {"node": None}
