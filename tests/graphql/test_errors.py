"""Errors: the caller's own are told, everything else is an incident that only the log explains."""

from __future__ import annotations

import logging

import pytest

from service.recommender.errors import EventsUnavailable, SlatesUnavailable
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

LIST = "{ viewer { recommendations(first: 1) { slateId } } }"


def test_what_nobody_foresaw_is_masked_and_logged_under_one_id(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 at db.internal:5432")

    monkeypatch.setattr(shop.recommender, "recommend", broken)
    with caplog.at_level(logging.ERROR):
        said = client.send(LIST, customer="3")
    (error,) = said["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["path"] == ["viewer", "recommendations"]
    assert said["data"] == {"viewer": {"recommendations": None}}, "the rest of the answer stands"
    assert "hunter2" not in str(said)
    (record,) = caplog.records
    incident = error["message"].removesuffix(".").rpartition(" ")[2]
    assert (record.name, incident in record.getMessage()) == ("konomi", True)
    assert record.exc_info is not None


def test_a_log_that_is_down_keeps_nothing_and_says_try_again(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def down(*_: object) -> None:
        raise EventsUnavailable("could not connect to 10.0.0.7")

    monkeypatch.setattr(shop.log, "append", down)
    event = '{ eventId: "e", type: VIEW, occurredAt: "2026-03-02T09:30:00Z", itemId: "p1" }'
    said = client.send(f"mutation {{ recordEvents(input: {{ events: [{event}] }}) {{ accepted }} }}", customer="3")
    (error,) = said["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "(EVENTS)" in error["message"]
    assert "10.0.0.7" not in str(said)
    assert said["data"] == {"recordEvents": None}


def test_a_slate_store_that_is_down_is_told_with_the_page_that_needs_it(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = client.ask("{ viewer { recommendations(first: 1) { pageInfo { endCursor } } } }", customer="3")
    after = page["viewer"]["recommendations"]["pageInfo"]["endCursor"]

    def down(*_: object) -> None:
        raise SlatesUnavailable

    monkeypatch.setattr(shop.slates, "get", down)
    shop.recommender.__post_init__()  # forgets what it keeps in process
    asked = "query($after: String) { viewer { recommendations(first: 1, after: $after) { slateId } } }"
    code, message = client.refused(asked, {"after": after}, customer="3")
    assert (code, "(SLATES)" in message) == ("INTERNAL", True)


@pytest.mark.parametrize("query", [
    "{ viewer { customerIdd } }", "{ viewer { recommendations(kinds: PRODUCT) { slateId } } }",
    "{ viewer { recommendations(kind: PRODUKT) { slateId } } }", "{ viewer { ... on Custome { id } } }",
    '{ item(itemId: "p1") { price } }', "query($x: Strin) { viewer { id } }",
])
def test_no_error_hints_at_the_schema(client: Client, query: str) -> None:
    errors = client.send(query)["errors"]
    assert {one["extensions"]["code"] for one in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "Did you mean" not in str(errors)
    assert all(one["locations"] for one in errors)


@pytest.mark.parametrize("variables", [{}, {"first": "many"}, {"first": 10**12}, {"first": 1.5}])
def test_variables_of_the_wrong_type_are_bad_input(client: Client, variables: dict[str, object]) -> None:
    asked = "query($first: Int!) { viewer { recommendations(first: $first) { slateId } } }"
    code, message = client.refused(asked, variables)
    assert code == "BAD_USER_INPUT"
    assert "$first" in message
