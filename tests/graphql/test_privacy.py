"""Nobody sees anybody else, by any path: whatever a person's ids, cursors and tokens are put into, others learn nothing.

Every place of the schema where a name may be put is found by walking it. Into each goes everything that one person was
given, sent by another; the answer must be the one that a name gets which nobody ever had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.budgets import Allowance, Budgets
from service.graphql.ids import read_global_id
from service.graphql.schema import make_schema
from service.graphql.services import Services
from service.recommender.consent import Purpose
from service.recommender.identity import Scope
from service.recommender.opaque import opaque
from service.recommender.person import Person
from tests.fakes import START
from tests.graphql.conftest import Client, client_of
from tests.graphql.holes import Hole, holes
from tests.small_recommender import SmallRecommender

VISITORS = {"one": "6a1f-the-first-visitor", "two": "90bd-the-second-visitor"}
WHO: Mapping[str, Mapping[str, Any]] = {
    "customer 3": {"customer": "3"}, "customer 4": {"customer": "4"}, "visitor one": {"visitor": VISITORS["one"]},
    "visitor two": {"visitor": VISITORS["two"]}, "nobody": {}, "a service": {"scopes": (Scope.EVENTS_WRITE, Scope.OPERATIONS_READ)},
}
PAIRS = [("customer 3", "customer 4"), ("visitor one", "visitor two"), ("customer 3", "a service"), ("visitor one", "customer 4")]
"""Whose names, and who sends them."""
LIST = "slateId pageInfo { endCursor } nodes { id token reasons { evidence { eventId } } }"
EVERYTHING = [
    f"{{ viewer {{ id customerId recommendations(first: 4) {{ {LIST} }} }} }}",
    "{ viewer { home(first: 1) { id hero { token } pageInfo { endCursor } shelves { id items(first: 2) { pageInfo { endCursor } } } } } }",
]
"""All that a person is given by which something of theirs could be named."""

NAMING = {"id", "slateId", "token", "endCursor", "eventId", "customerId"}

REACHED = {
    "Query": "%s", "Mutation": "%s", "Customer": "viewer { %s }", "Home": "viewer { home(first: 1) { %s } }",
    "Shelf": "viewer { home(first: 1) { shelves { %s } } }", "Segment": "viewer { segments { %s } }",
    "Feature": "viewer { features { %s } }", "Recommendation": "viewer { recommendations(first: 1) { nodes { %s } } }",
    "Product": 'item(itemId: "p1") { ... on Product { %s } }', "Content": "trending(kind: CONTENT) { nodes { item { ... on Content { %s } } } }",
    "Ad": "trending(kind: AD) { nodes { item { ... on Ad { %s } } } }",
}
"""How each type with such places is come to."""
_PERSON = """__typename id customerId consents { purpose granted } hidden { itemId } segments { key } features { name }
  recommendations(first: 3) { profiled nodes { item { itemId } } }"""
_RECOMMENDED = "profiled nodes { position item { itemId } reasons { text evidence { eventId count } } }"
SHOWN = {
    "Customer": _PERSON, "Node": f"__typename ... on Customer {{ {_PERSON} }} ... on Shelf {{ key items(first: 2) {{ profiled }} }}",
    "RecommendationConnection": _RECOMMENDED, "Home": f"profiled shelves {{ key items(first: 2) {{ {_RECOMMENDED} }} }}",
    "Item": "itemId", "Product": "itemId", "Transparency": "summary", "Reason": "text evidence { eventId }",
    "RecordEventsPayload": "accepted duplicates userErrors { code message }",
    "SetConsentsPayload": "viewer { customerId } userErrors { code message }",
    "FeedbackPayload": "viewer { hidden { itemId } } userErrors { code message }",
    "ErasureReceipt": "completedAt", "EraseMePayload": "userErrors { code message }",
    "LinkVisitorPayload": "moved userErrors { code message }", "_Entity": f"__typename ... on Customer {{ {_PERSON} }}",
    "_Service": "sdl", "Feature": "name",
}
"""What is looked at of each answer; nothing in it is drawn by lot, so that two answers can be compared."""
EXEMPT = {("Mutation", "linkVisitor", "visitorId")}
"""A visitor's id proves that it is them (see `linking.py`), so that giving it to others is giving it away."""
WORDS = {"locale", "placement", "wording", "text", "topic", "query", "clientMutationId", "category", "brand", "tags"}
"""Places for words, which name nobody."""
ITEMS = {"itemId", "cartItemIds", "excludeItemIds", "anchorItemId"}
"""Places for the shop's own ids of items, which are nobody's."""
AT_ONCE = 6
NUMBERS = count()

ALL = list(holes(make_schema()._schema))


@pytest.fixture
def client(services: Services, issuer: DevelopmentIssuer) -> Client:
    """Of unbounded means, so that many names fit into one request."""
    boundless = Budgets(Allowance(operation=10**6, at_once=10**12))
    return client_of(replace(services, budgets=boundless), issuer)


@pytest.fixture
def peopled(client: Client, shop: SmallRecommender) -> dict[str, list[str]]:
    """Everybody with a past and something of their own to be found; what each was given, by who they are."""
    for name in VISITORS.values():
        shop.grant(Person.visitor(name), frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS}))
    given: dict[str, list[str]] = {}
    for number, who in enumerate(("customer 3", "customer 4", "visitor one", "visitor two")):
        event = {"eventId": f"event-of-{who}", "type": "LIKE", "occurredAt": START.isoformat(), "itemId": f"p{20 + number}"}
        client.ask("mutation($e: [EventInput!]!) { recordEvents(input: {events: $e}) { accepted } }", {"e": [event]}, **WHO[who])
        hide = f'mutation {{ giveFeedback(input: {{kind: HIDE_ITEM, itemId: "p{30 + number}"}}) {{ userErrors {{ code }} }} }}'
        client.ask(hide, **WHO[who])
        found = {"event": event["eventId"]}
        for query in EVERYTHING:
            for path, name in _names(client.ask(query, **WHO[who])):
                found.setdefault(path, name)
        given[who] = sorted(set(found.values()))
        assert len(given[who]) > 9, "there is something to put into the holes"
    return given


def _names(said: Any, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every name in an answer with the path to it, places in lists left out."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _names(value, *path, key)
    elif isinstance(said, list):
        for value in said:
            yield from _names(value, *path)
    elif isinstance(said, str) and path[-1] in NAMING:
        yield path, said


def nobodys(name: str) -> str:
    """A name of the same form that was never given to anybody."""
    read = read_global_id(name)
    if read is None or not read[0].isalpha() or not read[0][0].isupper():
        return name[:-6] + "".join(sorted(name[-6:]))[::-1] + "x" if len(name) > 6 else f"nobody-{name}"
    kind, key = read
    before, bar, owner = key.rpartition("|")
    said = owner or before
    gone = f"{said[:2]}{'0' * 32}" if said[:2] in {"c:", "v:"} else f"{said[:5]}-gone"
    return opaque(f"{kind}:{before + '-gone' if bar else ''}{bar}{gone}".encode())


def _arguments(hole: Hole, name: str) -> str:
    """Write a name into a hole; a router's representation names it by one of its keys, and each event is a new one."""
    text = json.dumps(name)
    if hole.field == "_entities":
        text = f'{{__typename: "Customer", {"id" if read_global_id(name) else "customerId"}: {text}}}'
    return (hole.arguments % text).replace('eventId: "x"', f'eventId: "new-{next(NUMBERS)}"')


def answers(client: Client, hole: Hole, names: list[str], who: Mapping[str, Any]) -> list[Any]:
    """What comes back for each name, with its errors."""
    found: list[Any] = []
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        shown = f"{{ {SHOWN[hole.returns]} }}" if hole.returns in SHOWN else ""
        fields = [f"a{place}: {hole.field}({_arguments(hole, name)}) {shown}" for place, name in enumerate(some)]
        operation = "mutation" if hole.type == "Mutation" else "query"
        inner = fields if hole.type in {"Query", "Mutation"} else [" ".join(fields)]
        said = client.send(f"{operation} {{ {REACHED[hole.type] % ' '.join(inner)} }}", **who)
        codes = {error["extensions"]["code"] for error in said.get("errors", ())}
        assert not codes & {"INTERNAL", "THROTTLED", "QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED"}, (str(hole), said["errors"])
        for place in range(len(some)):
            label = f"a{place}"
            errors = [(e["message"], e["extensions"]["code"]) for e in said.get("errors", ()) if label in map(str, e.get("path", [label]))]
            found.append((list(_under(said.get("data"), label)), errors))
    return found


def _under(said: Any, label: str) -> Iterator[Any]:
    """All that is anywhere under a label, in order."""
    if isinstance(said, dict):
        if label in said:
            yield said[label]
        for value in said.values():
            yield from _under(value, label)
    elif isinstance(said, list):
        for value in said:
            yield from _under(value, label)


def test_every_place_for_a_text_is_known():
    assert {hole.type for hole in ALL if hole.name not in WORDS} <= REACHED.keys()
    objects = {hole.returns for hole in ALL if hole.name not in WORDS} - {"String", "Boolean", "Int", "Float"}
    assert objects <= SHOWN.keys(), "say what to look at of it"
    assert {hole.name for hole in ALL} >= WORDS | ITEMS, "one that is gone from the schema"
    found = {(hole.type, hole.field, hole.name) for hole in ALL}
    assert {("Query", "node", "id"), ("Query", "nodes", "ids"), ("Query", "customer", "customerId"),
            ("Query", "_entities", "representations"), ("Customer", "recommendations", "after"), ("Customer", "home", "after"),
            ("Shelf", "items", "after"), ("Mutation", "recordEvents", "token"), ("Mutation", "giveFeedback", "token"),
            ("Mutation", "giveFeedback", "eventId"), *EXEMPT} <= found


@pytest.mark.parametrize(("owner", "asker"), PAIRS)
def test_what_one_person_was_given_is_a_name_like_any_other_to_everybody_else(client, peopled, owner, asker):
    names = peopled[owner]
    for hole in ALL:
        if hole.name in WORDS | ITEMS or (hole.type, hole.field, hole.name) in EXEMPT:
            continue
        control = answers(client, hole, [nobodys(name) for name in names], WHO[asker])
        attempt = answers(client, hole, names, WHO[asker])
        for name, got, expected in zip(names, attempt, control, strict=True):
            assert got == expected, f"{asker} put {name} of {owner} into {hole}"


def test_the_names_do_work_for_their_owner(client, peopled):
    """Or the walk would prove nothing."""
    node = next(one for one in ALL if (one.type, one.field) == ("Query", "node"))
    after = next(one for one in ALL if (one.type, one.field, one.name) == ("Customer", "recommendations", "after"))
    for owner in ("customer 3", "visitor one"):
        found = [one for said, _ in answers(client, node, peopled[owner], WHO[owner]) for one in said]
        assert {"Customer", "Shelf"} <= {said["__typename"] for said in found if said}
        pages = [one for said, _ in answers(client, after, peopled[owner], WHO[owner]) for one in said]
        assert any(page["profiled"] and page["nodes"] for page in pages if page)


def test_no_answer_tells_a_visitors_id(client, peopled, caplog):
    for who, name in (("visitor one", VISITORS["one"]), ("visitor two", VISITORS["two"])):
        said = [json.dumps(client.send(query, **WHO[who])) for query in EVERYTHING]
        texts = [text for one in peopled[who] for text in (one, str(read_global_id(one)))] + said
        assert not [text for text in texts if name in text]
    client.send("{ viewer { id } }", visitor="x" * 200)
    assert not [one for one in caplog.messages if any(name in one for name in VISITORS.values())]
