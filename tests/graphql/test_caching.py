"""Who may keep an answer, and how small it travels."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.compression import compressed
from service.graphql.services import Services
from service.recommender.opaque import content_of
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.graphql.conftest import Client, client_of

QUERY = "{ trending(first: 20) { slateId profiled nodes { token item { itemId title description } } pageInfo { endCursor } } }"
HOME = "{ viewer { customerId home { slateId profiled shelves { items { nodes { token } } } } } }"
PUBLIC, PRIVATE = "public, max-age=30", "private, no-store"


def get(client: Client, query: str = QUERY, **headers: str):
    return client.http.get("/graphql", params={"query": query}, headers={"Accept-Encoding": "identity", **headers})


@pytest.mark.parametrize("query", [QUERY, HOME, "{ viewer { id recommendations { nodes { token } } } }"])
def test_what_is_the_same_for_all_may_be_kept_for_a_moment(client: Client, query: str) -> None:
    first, again = get(client, query), get(client, query)
    assert first.headers["cache-control"] == PUBLIC
    assert first.headers["etag"] == again.headers["etag"]
    assert first.content == again.content
    held = get(client, query, **{"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (held.status_code, held.content) == (304, b"")
    assert {name: held.headers[name] for name in ("cache-control", "etag", "vary")} == {
        name: first.headers[name] for name in ("cache-control", "etag", "vary")
    }
    assert get(client, query, **{"If-None-Match": 'W/"another"'}).status_code == 200
    assert get(client, query, **{"If-None-Match": "*"}).status_code == 304


def test_what_may_be_kept_names_nobody(client: Client) -> None:
    """Neither a profile is read nor a person signed for: every token's content is a slate of everybody's and a place."""
    answer = get(client).json()["data"]["trending"]
    assert answer["profiled"] is False
    for place, node in enumerate(answer["nodes"], 1):
        said = json.loads((content_of(node["token"]) or b"")[16:])
        assert said == [answer["slateId"], place, "trending", node["item"]["itemId"]]
    assert get(client, HOME).json()["data"]["viewer"]["customerId"] is None


RECORD = "mutation($events: [EventInput!]!) { recordEvents(input: { events: $events }) { accepted userErrors { code } } }"


def test_a_kept_token_works_for_whoever_got_it(client: Client, clock: FakeClock) -> None:
    node = get(client).json()["data"]["trending"]["nodes"][0]
    for customer in ("3", "4"):
        event = {"eventId": "e1", "type": "CLICK", "occurredAt": clock.now().isoformat(),
                 "itemId": node["item"]["itemId"], "token": node["token"]}
        said = client.ask(RECORD, {"events": [event]}, customer=customer)
        assert said["recordEvents"] == {"accepted": 1, "userErrors": []}


def test_what_names_somebody_is_kept_by_nobody(client: Client, issuer: DevelopmentIssuer) -> None:
    token = issuer.token(Person.customer("3"))
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-Konomi-Visitor": "tab-1-of-somebody"}):
        answer = get(client, **headers)
        assert answer.json()["data"]
        assert answer.headers["cache-control"] == PRIVATE
        assert "etag" not in answer.headers
        assert get(client, **headers, **{"If-None-Match": "*"}).status_code == 200


def test_what_was_posted_or_failed_is_kept_by_nobody(client: Client) -> None:
    answers = [
        client.http.post("/graphql", json={"query": QUERY}), get(client, "{ nothing }"), get(client, "{"),
        get(client, "{ trending(first: -1) { slateId } viewer { id } }"), get(client, "mutation { nothing }"),
        client.http.put("/graphql"), get(client, Authorization="Bearer nonsense"), get(client, Accept="text/csv"),
    ]
    assert {answer.headers["cache-control"] for answer in answers} == {PRIVATE}


def test_caches_tell_answers_apart_by_what_they_depend_on(client: Client) -> None:
    varies = {name.strip().lower() for name in get(client).headers["vary"].split(",")}
    assert varies == {"accept", "accept-encoding", "accept-language", "authorization", "x-konomi-visitor", "router-authorization"}


def test_how_long_is_a_setting(services: Services, issuer: DevelopmentIssuer) -> None:
    for seconds, said in [(0, "public, no-cache"), (5, "public, max-age=5")]:
        client = client_of(replace(services, public_seconds=seconds), issuer)
        assert get(client).headers["cache-control"] == said


@pytest.mark.parametrize(("accepted", "encoding"), [
    ("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0", None), ("br", None), ("identity", None),
    ("x-gzipped", None), ("", None),
])
def test_an_answer_is_compressed_for_those_who_take_it(client: Client, accepted: str, encoding: str | None) -> None:
    plain = get(client)
    answer = get(client, **{"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.json() == plain.json()
    assert answer.headers["etag"] == plain.headers["etag"]
    assert (int(answer.headers["content-length"]) < len(plain.content) / 2) == (encoding == "gzip")


def test_a_small_answer_is_not_worth_it(client: Client) -> None:
    assert "content-encoding" not in get(client, "{ viewer { id } }", **{"Accept-Encoding": "gzip"}).headers


def test_a_length_tells_nothing_about_a_person(client: Client, issuer: DevelopmentIssuer) -> None:
    """What repeats the sender's own words stays plain; a person's answer has another length each time."""
    unknown = [f"{letter * 200}" for letter in "abcdefgh"]
    sent = {"query": f"{{ {' '.join(unknown)} }}"}
    refused = client.http.post("/graphql", json=sent, headers={"Accept-Encoding": "gzip"})
    assert all(name in refused.text for name in unknown)
    assert "content-encoding" not in refused.headers
    bearer = {"Authorization": f"Bearer {issuer.token(Person.customer('3'))}", "Accept-Encoding": "gzip"}
    query = '{ item(itemId: "p1") { title } transparency { summary parameters { name meaning } choices } }'
    answers = [client.http.post("/graphql", json={"query": query}, headers=bearer) for _ in range(12)]
    assert {answer.headers["content-encoding"] for answer in answers} == {"gzip"}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["content-length"] for answer in answers}) > 1


def test_a_long_answer_is_compressed_off_the_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()

    def noting(body: bytes, *, padded: bool) -> bytes:
        threads.add(threading.current_thread().name.rpartition("_")[0])
        return compressed(body, padded=padded)

    monkeypatch.setattr("service.graphql.http.compressed", noting)
    monkeypatch.setattr("service.graphql.http.LONG_BYTES", 2_000)
    answer = get(client, **{"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["data"]
    assert threads == {"konomi"}
