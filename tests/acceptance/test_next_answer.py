"""What a household does just now is in the very next answer: in the shelf, in the taste, and in the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server

pytestmark = pytest.mark.demo

SEED, COMPANY = 20263, 8
RECORD = """
mutation ($input: RecordEventsInput!) {
  recordEvents(input: $input) { accepted duplicates userErrors { field code message } }
}
"""
WANTED = "{ trending(first: 100) { nodes { item { itemId } } } }"
GOES_WITH = """
query ($itemId: String!) { item(itemId: $itemId) { itemId title ... on Product {
  category related(intent: BOUGHT_TOGETHER, first: 100) { nodes { item { itemId } } }
} } }
"""
EVIDENCE = "evidence { kind count day eventId item { itemId } }"
LIST = f"""
query ($kind: ItemKind!, $intent: Intent!) {{ viewer {{ recommendations(kind: $kind, intent: $intent, first: 100) {{
  nodes {{ item {{ itemId category }} reasons(first: 10) {{ code text {EVIDENCE} }} }}
}} }} }}
"""
HOME = f"""
{{ viewer {{ home {{ shelves {{ key title reason {{ code {EVIDENCE} }} items(first: 12) {{
  nodes {{ item {{ itemId }} reasons(first: 10) {{ code {EVIDENCE} }} }}
}} }} }} }} }}
"""
CONTENTS = """
query ($after: String) { viewer { recommendations(kind: CONTENT, first: 100, after: $after) {
  nodes { item { category } } pageInfo { endCursor hasNextPage }
} } }
"""
Answer = Mapping[str, Any]


def record(server: Server, household: str, *events: Mapping[str, Any]) -> Answer:
    return server.ask(RECORD, household, {"input": {"events": list(events)}})["recordEvents"]


def event(kind: str, item_id: str, event_id: str, at: datetime) -> dict[str, Any]:
    bought = {"quantity": "1", "amount": "2.50", "basketId": f"basket-{event_id}"} if kind == "PURCHASE" else {}
    return {"eventId": event_id, "type": kind, "itemId": item_id, "occurredAt": at.isoformat(), **bought}


def listed(server: Server, household: str, kind: str, intent: str = "FOR_YOU") -> Sequence[Answer]:
    return server.ask(LIST, household, {"kind": kind, "intent": intent})["viewer"]["recommendations"]["nodes"]


def ids(nodes: Sequence[Answer]) -> list[str]:
    return [node["item"]["itemId"] for node in nodes]


def shelf(server: Server, household: str, key: str) -> Answer:
    shelves = server.ask(HOME, household)["viewer"]["home"]["shelves"]
    return next(one for one in shelves if one["key"] == key)


def contents(server: Server, household: str) -> list[str]:
    """Departments of all contents, best first."""
    found: list[str] = []
    after, more = None, True
    while more:
        page = server.ask(CONTENTS, household, {"after": after})["viewer"]["recommendations"]
        found += [node["item"]["category"][0] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def named(nodes: Sequence[Answer]) -> set[str]:
    """Ids of all events that reasons rest on."""
    return {one["eventId"] for node in nodes for reason in node["reasons"] for one in reason["evidence"]}


def everything(server: Server, household: str) -> list[Any]:
    """All lists as they stand, reasons and evidence too."""
    lists = [("PRODUCT", "FOR_YOU"), ("PRODUCT", "BUY_AGAIN"), ("CONTENT", "FOR_YOU"), ("AD", "FOR_YOU")]
    return [listed(server, household, kind, intent) for kind, intent in lists]


@pytest.fixture(scope="module")
def households(server: Server) -> Sequence[str]:
    return server.households(SEED)


@pytest.fixture(scope="module")
def sociable(server: Server) -> Sequence[Answer]:
    """Products that are bought together with many others, of different kinds."""
    found: dict[str, Answer] = {}
    for item_id in ids(server.ask(WANTED)["trending"]["nodes"]):
        item = server.ask(GOES_WITH, variables={"itemId": item_id})["item"]
        if len(item["related"]["nodes"]) >= COMPANY:
            found.setdefault(item["category"][0], item)
    assert len(found) >= 2
    return list(found.values())


def never_touched(server: Server, household: str, sociable: Sequence[Answer]) -> Answer:
    """A product that has nothing to do with the household so far, and with few others here.

    What three people do makes a trend, of which each server hears in its own time: lists would differ by that alone.
    """
    bought = set(ids(listed(server, household, "PRODUCT", "BUY_AGAIN"))) | set(ids(listed(server, household, "PRODUCT")))
    first = server.households(SEED).index(household) // 2 % len(sociable)
    return next(item for item in (*sociable[first:], *sociable[:first]) if item["itemId"] not in bought)


def test_after_one_purchase_the_shelf_starts_from_it(server, households, sociable):
    household = households[0]
    product = never_touched(server, household, sociable)
    before = shelf(server, household, "because")
    assert product["title"] not in before["title"]
    at = SystemClock().now()
    assert record(server, household, event("PURCHASE", product["itemId"], "just-bought", at))["accepted"] == 1

    after = shelf(server, household, "because")
    assert product["title"] in after["title"]
    assert [(one["eventId"], one["item"]["itemId"]) for one in after["reason"]["evidence"]] == [
        ("just-bought", product["itemId"]),
    ]
    shown = after["items"]["nodes"]
    goes_with = [node for node in shown if node["reasons"][0]["code"] == "BOUGHT_TOGETHER"]
    assert shown[: len(goes_with)] == goes_with
    assert len(goes_with) >= 3
    assert set(ids(goes_with)) <= set(ids(product["related"]["nodes"]))
    assert named(shown) == {"just-bought"}
    assert named(listed(server, household, "PRODUCT", "BECAUSE_YOU_BOUGHT")) == {"just-bought"}


@pytest.mark.parametrize("kind", ["PURCHASE", "VIEW"])
def test_after_one_action_the_taste_is_another(server, households, sociable, kind):
    household = households[1 if kind == "PURCHASE" else 2]
    product = never_touched(server, household, sociable)

    def taste() -> list[list[str]]:
        return [ids(listed(server, household, "CONTENT")), ids(listed(server, household, "PRODUCT", "DISCOVER"))]

    before = taste()
    record(server, household, event(kind, product["itemId"], f"{kind}-now", SystemClock().now()))
    assert taste() != before


def test_a_purchase_draws_the_taste_towards_what_was_bought(server, households, sociable):
    """Stories of the department that was bought from move up; one household's may not, all together do."""

    def mean_place(household: str, department: str) -> float:
        order = contents(server, household)
        return sum(at for at, one in enumerate(order) if one == department) / order.count(department)

    told = set(contents(server, households[5]))
    products = [product for product in sociable if product["category"][0] in told]
    assert len(products) >= 3
    risen = 0.0
    for household, product in zip(households[5:11], cycle(products), strict=False):
        department = product["category"][0]
        before = mean_place(household, department)
        record(server, household, event("PURCHASE", product["itemId"], "towards", SystemClock().now()))
        risen += before - mean_place(household, department)
    assert risen > 0


def test_the_evidence_names_the_new_event(server, households):
    household = households[3]
    product = listed(server, household, "PRODUCT", "BUY_AGAIN")[0]
    item_id, reason = product["item"]["itemId"], product["reasons"][0]
    assert reason["code"] == "BUY_AGAIN"
    (before,) = reason["evidence"]
    record(server, household, event("PURCHASE", item_id, "bought-once-more", SystemClock().now()))
    told = [
        one for nodes in everything(server, household) for node in nodes
        for reason in node["reasons"] for one in reason["evidence"] if one["eventId"]
    ]
    of_item = [one for one in told if one["item"]["itemId"] == item_id]
    assert of_item
    assert {(one["eventId"], one["count"]) for one in of_item} == {("bought-once-more", before["count"] + 1)}
    assert before["eventId"] not in {one["eventId"] for one in told}


def test_another_replica_knows_it_too(server, replica, households, sociable):
    household = households[11]
    product = never_touched(server, household, sociable)
    record(server, household, event("PURCHASE", product["itemId"], "told-to-one", SystemClock().now()))
    assert product["title"] in shelf(replica, household, "because")["title"]
    assert everything(replica, household) == everything(server, household)


def test_an_event_that_cannot_be_is_refused_with_its_path_and_the_others_count(server, households, sociable):
    household, now = households[12], SystemClock().now()
    good = event("VIEW", sociable[-1]["itemId"], "good", now)
    wrong = [
        ({**good, "eventId": "unknown", "itemId": "no-such-item"}, "itemId", "UNKNOWN_ITEM"),
        ({**good, "eventId": "late", "occurredAt": (now - timedelta(days=31)).isoformat()}, "occurredAt", "TOO_OLD"),
        ({**good, "eventId": "early", "occurredAt": (now + timedelta(hours=1)).isoformat()}, "occurredAt", "IN_FUTURE"),
        ({**good, "eventId": "theirs", "customerId": households[13]}, "customerId", "NOT_ALLOWED"),
        ({**good, "eventId": "forged", "token": "x" * 40}, "token", "TOKEN_INVALID"),
    ]
    answer = record(server, household, *(one for one, _, _ in wrong), good)
    assert answer["accepted"] == 1
    assert [(error["field"], error["code"]) for error in answer["userErrors"]] == [
        (["input", "events", str(place), field], code) for place, (_, field, code) in enumerate(wrong)
    ]
    assert all(error["message"] for error in answer["userErrors"])


def test_sending_it_again_changes_nothing(server, households, sociable):
    household = households[4]
    product = never_touched(server, household, sociable)
    bought = event("PURCHASE", product["itemId"], "sent-twice", SystemClock().now())
    viewed = event("VIEW", product["itemId"], "sent-twice-too", SystemClock().now())
    assert record(server, household, bought, viewed) == {"accepted": 2, "duplicates": 0, "userErrors": []}
    once = everything(server, household)
    assert record(server, household, bought, viewed) == {"accepted": 0, "duplicates": 2, "userErrors": []}
    assert record(server, household, bought, bought) == {"accepted": 0, "duplicates": 2, "userErrors": []}
    assert everything(server, household) == once
