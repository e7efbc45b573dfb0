"""Bombs: documents of at most 64 KiB that take naive servers seconds, minutes, or down."""

from __future__ import annotations

from tests.acceptance.hostile import BAD, CURSOR, INPUT, INVALID, TOO_COMPLEX, UNPARSED, Attack, asks


def customer(name: str, selections: str) -> str:
    return f"fragment {name} on Customer {{ {selections} }} "


def many(pattern: str, size: int) -> str:
    """A pattern so many times, `#` being each one's number."""
    return " ".join(pattern.replace("#", str(number)) for number in range(size))


FEED = "recommendations(first: 1, diversity: 0.#) { nodes { position } }"
CROWD = "slateId nodes { id token position item { itemId title description category tags } }"

DEPTH = [
    asks("depth of 190 fields", TOO_COMPLEX, "{ a " * 190 + "}" * 190),
    asks("depth of 15000 fields", UNPARSED, "{ a " * 15_000),
    asks("depth of lists in a value", INVALID, "{ nodes(ids: " + "[" * 190 + "]" * 190 + ") { id } }"),
    asks("depth of 30000 lists in a value", UNPARSED, "{ nodes(ids: " + "[" * 30_000),
    asks("depth of objects in a value", INVALID, "{ viewer { recommendations(filter: " + "{a: " * 150 + "1" + "}" * 150 + ") { slateId } } }"),
    asks("depth of list types", INVALID, "query($a: " + "[" * 190 + "Int" + "]" * 190 + ") { viewer { id @include(if: $a) } }"),
    asks("depth through fragments", TOO_COMPLEX, "{ viewer { ...f0 } } " + "".join(
        customer(f"f{one}", f"home {{ shelves {{ ...f{one + 1} }} }}") for one in range(59)) + customer("f59", "id")),
    asks("depth through items related to items", TOO_COMPLEX, "{ trending { nodes { item { ... on Product { related { nodes { item { ... on "
         "Product { related { nodes { item { ... on Product { related { nodes { item { ... on Product { related { nodes { item { itemId "
         + "} " * 20),
    asks("depth of inline fragments", "", "{ viewer " + "{ ... on Customer " * 150 + "{ __typename }" + "}" * 151),
]
ALIASES = [
    asks("aliases of one field", TOO_COMPLEX, "{ viewer { " + many("a#: id", 5_000)[:60_000] + " } }"),
    asks("aliases of roots", TOO_COMPLEX, "{ " + many("a#: viewer { id }", 300) + " }"),
    asks("aliases of feeds", TOO_COMPLEX, "{ viewer { " + many(f"a#: {FEED}", 50) + " } }"),
    asks("aliases of home pages", TOO_COMPLEX, "{ viewer { " + many('a#: home(placement: "p#") { slateId }', 40) + " } }"),
    asks("aliases in long lists", TOO_COMPLEX, "{ trending(first: 100) { nodes { " + many(
        "a#: reasons(first: 10) { evidence { item { itemId title } } }", 48) + " } } }"),
    asks("aliases that guess ids", TOO_COMPLEX, "{ " + many('a#: node(id: "Q3VzdG9tZXI6YzprM#") { id }', 200) + " }"),
]
FRAGMENTS = [
    asks("fragments that double", TOO_COMPLEX, "{ viewer { ...f0 } } " + "".join(
        customer(f"f{one}", f"...f{one + 1} ...f{one + 1}") for one in range(50)) + customer("f50", "id")),
    asks("fragments that double 500 times", TOO_COMPLEX, "{ viewer { ...f0 } } " + "".join(
        customer(f"f{one}", f"...f{one + 1} ...f{one + 1}") for one in range(500)) + customer("f500", "id")),
    asks("fragments each of all others", TOO_COMPLEX, "{ viewer { ...f0 } } " + "".join(
        customer(f"f{one}", many("...f#", one)) for one in range(40))),
    asks("fragments in a circle", INVALID, "{ viewer { ...a } } " + customer("a", "...b") + customer("b", "...a")),
    asks("fragments in a circle of sixty", INVALID, "{ viewer { ...f0 } } " + "".join(
        customer(f"f{one}", f"id ...f{(one + 1) % 60}") for one in range(60))),
    asks("a fragment within itself", INVALID, "{ ...a } fragment a on Query { viewer { ...b } ...a } " + customer("b", "id")),
    asks("a fragment that is not there", INVALID, "{ ...nope }"),
    asks("fragments nobody spreads", INVALID, "{ viewer { id } } " + "".join(customer(f"f{one}", "id") for one in range(50))),
    asks("2000 fragments", TOO_COMPLEX, "{ viewer { id } } " + many("fragment f# on A { a }", 2_000)),
    asks("fragments of one name", INVALID, "{ viewer { ...a } } " + customer("a", "id") * 15),
    asks("a fragment on a scalar", INVALID, "{ viewer { ... on String { id } } }"),
]
DIRECTIVES = [
    asks("directives on a field", TOO_COMPLEX, "{ viewer { id " + "@include(if: true) " * 300 + "} }"),
    asks("directives that are not there", INVALID, "{ viewer { id " + "@a " * 49 + "} }"),
    asks("20000 directives", TOO_COMPLEX, "{ viewer { id " + "@a " * 20_000 + "} }"),
    asks("directives on variables", TOO_COMPLEX, "query(" + many("$a#: Int @b", 100) + ") { viewer { id } }"),
    asks("deferring what cannot be deferred", INVALID, "{ viewer { ... @defer { id } } }"),
    asks("streaming what cannot be streamed", INVALID, "{ trending { nodes @stream { id } } }"),
]
OVERLAPS = [
    asks("one field 20000 times", TOO_COMPLEX, "{ viewer { " + "id " * 20_000 + "} }"),
    asks("one object 300 times", TOO_COMPLEX, "{ " + "viewer { id } " * 300 + "}"),
    asks("deep objects 19 times", "", "{ " + "viewer { home { shelves { key } } } " * 19 + "}"),
    asks("objects with other arguments", INVALID, "{ " + many("x: viewer { a: recommendations(first: #) { slateId } }", 19) + " }"),
    asks("fragments of the same fields", TOO_COMPLEX, "{ viewer { " + many("...f#", 50) + " } } " + "".join(
        customer(f"f{one}", "recommendations { " + CROWD + " }") for one in range(50))),
    asks("fields repeated in fragments nobody reaches", TOO_COMPLEX, "{ viewer { id } } " + customer("a", "id " * 900)),
]
OPERATIONS = [
    asks("300 operations", TOO_COMPLEX, many("query q# { a }", 300)),
    asks("several operations and no name", BAD, "query a { viewer { id } } query b { viewer { id } }"),
    asks("operations of one name", INVALID, "query a { viewer { id } } query a { viewer { id } }"),
    asks("60 nameless operations", TOO_COMPLEX, "{ viewer { id } } " * 60),
    asks("no operation", BAD, customer("a", "id")),
    asks("a document of types", BAD, "type A { a: Int } extend type Query { b: Int }"),
    asks("types beside an operation", INVALID, "{ viewer { id } } type Query { secret: String }"),
    asks("the schema three times over", TOO_COMPLEX, "{ " + many("a#: __schema { types { name } }", 3) + " }"),
    asks("the schema of a schema of a schema", INVALID, "{ __schema { types { fields { type { fields { type { fields { type { fields { "
         "type { name } } } } } } } } } } }"),
]
TOKENS = [
    asks("comments", TOO_COMPLEX, "#\n" * 32_000 + "{ viewer { id } }"),
    asks("lines", TOO_COMPLEX, "\n" * 60_000 + "{ viewer { id } }"),
    asks("one comment of 64 KiB and nothing else", UNPARSED, "#" * 65_000),
    asks("braces", UNPARSED, "{" * 65_000),
    asks("spreads", UNPARSED, "{" + "..." * 21_000),
    asks("names", TOO_COMPLEX, "{ viewer { " + "a " * 30_000 + "} }"),
    asks("a name of 60000 letters", TOO_COMPLEX, "{ " + "a" * 60_000 + " }"),
    asks("a number of 60000 digits", TOO_COMPLEX, "{ trending(first: " + "9" * 60_000 + ") { slateId } }"),
    asks("a text that never ends", UNPARSED, '{ item(itemId: "' + "a" * 60_000),
    asks("a block that never ends", UNPARSED, '{ item(itemId: """' + "a" * 60_000),
    asks("escapes", CURSOR, '{ viewer { recommendations(after: "' + "\\u0041" * 10_000 + '") { slateId } } }'),
    asks("half a character", UNPARSED, '{ item(itemId: "\\ud800") { itemId } }'),
    asks("a list of 5000 ids", TOO_COMPLEX, "{ nodes(ids: [" + '"a" ' * 5_000 + "]) { id } }"),
    asks("fields that are not there, far down", INVALID, "{ viewer { " + "\n" * 4_000 + many("z#", 500) + " } }"),
    asks("control characters", UNPARSED, "{ viewer { \x00\x01\x02 } }"),
    asks("a query of 65 KiB", BAD, "{ viewer { id } }" + " " * 65_536),
]
COSTS = [
    asks("long lists of long lists", TOO_COMPLEX, "{ trending(first: 100) { nodes { item { ... on Product { related(first: 100) { " + CROWD + " } } } } } }"),
    asks("explanations of three hundred", TOO_COMPLEX, "{ viewer { "
         + many("a#: recommendations(first: 100) { nodes { reasons(first: 10) { positionWithout } } }", 3) + " } }"),
    asks("long lists by a variable", TOO_COMPLEX, "query($n: Int) { trending(first: $n) { nodes { item { ... on Product { related(first: $n) "
         "{ " + CROWD + " } } } } } }", {"n": 100}),
    asks("long lists by a default", TOO_COMPLEX, "query($n: Int = 100) { trending(first: $n) { nodes { item { ... on Product { "
         "related(first: $n) { " + CROWD + " } } } } } }"),
    asks("a list of minus one", INPUT, "{ trending(first: -1) { slateId } }"),
    asks("a list of a thousand million", INPUT, "{ trending(first: 1000000000) { slateId } }"),
    asks("a list of 2 to the 31st", INVALID, "{ trending(first: 2147483648) { slateId } }"),
]

ATTACKS: list[Attack] = [*DEPTH, *ALIASES, *FRAGMENTS, *DIRECTIVES, *OVERLAPS, *OPERATIONS, *TOKENS, *COSTS]
