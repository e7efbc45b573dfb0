"""The endpoint: whatever is sent, the answer is JSON that says what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.in_process import execute
from service.graphql.persisted import PersistedDocuments
from service.graphql.refusal_status import RefusalStatus
from service.graphql.services import Services
from service.recommender.feedback import NO_RESTRICTIONS
from service.recommender.person import Person
from tests.coroutines import awaited
from tests.graphql.conftest import Client, client_of
from tests.small_recommender import SmallRecommender

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
    (b'{"query": 1}', 400), (b'{"query": null}', 400), (b'{"query": "{ a }", "variables": []}', 400),
    (b'{"query": "{ a }", "variables": "x"}', 400), (b'{"query": "{ a }", "operationName": 1}', 400),
    (b'{"query": "{ a }", "extensions": 1}', 400), (b'{"query": "{ a }", "variables": 0}', 400),
    (b'{"query": "{ a }", "operationName": false}', 400), (b'{"query": "{ a }", "extensions": false}', 400), (b'{"query": "\xff"}', 400), (b"\xef\xbb\xbf{}", 400),
    (b'{"query": "{ a }", "variables": {"x": NaN}}', 400), (b'{"x": ' + b"9" * 6_000 + b"}", 400),
    (b"[" * 100_000, 400), (b'{"query": "' + b"a" * 70_000 + b'"}', 413), (b" " * ((1 << 20) + 1), 413),
    (b'[{"query": "{ a }"}]', 400), (b'{"query": "{ a }", "variables": {"x": "\\ud800"}}', 400),
])
def test_a_body_that_is_no_operation_is_a_bad_request(client: Client, body: bytes, status: int) -> None:
    answer = client.http.post("/graphql", content=body, headers=JSON)
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
    {"Content-Type": "application/json; charset=utf-16"}, {"Content-Type": "application/x-www-form-urlencoded"},
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


@pytest.mark.parametrize(("accept", "media"), [
    ("application/json;q=0.5, application/graphql-response+json;q=0.9", "application/graphql-response+json"),
    ("application/json, application/graphql-response+json;q=0.9", "application/json"),
    ("application/json;q=0, */*", "application/graphql-response+json"), ("application/*", "application/json"),
    ("text/html, application/json; charset=utf-8; q=0.1", "application/json"), (" , ;q=1, */*", "application/json"),
    ("APPLICATION/JSON", "application/json"), ("text/event-stream, application/json", "application/json"),
])
def test_weights_are_honoured(client: Client, accept: str, media: str) -> None:
    answer = client.http.post("/graphql", json={"query": QUERY}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{media}; charset=utf-8")


@pytest.mark.parametrize("accept", ["application/json;q=0", "application/json;q=x", "application/jsonx", "text/*;q=1"])
def test_what_weighs_nothing_is_not_made(client: Client, accept: str) -> None:
    answer = client.http.post("/graphql", json={"query": QUERY}, headers={"Accept": accept})
    assert _refusal(answer) == (406, "BAD_REQUEST")


@pytest.mark.parametrize(("policy", "as_json", "as_graphql"), [("negotiated", 200, 400), ("200", 200, 200), ("400", 400, 400)])
def test_the_status_of_a_refusal_is_one_setting(
    services: Services, issuer: DevelopmentIssuer, policy: str, as_json: int, as_graphql: int,
) -> None:
    http = client_of(replace(services, refusal_status=RefusalStatus(policy)), issuer).http
    for query, headers in [("{ nothing }", {}), ("{", {})]:
        for accept, status in [("application/json", as_json), ("application/graphql-response+json", as_graphql)]:
            answer = http.post("/graphql", json={"query": query}, headers={**headers, "Accept": accept})
            assert answer.status_code == status
    assert http.post("/graphql", content=b"{", headers=JSON).status_code == 400, "no GraphQL request at all"
    assert http.post("/graphql", json={"query": QUERY}).status_code == 200


MUTATION = 'mutation { giveFeedback(input: { kind: HIDE_ITEM, itemId: "p1" }) { userErrors { code } } }'
SIMPLE_MEDIA = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]


@pytest.mark.parametrize("media", SIMPLE_MEDIA)
@pytest.mark.parametrize("body", [
    json.dumps({"query": MUTATION}), urlencode({"query": MUTATION}),
    f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{json.dumps({"query": MUTATION})}\r\n--x--',
])
def test_what_a_browser_sends_to_other_sites_unasked_changes_nothing(
    client: Client, shop: SmallRecommender, media: str, body: str,
) -> None:
    """A form, an image, a script, `fetch` without a preflight: none of these can carry out a mutation."""
    headers = {"Origin": "https://evil.example", "X-Konomi-Visitor": "tab-1"}
    assert _refusal(client.http.post("/graphql", content=body, headers={**headers, "Content-Type": media}))[0] == 415
    assert _refusal(client.http.get("/graphql", params={"query": MUTATION}, headers=headers)) == (405, "BAD_REQUEST")
    assert shop.feedback.restrictions(Person.visitor("tab-1")) == NO_RESTRICTIONS
    sent = client.http.post("/graphql", json={"query": MUTATION}, headers=headers)
    assert "data" in sent.json()
    assert "access-control-allow-origin" not in sent.headers, "and no page of that origin may read the answer"


def test_a_parameter_that_is_there_twice_is_refused(client: Client) -> None:
    answer = client.http.get("/graphql", params=[("query", QUERY), ("query", "{ __typename }")])
    assert _refusal(answer) == (400, "BAD_REQUEST")


def test_a_failure_on_our_side_is_an_incident_in_json(
    services: Services, issuer: DevelopmentIssuer, caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(PersistedDocuments):
        async def text_of(self, *_: object) -> str:
            raise ZeroDivisionError("the password is 1234")

    answer = client_of(replace(services, persisted=Broken()), issuer).http.post("/graphql", json={"query": QUERY})
    assert _refusal(answer) == (500, "INTERNAL")
    incident = answer.json()["errors"][0]["message"].rpartition("Incident ")[2].strip(".")
    assert "1234" not in answer.text
    assert f"incident {incident}" in caplog.text


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
    refused = http.options("/graphql", headers={**asks, "Origin": "https://evil.example"})
    assert _refusal(refused) == (400, "BAD_REQUEST")
    said = http.post("/graphql", json={"query": QUERY}, headers={"Origin": "https://shop.example"}).headers
    assert said["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-credentials" not in said
    assert {"Origin", "Accept"} <= {one.strip() for one in said["vary"].split(",")}


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

    mine, forged, node = awaited(_in_process(services, issuer))
    assert mine["data"] == {"viewer": {"customerId": "3"}}
    assert forged["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert node["data"] == {"node": None}
