"""The schema that is kept is the schema that is served, and it explains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    print_type,
)
from graphql import build_schema as read_schema

import service.graphql
from service.graphql.schema import sdl
from tests.graphql.conftest import Client

BUILT_IN = frozenset({"Boolean", "Float", "ID", "Int", "String"})
KEPT = Path(service.graphql.__file__).parent / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return read_schema(KEPT.read_text(encoding="utf-8"), assume_valid_sdl=True)


def test_the_kept_schema_is_current() -> None:
    assert KEPT.read_text(encoding="utf-8") == sdl(), "run `python -m service.graphql.export` into schema.graphql"


def _described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that a description belongs to, by its coordinate."""
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", one.description) for value, one in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                arguments = getattr(field, "args", {})
                yield from ((f"{name}.{field_name}({arg})", one.description) for arg, one in arguments.items())


def test_everything_is_described(schema: GraphQLSchema) -> None:
    found = dict(_described(schema))
    assert len(found) > 350
    assert [place for place, text in found.items() if not text] == []


def test_descriptions_are_sentences_that_fit_a_panel(schema: GraphQLSchema) -> None:
    for place, text in _described(schema):
        assert text is not None
        assert re.fullmatch(r"[A-Z0-9`].*[.…]", text), f"{place}: {text}"
        assert "  " not in text, place
        assert len(text) <= 320, f"{place}: {len(text)}"
        words = re.findall(r"[a-z]+", text.lower())
        assert words != re.findall(r"[a-z]+", place.rpartition(".")[2].lower()), f"{place} says its name again"


def test_graphiql_is_told_what_is_kept(open_client: Client, schema: GraphQLSchema) -> None:
    told = build_client_schema(open_client.ask(get_introspection_query(descriptions=True)))
    assert dict(_described(schema)).items() <= dict(_described(told)).items()
    assert [place for place, text in _described(told) if not text] == []
    for directive in told.directives:
        assert directive.description, directive.name
        assert [name for name, one in directive.args.items() if not one.description] == []


@pytest.mark.parametrize(("place", "words"), [
    ("UserError.code", ["INVALID", "UNKNOWN_ITEM", "UNKNOWN_EVENT", "NOT_ALLOWED", "TOO_OLD", "IN_FUTURE",
                        "TOKEN_INVALID", "CONSENT_MISSING", "LIMIT_REACHED", "BACKPRESSURE"]),
    ("Degradation.part", ["FEATURES", "INDEX", "RANKER", "CONSENTS", "EVENTS", "SLATES", "TIME"]),
])
def test_words_that_clients_meet_are_told_where_they_meet_them(
    schema: GraphQLSchema, place: str, words: list[str],
) -> None:
    text = dict(_described(schema))[place] or ""
    assert re.findall(r"\b[A-Z][A-Z_]{3,}\b", text) == words


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
