"""The schema that is kept is the schema that is served, and it explains itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    print_type,
)
from graphql import build_schema as read_schema

import service.graphql
from service.graphql.schema import sdl

KEPT = Path(service.graphql.__file__).parent / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return read_schema(KEPT.read_text(encoding="utf-8"), assume_valid_sdl=True)


def test_the_kept_schema_is_current() -> None:
    assert KEPT.read_text(encoding="utf-8") == sdl(), "run `python -m service.graphql.export` into schema.graphql"


def test_everything_is_described(schema: GraphQLSchema) -> None:
    silent = []
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in {"Boolean", "Float", "ID", "Int", "String"}:
            continue
        silent += [] if kind.description else [name]
        if isinstance(kind, GraphQLEnumType):
            silent += [f"{name}.{value}" for value, one in kind.values.items() if not one.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                silent += [] if field.description else [f"{name}.{field_name}"]
                arguments = getattr(field, "args", {})
                silent += [f"{name}.{field_name}({arg})" for arg, one in arguments.items() if not one.description]
    assert silent == []


@pytest.mark.parametrize(("field", "wanted"), [
    ("Customer.home", ('home(first: Int = 6, after: String, last: Int, before: String, placement: String! = "home", context: ContextInput, '
                      "profiling: Boolean = true): Home")),
    ("Customer.recommendations",
     ('recommendations(kind: ItemKind! = PRODUCT, intent: Intent! = FOR_YOU, placement: String! = "default", '
     "first: Int = 20, after: String, last: Int, before: String, filter: ItemFilter, context: ContextInput, anchorItemId: String, "
     "diversity: Float, profiling: Boolean = true): RecommendationConnection")),
    ("Customer.ads", ("ads(placement: String!, first: Int = 3, after: String, last: Int, before: String, context: ContextInput, profiling: Boolean = true): "
                     "RecommendationConnection")),
    ("Query.nodes", "nodes(ids: [ID!]!): [Node]!"),
    ("Query.trending", ("trending(kind: ItemKind! = PRODUCT, first: Int = 20, after: String, last: Int, before: String, filter: ItemFilter): "
                       "RecommendationConnection")),
    ("Recommendation.reasons", "reasons(locale: String, first: Int = 2): [Reason!]!"),
    ("Product.related", ("related(intent: RelatedIntent! = SIMILAR, first: Int = 10, after: String, last: Int, before: String): "
                        "RecommendationConnection")),
    ("Shelf.items", "items(first: Int = 12, after: String, last: Int, before: String): RecommendationConnection"),
])
def test_arguments_and_defaults_are_the_contracts(schema: GraphQLSchema, field: str, wanted: str) -> None:
    type_name, field_name = field.split(".")
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    kind.fields[field_name].description = None
    for argument in kind.fields[field_name].args.values():
        argument.description = None
    lines = [line.strip() for line in print_type(kind).splitlines()]
    assert next(line for line in lines if line.startswith(field_name)) == wanted
