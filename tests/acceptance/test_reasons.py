"""Reasons are true: what they name happened, and without it the item stands where it was said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from service.tables.store import TableStore
from tests.acceptance.running import Server

pytestmark = pytest.mark.demo

SEED, HOUSEHOLDS, DEEPEST = 20262, 5, 200
FEWEST_OF_A_CODE = 3
ZONE = ZoneInfo("America/New_York")
PERSONAL = {"YOUR_ACTION", "BUY_AGAIN", "BOUGHT_TOGETHER"}
LISTS = (
    ("PRODUCT", "FOR_YOU"), ("PRODUCT", "BUY_AGAIN"), ("PRODUCT", "BECAUSE_YOU_BOUGHT"), ("PRODUCT", "DISCOVER"),
    ("PRODUCT", "ON_SALE"), ("CONTENT", "FOR_YOU"), ("AD", "FOR_YOU"),
)
REASONS = """
reasons(first: 10, locale: $locale) {
  code text share positionWithout @include(if: $places) evidence { kind day count eventId item { itemId title } }
}
"""
LIST = f"""
query ($kind: ItemKind!, $intent: Intent!, $locale: String, $places: Boolean = true) {{ viewer {{
  recommendations(kind: $kind, intent: $intent) {{ nodes {{ position item {{ itemId }} {REASONS} }} }}
}} }}
"""
ORDER = """
query ($kind: ItemKind!, $intent: Intent!, $after: String) { viewer {
  recommendations(kind: $kind, intent: $intent, first: 100, after: $after) {
    nodes { item { itemId } } pageInfo { endCursor hasNextPage }
  }
} }
"""
SHELF = "id key reason { code text share evidence { kind eventId } }"
HOME = f"""
query ($locale: String, $places: Boolean = true) {{ viewer {{ home {{
  hero {{ position item {{ itemId }} {REASONS} }}
  shelves {{ {SHELF} title(locale: $locale) items(first: 4) {{ nodes {{ position item {{ itemId }} {REASONS} }} }} }}
}} }} }}
"""
HOME_ORDER = """
{ viewer { home {
  hero { item { itemId } } shelves { key items(first: 100) { nodes { item { itemId } } } }
} } }
"""
FORGET = """
mutation ($input: FeedbackInput!) { giveFeedback(input: $input) { userErrors { field code message } } }
"""

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A reason that rests on what a household did, and the item that it was told with."""

    item_id: str
    position: int
    reason: Mapping[str, Any]

    @property
    def event_ids(self) -> list[str]:
        return [one["eventId"] for one in self.reason["evidence"]]


def personal(nodes: Sequence[Node]) -> list[Told]:
    return [
        Told(node["item"]["itemId"], node["position"], reason)
        for node in nodes for reason in node["reasons"] if reason["code"] in PERSONAL
    ]


def sampled(told: Sequence[Told], draw: np.random.Generator) -> list[Told]:
    """One reason of each code."""
    by_code = {code: [one for one in told if one.reason["code"] == code] for code in sorted(PERSONAL)}
    return [found[int(draw.integers(len(found)))] for found in by_code.values() if found]


def forget(server: Server, household: str, event_ids: Sequence[str], *, undo: bool = False) -> None:
    for event_id in event_ids:
        asked = {"kind": "FORGET_ACTION", "eventId": event_id, "undo": undo}
        assert server.ask(FORGET, household, {"input": asked})["giveFeedback"]["userErrors"] == []


def order_of(server: Server, household: str, kind: str, intent: str) -> list[str]:
    """The first two hundred of a list, asked for anew."""
    found: list[str] = []
    after, more = None, True
    while more and len(found) < DEEPEST:
        page = server.ask(ORDER, household, {"kind": kind, "intent": intent, "after": after})["viewer"]["recommendations"]
        found += [node["item"]["itemId"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found[:DEEPEST]


def place(order: Sequence[str], item_id: str) -> int | None:
    return order.index(item_id) + 1 if item_id in order else None


@pytest.fixture(scope="module")
def households(server: Server) -> Sequence[str]:
    return server.households(SEED)[:HOUSEHOLDS]


@pytest.fixture(scope="module")
def lists(server: Server, households: Sequence[str]) -> dict[tuple[str, str, str], list[Node]]:
    """Every kind of list of every household, with all reasons."""
    return {
        (household, kind, intent):
            server.ask(LIST, household, {"kind": kind, "intent": intent})["viewer"]["recommendations"]["nodes"]
        for household in households for kind, intent in LISTS
    }


@pytest.fixture(scope="module")
def homes(server: Server, households: Sequence[str]) -> dict[str, Any]:
    return {household: server.ask(HOME, household)["viewer"]["home"] for household in households}


def everything(lists: Mapping[Any, Sequence[Node]], homes: Mapping[str, Any]) -> Iterator[Node]:
    for nodes in lists.values():
        yield from nodes
    for home in homes.values():
        yield home["hero"]
        for shelf in home["shelves"]:
            yield from shelf["items"]["nodes"]


def history_of(server: Server, household: str, event_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the shop's own tables say about events."""
    generation = TableStore(server.state / "tables").current()
    table = ds.dataset(list(map(str, generation.events))).to_table(
        filter=(ds.field("customer_id") == household) & ds.field("event_id").isin(pa.array(event_ids, pa.string())),
    )
    return {row["event_id"]: row for row in table.to_pylist()}


def test_every_action_that_a_reason_rests_on_happened(server, lists, homes):
    told: dict[str, list[Told]] = {}
    for (household, _, _), nodes in lists.items():
        told.setdefault(household, []).extend(personal(nodes))
    for household, home in homes.items():
        nodes = [home["hero"], *(node for shelf in home["shelves"] for node in shelf["items"]["nodes"])]
        told[household] += personal(nodes)
    for household, reasons in told.items():
        assert reasons
        events = history_of(server, household, [event_id for one in reasons for event_id in one.event_ids])
        for one in reasons:
            assert one.reason["evidence"], one
            for evidence in one.reason["evidence"]:
                event = events[evidence["eventId"]]
                assert evidence["kind"] == "ACTION"
                assert event["item_id"] == evidence["item"]["itemId"]
                assert event["occurred_at"].astimezone(ZONE).date().isoformat() == evidence["day"]
                assert evidence["item"]["title"] in one.reason["text"] or one.reason["code"] == "BUY_AGAIN"
            if one.reason["code"] == "BUY_AGAIN":
                assert {events[event_id]["item_id"] for event_id in one.event_ids} == {one.item_id}
            if one.reason["code"] in {"BUY_AGAIN", "BOUGHT_TOGETHER"}:
                assert {events[event_id]["type"] for event_id in one.event_ids} == {"PURCHASE"}


def test_a_shelf_that_says_it_comes_of_what_one_did_names_it(server, homes):
    told = set()
    for household, home in homes.items():
        for shelf in home["shelves"]:
            ids = [one["eventId"] for one in shelf["reason"]["evidence"] if one["kind"] == "ACTION"]
            assert history_of(server, household, ids).keys() == set(ids)
            if shelf["reason"]["code"] in PERSONAL:
                assert ids, shelf["key"]
                told.add(shelf["key"])
    assert told >= {"buy_again", "because", "reading", "discover"}


def test_shares_of_an_item_sum_to_one_and_the_most_telling_comes_first(lists, homes):
    for node in everything(lists, homes):
        shares = [reason["share"] for reason in node["reasons"] if reason["code"] not in {"SPONSORED", "EXPLORATION"}]
        assert shares == sorted(shares, reverse=True), node
        assert sum(reason["share"] for reason in node["reasons"]) == pytest.approx(1), node


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_texts_are_whole_and_in_the_language_asked_for(server, households, locale):
    texts: list[str] = []
    for household in households[:3]:
        wording = {"locale": locale, "places": False}
        home = server.ask(HOME, household, wording)["viewer"]["home"]
        for shelf in home["shelves"]:
            texts += [shelf["title"], *(r["text"] for node in shelf["items"]["nodes"] for r in node["reasons"])]
        for kind, intent in LISTS:
            answer = server.ask(LIST, household, {"kind": kind, "intent": intent, **wording})
            nodes = answer["viewer"]["recommendations"]["nodes"]
            texts += [reason["text"] for node in nodes for reason in node["reasons"]]
    assert len(texts) > 500
    assert [text for text in texts if re.search(r"[{}]|\bNone\b|\bnan\b|reason\.|words\.", text)] == []
    japanese = [text for text in texts if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text)]
    assert japanese == (texts if locale == "ja" else [])


def test_forgetting_what_a_reason_rests_on_moves_the_item_to_where_it_said(server, households, lists):
    draw, codes, found = np.random.default_rng(SEED), Counter(), Counter()
    for (household, kind, intent), nodes in lists.items():
        if kind == "AD":  # no more than three answers a day hold a campaign, so the next one differs anyway
            continue
        before = order_of(server, household, kind, intent)
        assert before[: len(nodes)] == [node["item"]["itemId"] for node in nodes]
        for one in sampled(personal(nodes), draw):
            forget(server, household, one.event_ids)
            after = order_of(server, household, kind, intent)
            said = one.reason["positionWithout"]
            assert place(after, one.item_id) == said, (household, kind, intent, one)
            forget(server, household, one.event_ids, undo=True)
            codes[one.reason["code"]] += 1
            found["gone" if said is None else "moved" if said != one.position else "same"] += 1
        assert order_of(server, household, kind, intent) == before
    assert codes.keys() == PERSONAL
    assert min(codes.values()) >= FEWEST_OF_A_CODE
    assert found["moved"]
    assert found["gone"]


def test_forgetting_moves_an_item_of_a_shelf_to_where_its_reason_said(server, households, homes):
    draw, moved = np.random.default_rng(SEED), 0
    for household in households[:2]:
        shelves = {"hero": [homes[household]["hero"]]}
        shelves |= {shelf["key"]: shelf["items"]["nodes"] for shelf in homes[household]["shelves"]}
        shelves.pop("sponsored", None)
        for key, nodes in shelves.items():
            for one in sampled(personal(nodes), draw)[:1]:
                forget(server, household, one.event_ids)
                home = server.ask(HOME_ORDER, household)["viewer"]["home"]
                orders = {s["key"]: [node["item"]["itemId"] for node in s["items"]["nodes"]] for s in home["shelves"]}
                orders["hero"] = [home["hero"]["item"]["itemId"]]
                said = one.reason["positionWithout"]
                assert place(orders.get(key, []), one.item_id) == said, (household, key, one)
                forget(server, household, one.event_ids, undo=True)
                moved += said != one.position
    assert moved


def test_an_action_that_is_forgotten_is_named_nowhere_any_more(server, households, lists):
    household = households[0]
    one = personal(lists[household, "PRODUCT", "FOR_YOU"])[0]
    forget(server, household, one.event_ids)
    for kind, intent in LISTS:
        nodes = server.ask(LIST, household, {"kind": kind, "intent": intent})["viewer"]["recommendations"]["nodes"]
        assert not {event_id for told in personal(nodes) for event_id in told.event_ids} & set(one.event_ids)
    forget(server, household, one.event_ids, undo=True)


@pytest.mark.parametrize(("event_id", "code"), [("no-such-event", "UNKNOWN_EVENT"), (None, "INVALID")])
def test_an_event_that_is_not_ones_own_cannot_be_forgotten(server, households, event_id, code):
    asked = {"kind": "FORGET_ACTION", "eventId": event_id}
    errors = server.ask(FORGET, households[0], {"input": asked})["giveFeedback"]["userErrors"]
    assert [(error["field"], error["code"]) for error in errors] == [(["input", "eventId"], code)]


def test_another_household_cannot_forget_ones_events(server, households, lists):
    theirs = personal(lists[households[0], "PRODUCT", "FOR_YOU"])[0].event_ids[0]
    asked = {"kind": "FORGET_ACTION", "eventId": theirs}
    errors = server.ask(FORGET, households[1], {"input": asked})["giveFeedback"]["userErrors"]
    assert [error["code"] for error in errors] == ["UNKNOWN_EVENT"]
