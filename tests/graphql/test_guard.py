"""The guard: every bound refuses what is beyond it, says which bound, how much was found and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse

from service.graphql.documents import Documents
from service.graphql.guard import BOUNDS, QueryTooComplex
from service.graphql.guard_shape import COUNTLESS, check_shape
from service.graphql.guard_variables import check_variables
from service.graphql.schema import make_schema
from tests.effort import effort_of
from tests.graphql.conftest import Client

SCHEMA = make_schema()._schema
ROOT = Path(__file__).parents[2]


def on_customer(name: str, selections: str) -> str:
    return f"fragment {name} on Customer {{ {selections} }}"


def nested(depth: int) -> str:
    return "{ a " * depth + "}" * depth


BEYOND = {
    "lines": ("{ viewer { id } }" + "\n" * 5_001, "has 5001 lines; at most 5000"),
    "tokens": ("{ viewer { id } }" + " {a}" * 700, "more than 2000 tokens"),
    "comments": ("#\n" * 1_001 + "{ viewer { id } }", "more than 1000 comments"),
    "characters of a name": ("{ viewer { " + "a" * 257 + " } }", "A name or number has 257 characters; at most 256"),
    "digits of a number": ("{ trending(first: " + "9" * 60_000 + ") { slateId } }", "has 60000 characters"),
    "operations": (" ".join(f"query q{one} {{ viewer {{ id }} }}" for one in range(21)), "has 21 operations; at most 20"),
    "fragments": (
        "{ viewer { id } } " + " ".join(on_customer(f"f{one}", "id") for one in range(61)), "has 61 fragments; at most 60",
    ),
    "directives": ("{ viewer { id " + "@include(if: true) " * 51 + "} }", "has 51 directives; at most 50"),
    "directives of variables": (
        "query(" + " ".join(f"$v{one}: Int @x" for one in range(51)) + ") { viewer { id } }", "has 51 directives",
    ),
    "aliases": ("{ viewer { " + " ".join(f"a{one}: id" for one in range(51)) + " } }", "has 51 aliases; at most 50"),
    "depth": ("query Deep " + nested(17), "The operation Deep is 17 fields deep; at most 16"),
    "depth through fragments": (
        "{ viewer { ...a } } " + on_customer("a", "home " + nested(8).replace("{ a }", "{ ...b }", 1))
        + " fragment b on Customer " + nested(9), "fields deep; at most 16",
    ),
    "root fields": (
        "{ " + " ".join(f'a{one}: item(itemId: "p1") {{ itemId }}' for one in range(21)) + " }", "has 21 root fields",
    ),
    "root fields through fragments": (
        "{ ...a ...a ...a } fragment a on Query { " + " ".join(f"a{one}: __typename" for one in range(7)) + " }",
        "has 21 root fields; at most 20",
    ),
    "selections": ("{ viewer { " + "id " * 1_000 + "} }", "selects 1001 fields"),
    "doubling fragments": (
        "{ viewer { ...f0 } } " + " ".join(on_customer(f"f{one}", f"...f{one + 1} ...f{one + 1}") for one in range(50))
        + on_customer("f50", "id"), f"selects {COUNTLESS} fields with its fragments put in place",
    ),
    "repeated fields": ("{ viewer { " + "id " * 21 + "} }", "id is asked for 21 times in one place; at most 20"),
    "fields repeated by fragments": (
        "{ viewer { ...a ...b } } " + on_customer("a", "id " * 11) + on_customer("b", "key: id " + "id " * 10),
        "id is asked for 21 times",
    ),
    "fields repeated below repeated fields": ("{ " + "viewer { id customerId id } " * 11 + "}", "id is asked for 22 times"),
    "fields repeated in an unused fragment": ("{ viewer { id } } " + on_customer("a", "id " * 30), "id is asked for 30"),
    "fields repeated in a fragment of a name used twice": (
        "{ viewer { ...a } } " + on_customer("a", "id " * 30) + on_customer("a", "id"), "id is asked for 30",
    ),
}
ALLOWED = {
    "deepest": "query Deep " + nested(16),
    "most repeats": "{ viewer { " + "id " * 20 + "} }",
    "most aliases": "{ viewer { " + " ".join(f"a{one}: id" for one in range(50)) + " } }",
    "an empty selection": "{ viewer { } }",
    "introspection": get_introspection_query(),
    "the storefront's home page": (ROOT / "service/console/queries/home.graphql").read_text(encoding="utf-8"),
}


def read(text: str) -> Any:
    return Documents(SCHEMA, introspection=True).read_here(text)


@pytest.mark.parametrize("bound", BEYOND)
def test_a_document_beyond_a_bound_is_refused_with_a_sentence(client: Client, bound: str) -> None:
    text, said = BEYOND[bound]
    code, message = client.refused(text)
    assert code == "QUERY_TOO_COMPLEX"
    assert said in message


@pytest.mark.parametrize("kind", ALLOWED)
def test_what_is_within_the_bounds_is_not_the_guards_business(kind: str) -> None:
    assert read(ALLOWED[kind]).operations


@pytest.mark.parametrize(("text", "said"), [
    ("{ viewer { ...a } } " + on_customer("a", "...b") + on_customer("b", "...a"), "within itself"),
    (on_customer("a", "...a") + " { viewer { id } }", "within itself"),
    ("{ viewer { ...nope } }", "Unknown fragment"), ("{ ...nope }", "Unknown fragment"),
    ("{ a { } }", "Cannot query field"),
    ("{ ... on String { a } }", "String"), ("{ viewer { id { a } } }", "must not have a selection"),
    ("query($a: [[[[Nope]]]]) { viewer { id @include(if: $a) } }", "Nope"), ("type A { a: Int } { viewer { id } }", "not exec"),
])
def test_what_is_no_valid_document_is_told_as_such(client: Client, text: str, said: str) -> None:
    errors = client.send(text)["errors"]
    assert {one["extensions"]["code"] for one in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert said in str(errors)


@pytest.mark.parametrize(("variables", "said"), [
    ({"a": [1] * 1_001}, "has 1001 entries; at most 1000"),
    ({f"a{one}": 1 for one in range(1_001)}, "has 1001 entries"),
    ({"a": {f"k{one}": 1 for one in range(1_001)}}, "has 1001 entries"),
    ({f"a{one}": [1] * 1_000 for one in range(11)}, "more than 10000 values"),
    ({"a": [[[[[[[[[[[]]]]]]]]]]]}, "nested 11 deep; at most 10"),
    ({"a": "x" * 20_001}, "has 20001 characters; at most 20000"),
    ({"a": [{"b": "x" * 20_001}]}, "has 20001 characters"),
])
def test_variables_beyond_a_bound_are_refused(client: Client, variables: dict[str, Any], said: str) -> None:
    code, message = client.refused("{ viewer { id } }", variables)
    assert (code, said in message) == ("QUERY_TOO_COMPLEX", True), message


def test_five_hundred_whole_events_are_within_the_bounds() -> None:
    check_variables({"input": {"events": [{f"field{one}": "x" for one in range(18)}] * 500}})


def bombs() -> Iterator[str]:
    """Sixty-four kibibytes of each kind; those that other libraries take seconds or minutes for among them."""
    for unit in ("{", "{a", "a{", "[", '"', '"""', "#", "#\n", "\n", "...", "@a", "$a", "a ", "a:b ", "{id}", "é", "\\u0041",
                 "query{a}", "fragment a on B{...a}", '"a"', "0", "-", "!", "\ufeff", ",", "...on Customer{"):
        yield unit * (65_000 // len(unit.encode()))
        yield "{ viewer { id" + unit * (60_000 // len(unit.encode())) + "} }"
    yield "{ viewer " + "{ ...on Customer " * 180 + "{ id }" + "}" * 181
    yield "{ " + " ".join(f"x: viewer {{ a: recommendations(first: {one}) {{ slateId }} }}" for one in range(19)) + "}"
    yield "{ viewer { " + " ".join(f"...f{one}" for one in range(40)) + "} }" + "".join(
        on_customer(f"f{one}", " ".join(f"...f{other}" for other in range(one + 1, 40)) + " id") for one in range(40))
    yield "{ viewer { " + " ".join(f"...f{one}" for one in range(20)) + "} }" + "".join(
        on_customer(f"f{one}", "home { shelves { items { nodes { id item { itemId title } } } } }") for one in range(20))
    yield "query(" + " ".join(f"$v{one}: [[Int!]!]!" for one in range(150)) + ") { viewer { id } }"
    yield "{ nodes(ids: [" + '"a" ' * 1_900 + "]) { id } }"
    yield "{ nodes(ids: " + "[" * 190 + "]" * 190 + ") { id } }"
    yield "{ viewer { recommendations(filter: {" + "brand: [] " * 400 + "}) { slateId } } }"
    yield '{ item(itemId: """' + "a\n " * 2_400 + '""") { itemId } }'
    yield "{ viewer { " + "\n" * 4_000 + " ".join(f"z{one}" for one in range(900)) + "} }"


@pytest.mark.parametrize("text", list(bombs()), ids=lambda text: text[:24].encode("unicode_escape").decode())
def test_no_document_takes_much_to_read(text: str) -> None:
    """Half a million calls are about a tenth of a second; others' bombs take many millions."""

    def work() -> None:
        with suppress(GraphQLError, QueryTooComplex):
            read(text)

    assert effort_of(work) < 500_000


def test_the_bounds_hold_whatever_the_schema() -> None:
    schema = build_schema("type Query { a: Query b: String }")
    with pytest.raises(QueryTooComplex, match="17 fields deep"):
        Documents(schema, introspection=True).read_here(nested(17))


def test_reading_keeps_documents_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.graphql.documents.MOST_TOKENS_KEPT", 100)
    reader = Documents(SCHEMA, introspection=True)
    first, *_, last = texts = [f"query q{number} {{ viewer {{ {'id ' * 20}}} }}" for number in range(5)]
    kept = reader.read_here(first)
    assert reader.known(first) is reader.read_here(first) is kept
    for text in texts:
        reader.read_here(text)
    assert (reader.known(first), reader.known(last) is None) == (None, False)


def test_what_was_refused_is_not_kept() -> None:
    reader = Documents(SCHEMA, introspection=True)
    assert reader.read_here("{ nothing }").errors
    assert reader.known("{ nothing }") is None


def test_each_fragment_is_looked_at_once() -> None:
    wide = " ".join(on_customer(f"f{one}", f"...f{one + 1} " * 20) for one in range(59)) + on_customer("f59", "id")
    document = parse("{ viewer { ...f0 } } " + wide)

    def check() -> None:
        with pytest.raises(QueryTooComplex, match=str(COUNTLESS)):
            check_shape(document, BOUNDS)

    assert effort_of(check) < 20 * 60 * 20, "some calls for each of the 1200 spreads, and not for each way through them"
