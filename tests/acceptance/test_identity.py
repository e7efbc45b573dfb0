"""Identity with a real issuer in front of a real server: who gets in, what they may, and who became whom."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server, konomi, succeed
from tests.oidc_issuer import AUDIENCE, OidcIssuer

pytestmark = pytest.mark.demo
VISITOR = "0d6a1c52-3d0e-4f0b-9a6e-visitor"
KEYS = {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}
VIEWER = "{ viewer { customerId recommendations(first: 3) { profiled } } }"
CUSTOMER = "query($id: String!) { customer(customerId: $id) { customerId segments { key } } }"
LINK = "mutation($id: String!) { linkVisitor(input: {visitorId: $id}) { moved userErrors { code } } }"
CONSENT = """mutation { setConsents(input: {grants: [PERSONALISE_CONTENT], withdrawals: [], wording: "May we?"}) {
  userErrors { code } } }"""
RECORD = "mutation($e: [EventInput!]!) { recordEvents(input: {events: $e}) { accepted userErrors { code } } }"
EVIDENCE = """query($item: String!) { viewer { recommendations(intent: BECAUSE_YOU_BOUGHT, anchorItemId: $item, first: 20) {
  nodes { reasons(first: 10) { evidence { eventId item { itemId } } } } } } }"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[OidcIssuer]:
    with OidcIssuer(SystemClock().now) as serving:
        for name, algorithm in KEYS.items():
            serving.add_key(name, algorithm)
        yield serving


@pytest.fixture(scope="module")
def settings(issuer: OidcIssuer) -> dict[str, str]:
    return {"AUTH__ISSUER": issuer.url, "AUTH__AUDIENCE": AUDIENCE, "AUTH__DEVELOPMENT": "false"}


@pytest.fixture(scope="module")
def guarded(demo: Path, tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Server]:
    state = Path(shutil.copytree(demo, tmp_path_factory.mktemp("identity") / "state"))
    with Server(state, **settings) as serving:
        yield serving


def post(server: Server, query: str, bearer: str | None = None, visitor: str | None = None, **variables: Any) -> Any:
    headers = {name: value for name, value in {
        "authorization": bearer and f"Bearer {bearer}", "x-konomi-visitor": visitor,
    }.items() if value}
    return server.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def data(server: Server, query: str, bearer: str | None = None, visitor: str | None = None, **variables: Any) -> Any:
    said = post(server, query, bearer, visitor, **variables).json()
    assert "errors" not in said, said["errors"]
    return said["data"]


@pytest.mark.parametrize("key", KEYS)
def test_a_customer_comes_in_with_the_issuers_token(guarded, issuer, key):
    viewer = data(guarded, VIEWER, issuer.token(key, sub="1"))["viewer"]
    assert viewer == {"customerId": "1", "recommendations": {"profiled": True}}


def test_a_token_that_does_not_hold_is_401_and_says_so(guarded, issuer):
    for token in (issuer.token("rsa", iss="https://evil.example"), issuer.token("rsa", aud="other"), "a.b.c",
                  issuer.token("rsa", exp=1), issuer.token("rsa", {"jku": "http://127.0.0.1/"}), issuer.token("rsa")[:-9]):
        answer = post(guarded, VIEWER, token)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="konomi", error="invalid_token"')
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert token not in answer.text
        assert token not in guarded.log.read_text()


def test_scopes_are_held(guarded, issuer):
    reader = issuer.service_token("rsa", "crm", "customers:read")
    assert data(guarded, CUSTOMER, reader, id="7")["customer"]["customerId"] == "7"
    for token, code in ((issuer.service_token("rsa", "till", "events:write"), "FORBIDDEN"),
                        (issuer.token("rsa", sub="1", client_id="app", scope="customers:read"), "FORBIDDEN"),
                        (None, "UNAUTHENTICATED")):
        said = post(guarded, CUSTOMER, token, id="7").json()
        assert said["data"] == {"customer": None}
        assert said["errors"][0]["extensions"]["code"] == code


def test_a_key_that_is_new_is_found_and_an_outage_is_survived(guarded, issuer):
    before = issuer.asked["/keys"]
    for number in range(30):
        assert post(guarded, VIEWER, issuer.token("rsa", {"kid": f"random-{number}"})).status_code == 401
    assert issuer.asked["/keys"] <= before + 1
    issuer.failing = True
    assert data(guarded, VIEWER, issuer.token("ec", sub="1"))["viewer"]["customerId"] == "1"
    issuer.failing = False


def test_a_guessable_visitors_id_is_refused_where_strangers_come(guarded):
    said = post(guarded, VIEWER, visitor="tab-1").json()
    assert said["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "crypto.randomUUID()" in said["errors"][0]["message"]


def test_what_a_visitor_did_counts_in_the_next_answer_and_after_the_next_feature_run(guarded, issuer, settings):
    """The item is one that neither side had to do with before, so that only the visit can be the reason."""
    token, other = issuer.token("rsa", sub="1"), issuer.token("rsa", sub="2")
    mine = data(guarded, "{ viewer { recommendations(first: 60) { nodes { item { itemId } } } } }", token)
    item = mine["viewer"]["recommendations"]["nodes"][-1]["item"]["itemId"]
    at = (SystemClock().now() - timedelta(minutes=1)).isoformat()
    event = {"eventId": "visited", "type": "PURCHASE", "itemId": item, "occurredAt": at, "quantity": "1", "amount": "2"}
    data(guarded, CONSENT, visitor=VISITOR)
    assert data(guarded, RECORD, visitor=VISITOR, e=[event])["recordEvents"]["accepted"] == 1
    assert "visited" not in post(guarded, EVIDENCE, token, item=item).text

    assert [data(guarded, LINK, token, id=VISITOR)["linkVisitor"]["moved"] for _ in range(2)] == [1, 0]
    assert data(guarded, LINK, other, id=VISITOR)["linkVisitor"] == {"moved": 0, "userErrors": [{"code": "NOT_ALLOWED"}]}
    assert "visited" in post(guarded, EVIDENCE, token, item=item).text
    assert "visited" not in post(guarded, EVIDENCE, other, item=item).text
    assert "visited" not in post(guarded, EVIDENCE, visitor=VISITOR, item=item).text

    succeed(konomi(guarded.state, "features", **settings))  # takes minutes: the token may have expired
    assert "visited" in post(guarded, EVIDENCE, issuer.token("rsa", sub="1"), item=item).text
    assert "visited" not in post(guarded, EVIDENCE, visitor=VISITOR, item=item).text
    assert VISITOR not in guarded.log.read_text()


@pytest.mark.parametrize(("arguments", "chosen", "told"), [
    (["--host", "192.0.2.1"], {"AUTH__DEVELOPMENT": "true"}, "KONOMI_AUTH__ISSUER"),
    (["--host", "192.0.2.1"], {"AUTH__DEVELOPMENT": "false"}, "KONOMI_AUTH__ISSUER"),
    ([], {"AUTH__DEVELOPMENT": "false"}, "Nobody could sign in"),
    ([], {"AUTH__ISSUER": "https://id.example", "AUTH__DEVELOPMENT": "false"}, "KONOMI_AUTH__AUDIENCE"),
])
def test_without_an_issuer_only_loopback_is_served_and_only_in_development(tmp_path, arguments, chosen, told):
    done = konomi(tmp_path, "serve", *arguments, **chosen)
    assert done.returncode != 0
    assert told in done.stderr.replace("\n", " ")
