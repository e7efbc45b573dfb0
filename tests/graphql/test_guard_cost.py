"""The cost: what an operation's answer may hold, told with every answer, and refused beyond the bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLObjectType

from service.adapters.jwt_identity import DevelopmentIssuer
from service.commands.bench_guard import home_guard
from service.graphql.budgets import Allowance, Budgets
from service.graphql.documents import Documents
from service.graphql.prices import ASSUMED_OF, OF_CONNECTION, OF_MUTATION, WORK
from service.graphql.schema import make_schema
from service.graphql.services import Services
from tests.effort import effort_of
from tests.graphql.conftest import Client, client_of

SCHEMA = make_schema()._schema
FEED, HOME, NODES = WORK["Customer.recommendations"], WORK["Customer.home"], WORK["Query.nodes"]


def requested(text: str, variables: dict[str, Any] | None = None) -> int:
    document = Documents(SCHEMA, introspection=True).read_here(text)
    assert not document.errors
    return document.operation(None).cost.requested(variables or {})


def feed(arguments: str = "", selections: str = "nodes { position }") -> str:
    return f"{{ viewer {{ recommendations{arguments} {{ {selections} }} }} }}"


@pytest.mark.parametrize(("text", "cost"), [
    ("{ viewer { id customerId } }", 3),
    ("{ viewer { id id key: id } }", 3),
    ("{ viewer { ...a ...a } } fragment a on Customer { id }", 2),
    (feed(), 2 + FEED + 1 + 20),
    (feed("(first: 5)"), 2 + FEED + 1 + 5),
    (feed("(first: 0)"), 2 + FEED + 1),
    (feed("(first: null)"), 2 + FEED + 1 + 20),
    (feed("(first: 5)", "edges { cursor node { position } }"), 2 + FEED + 1 + 5 * 5),
    (feed("(first: 5)", "nodes { item { itemId tags } }"), 2 + FEED + 1 + 5 * 3),
    (feed("(first: 5)", "nodes { item { ...on Product { itemId title } ...on Ad { itemId } } }"), 2 + FEED + 1 + 5 * 3),
    (feed("(first: 5)", "nodes { reasons(first: 3) { text } }"), 2 + FEED + 1 + 5 * (1 + 3)),
    ("{ viewer { home(first: 2) { shelves { items(first: 3) { nodes { position } } } } } }",
     2 + HOME + 1 + 2 * (1 + WORK["Shelf.items"] + 1 + 3)),
    ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3 * NODES + 3),
    ('{ nodes(ids: "a") { id } }', 1 + NODES + 1),
    ("{ trending(first: 7) { nodes { position } } }", 1 + OF_CONNECTION + 1 + 7),
    ("{ __typename }", 1), ("{ __schema { types { name } } }", 1 + WORK["Query.__schema"]),
    ('mutation { giveFeedback(input: {kind: HIDE_ITEM, itemId: "p1"}) { clientMutationId } }', 1 + OF_MUTATION + 1),
])
def test_a_field_costs_one_wherever_it_stands(text: str, cost: int) -> None:
    assert requested(text) == cost


@pytest.mark.parametrize(("declared", "variables", "length"), [
    ("$n: Int", {"n": 5}, 5), ("$n: Int", {}, 20), ("$n: Int", {"n": None}, 20), ("$n: Int = 7", {}, 7),
    ("$n: Int = 7", {"n": 9}, 9), ("$n: Int", {"n": -1}, 0), ("$n: Int", {"n": 10**9}, 100), ("$n: Int", {"n": "x"}, 20),
])
def test_variables_size_lists(declared: str, variables: dict[str, Any], length: int) -> None:
    assert requested(f"query({declared}) {feed('(first: $n)')}", variables) == 2 + FEED + 1 + length


@pytest.mark.parametrize(("variables", "length"), [({"ids": ["a"] * 4}, 4), ({"ids": "a"}, 1), ({"ids": ["a"] * 900}, 100)])
def test_ids_size_lists(variables: dict[str, Any], length: int) -> None:
    assert requested("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", variables) == 1 + length * (NODES + 1)


def test_every_answer_tells_what_it_might_have_cost_and_what_it_did(client: Client) -> None:
    said = client.send(feed("(first: 5)", "nodes { position } pageInfo { endCursor }"), customer="3")
    assert said["extensions"]["cost"] == {"requested": 2 + FEED + 2 + 5 + 1, "actual": 2 + FEED + 2 + 5 + 1}
    said = client.send(feed("(first: 100)", "degraded { part }"), customer="3")
    assert said["data"]["viewer"]["recommendations"] == {"degraded": []}
    assert said["extensions"]["cost"] == {"requested": 2 + FEED + 1 + 3, "actual": 2 + FEED + 1}


def test_what_failed_costs_what_it_held(client: Client) -> None:
    said = client.send('{ viewer { recommendations(after: "torn") { slateId } } }')
    assert said["extensions"]["cost"] == {"requested": 3 + FEED, "actual": 2 + FEED}


def test_an_operation_beyond_the_bound_is_refused(services: Services, issuer: DevelopmentIssuer) -> None:
    client = client_of(replace(services, budgets=Budgets(Allowance(operation=FEED + 10))), issuer)
    assert client.ask(feed("(first: 7)"))
    code, message = client.refused(feed("(first: 8)"))
    assert (code, message.partition(";")[0]) == ("QUERY_TOO_COMPLEX", f"The operation costs {FEED + 11}")
    assert f"at most {FEED + 10} is allowed" in message


@pytest.mark.parametrize(("first", "said"), [(-1, "-1"), (10**9, "1000000000"), (101, "101")])
def test_a_page_of_a_length_that_is_none_is_told_by_its_field(client: Client, first: int, said: str) -> None:
    code, message = client.refused(feed(f"(first: {first})"))
    assert (code, said in message) == ("BAD_USER_INPUT", True)


@pytest.mark.parametrize("coordinate", [*WORK, *ASSUMED_OF])
def test_every_price_is_of_a_field_that_there_is(coordinate: str) -> None:
    parent, _, name = coordinate.partition(".")
    kind = SCHEMA.get_type(parent)
    assert isinstance(kind, GraphQLObjectType)
    assert SCHEMA.get_field(kind, name)


def test_the_guard_of_the_home_page_is_a_thousand_calls_at_most() -> None:
    """For a document that is known, an answer of full shelves with it; `konomi bench` tells what that is in time."""
    guard = home_guard()
    guard(0)
    assert effort_of(lambda: guard(1)) < 1_000
