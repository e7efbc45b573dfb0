"""Whatever is sent, the service neither breaks nor blames itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import START
from tests.graphql.conftest import Client

ONCE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8,
)


def _codes(answer: Any) -> set[str]:
    return {error["extensions"]["code"] for error in answer.json().get("errors", ())}


@ONCE
@given(body=st.fixed_dictionaries({}, optional={
    "query": VALUES | st.just("{ viewer { id } }"), "variables": VALUES, "operationName": VALUES, "extensions": VALUES,
}))
def test_any_envelope_is_answered(client: Client, body: dict[str, Any]) -> None:
    answer = client.http.post("/graphql", json=body)
    assert answer.status_code < 500
    assert "INTERNAL" not in _codes(answer)


EVENTS = """mutation($events: [EventInput!]!) { recordEvents(input: { events: $events }) {
  accepted duplicates userErrors { code } } }"""
TEXTS = st.text(max_size=12)
NUMBERS = st.decimals(allow_nan=True, allow_infinity=True).map(str) | TEXTS | st.floats(allow_nan=False, allow_infinity=False)


@ONCE
@given(event=st.fixed_dictionaries(
    {"eventId": TEXTS, "type": st.sampled_from(["VIEW", "RATE", "SEARCH", "PURCHASE"]),
     "occurredAt": st.just(START.isoformat()) | st.datetimes().map(lambda at: f"{at.isoformat()}Z")},
    optional={"itemId": TEXTS | st.just("p1"), "customerId": TEXTS, "visitorId": TEXTS, "token": TEXTS, "text": TEXTS,
              "topic": TEXTS, "quantity": NUMBERS, "amount": NUMBERS, "value": NUMBERS, "basketId": TEXTS},
))
def test_any_event_is_taken_or_refused(client: Client, event: dict[str, Any]) -> None:
    answer = client.http.post(
        "/graphql", json={"query": EVENTS, "variables": {"events": [event]}}, headers={"X-Konomi-Visitor": "tab-1"},
    )
    assert answer.status_code < 500
    assert _codes(answer) <= {"BAD_USER_INPUT"}, answer.text


@pytest.mark.parametrize("text", ["\x00", "\ufffe", "🍵" * 50, "a" * 5_000, "../../etc/passwd", "' OR 1=1 --", "%00"])
def test_any_text_may_be_asked_for(client: Client, text: str) -> None:
    asked = """query($id: ID!, $text: String!) { node(id: $id) { id } item(itemId: $text) { itemId }
      search(query: $text) { slateId } viewer { recommendations(filter: { category: $text, brand: [$text], tags: [$text],
      excludeItemIds: [$text] }, context: { query: $text, itemId: $text }, anchorItemId: $text) { slateId } } }"""
    answer = client.http.post("/graphql", json={"query": asked, "variables": {"id": text, "text": text}})
    assert answer.status_code == 200
    assert _codes(answer) <= {"BAD_USER_INPUT"}, answer.text


ENTITIES = """query($representations: [_Any!]!, $id: ID!, $cursor: String) {
  _entities(representations: $representations) { __typename ... on Node { id } }
  node(id: $id) { id }
  trending(last: 2, before: $cursor) { slateId }
}"""
NAMES = st.sampled_from(["__typename", "id", "itemId", "customerId", "info"])
KINDS = st.sampled_from(["Product", "Content", "Ad", "Customer", "Shelf", "Query"])
REPRESENTATIONS = VALUES | st.dictionaries(NAMES, VALUES | KINDS | st.sampled_from(["p1", "3", "c1"]), max_size=4)


@ONCE
@given(representations=st.lists(REPRESENTATIONS, max_size=4), id_=st.text(max_size=40), cursor=st.none() | st.text(max_size=40))
def test_any_representation_id_or_cursor_is_answered(
    client: Client, representations: list[Any], id_: str, cursor: str | None,
) -> None:
    variables = {"representations": representations, "id": id_, "cursor": cursor}
    answer = client.http.post("/graphql", json={"query": ENTITIES, "variables": variables})
    assert answer.status_code < 500
    assert _codes(answer) <= {"BAD_USER_INPUT", "INVALID_CURSOR", "QUERY_TOO_COMPLEX", "BAD_REQUEST"}
