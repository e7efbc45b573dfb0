"""The schema is the one that clients were promised; what is promised for later is listed, and is exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

from service.graphql.schema import sdl

PROMISE = Path(__file__).with_name("contract.graphql")
KEY = "directive @key(fields: String!) repeatable on OBJECT | INTERFACE\n"
LATER = frozenset({
    "Query.experiment", "Query.experiments", "Query.metrics", "Query.insights",
    "Customer.offers", "Customer.digest", "MessageChannel", "Offer", "Digest",
    "Mutation.redeemOffer", "RedeemOfferInput", "RedeemOfferPayload",
    "Mutation.saveExperiment", "Mutation.stopExperiment", "SaveExperimentInput", "VariantInput",
    "SaveExperimentPayload", "StopExperimentInput", "StopExperimentPayload",
    "Experiment", "ExperimentStatus", "Variant", "ExperimentReport", "VariantCount", "Mismatch", "Comparison",
    "ExperimentConnection", "ExperimentEdge",
    "Metrics", "Rate", "RetentionPoint", "Insights", "Demand",
})
"""Offers, messages, experiments, business metrics: each has its own issue."""

CATALOGUES = {"title", "description", "url", "imageUrl", "category", "tags", "brand", "price", "listPrice", "inStock",
              "rating"}
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
Field = GraphQLField | GraphQLInputField


def schema_of(text: str) -> GraphQLSchema:
    return build_schema(text, assume_valid=True, assume_valid_sdl=True)


def compared(promised: GraphQLSchema, given: GraphQLSchema) -> tuple[set[str], set[str]]:
    """What differs, and what is missing."""
    differs, missing = set(), set()
    for name, type_ in promised.type_map.items():
        there = given.type_map.get(name)
        if there is None:
            missing.add(name)
        elif type(there) is not type(type_):
            differs.add(f"{name} is a {type(there).__name__}")
        else:
            for fault, is_missing in _of_type(name, type_, there):
                (missing if is_missing else differs).add(fault)
    return differs, missing


def _of_type(name: str, promised: GraphQLNamedType, given: GraphQLNamedType) -> Iterator[tuple[str, bool]]:
    if isinstance(promised, GraphQLEnumType) and isinstance(given, GraphQLEnumType):
        yield from ((f"{name}.{value}", True) for value in promised.values if value not in given.values)
    if isinstance(promised, GraphQLObjectType) and isinstance(given, GraphQLObjectType):
        lacking = {one.name for one in promised.interfaces} - {one.name for one in given.interfaces}
        yield from ((f"{name} does not implement {one}", False) for one in lacking)
    if isinstance(promised, GraphQLInputObjectType) and isinstance(given, GraphQLInputObjectType):
        added = given.fields.keys() - promised.fields.keys()
        yield from ((f"{name}.{one} is required", False) for one in added if is_required_input_field(given.fields[one]))
    if isinstance(promised, Composite) and isinstance(given, Composite):
        for field_name, field in promised.fields.items():
            there = given.fields.get(field_name)
            if there is None:
                yield f"{name}.{field_name}", True
            else:
                yield from _of_field(f"{name}.{field_name}", field, there)


def _of_field(path: str, promised: Field, given: Field) -> Iterator[tuple[str, bool]]:
    if str(given.type) != str(promised.type):
        yield f"{path}: {given.type}", False
    if isinstance(promised, GraphQLInputField) or isinstance(given, GraphQLInputField):
        yield from _default(path, promised, given)
        return
    for name, argument in promised.args.items():
        if name in given.args:
            yield from _argument(f"{path}({name})", argument, given.args[name])
        else:
            yield f"{path}({name})", True
    added = given.args.keys() - promised.args.keys()
    yield from ((f"{path}({one}) is required", False) for one in added if is_required_argument(given.args[one]))


def _argument(path: str, promised: GraphQLArgument, given: GraphQLArgument) -> Iterator[tuple[str, bool]]:
    """Every call that the promise allows must be allowed: an argument may lose a `!`, never gain one."""
    bare = promised.type.of_type if isinstance(promised.type, GraphQLNonNull) else promised.type
    if str(given.type) not in {str(promised.type), str(bare)}:
        yield f"{path}: {given.type}", False
    yield from _default(path, promised, given)


def _default(
    path: str, promised: GraphQLArgument | GraphQLInputField, given: GraphQLArgument | GraphQLInputField,
) -> Iterator[tuple[str, bool]]:
    if _written(given) != _written(promised):
        yield f"{path} = {_written(given)}", False


def _written(value: GraphQLArgument | GraphQLInputField) -> str | None:
    node = value.ast_node
    return None if node is None or node.default_value is None else print_ast(node.default_value)


@pytest.fixture(scope="module")
def promise() -> str:
    return KEY + PROMISE.read_text(encoding="utf-8")


def test_nothing_differs_and_nothing_is_missing_but_what_comes_later(promise):
    differs, missing = compared(schema_of(promise), schema_of(sdl()))
    assert differs == set()
    assert missing == LATER


def directives(schema: GraphQLSchema, type_name: str, field_name: str | None = None) -> set[str]:
    kind = schema.type_map[type_name]
    node = kind.ast_node if field_name is None else kind.fields[field_name].ast_node
    return {print_ast(one) for one in node.directives or ()}


def test_federations_keys_are_the_promised_ones(promise):
    promised, given = schema_of(promise), schema_of(sdl())
    for name in ("Product", "Content", "Ad", "Customer"):
        keys = directives(promised, name)
        assert len(keys) == 2
        assert directives(given, name) == keys


def test_what_a_catalogue_service_also_has_is_shareable_and_nothing_else():
    given = schema_of(sdl())
    for name in ("Product", "Content", "Ad"):
        marked = {field for field in given.type_map[name].fields if "@shareable" in directives(given, name, field)}
        assert marked == CATALOGUES & given.type_map[name].fields.keys()
    assert directives(given, "PageInfo") == {"@shareable"}
    for field in ("node", "nodes"):
        assert directives(given, "Query", field) == {"@shareable", "@inaccessible"}
    for field in ("viewer", "customer", "item", "trending", "search", "transparency"):
        assert directives(given, "Query", field) == set()


@pytest.mark.parametrize(("promised", "broken", "fault"), [
    ("viewer: Customer!", "viewer: Customer", "Query.viewer: Customer"),
    ("kind: EvidenceKind!  item: Item ", "kind: EvidenceKind!  thing: Item ", "Evidence.item"),
    ("item(itemId: String!)", "item(itemId: String!, shop: ID!)", "Query.item(shop) is required"),
    ("reasons(locale: String, first: Int = 2)", "reasons(locale: String, first: Int = 3)", "Recommendation.reasons(first) = 3"),
    ("customer(customerId: String!)", "customer(customerId: ID!)", "Query.customer(customerId): ID!"),
    ("type Shelf implements Node", "type Shelf", "Shelf does not implement Node"),
    ("NEW OCCASION", "OCCASION", "ReasonCode.NEW"),
    ("events: [EventInput!]!  client", "events: [EventInput!]!  shop: ID!  client", "RecordEventsInput.shop is required"),
])
def test_the_comparison_sees_a_difference(promise, promised, broken, fault):
    assert promise.count(promised) == 1
    differs, missing = compared(schema_of(promise), schema_of(promise.replace(promised, broken)))
    assert differs | missing == {fault}
