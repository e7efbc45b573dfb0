"""How the schema may change: `python -m service.graphql.evolution` fails where a change breaks clients undeclared.

`released.graphql` is the schema that clients have. A change that breaks their operations, or a router's composition, is
declared in `breaking_changes.txt`, one sentence a line just as this check tells it, and noted in the changelog in the
same words. A release takes the schema of its day as `released.graphql` and empties the declarations.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    DirectiveNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    print_ast,
)

from service.graphql.schema import sdl

HERE = Path(__file__).parent
CHANGELOG = HERE.parents[1] / "CHANGELOG.md"


def breaking_changes(released: str, current: str) -> list[str]:
    """Tell what of a schema clients or routers rely on is gone, or means something else.

    >>> breaking_changes("type Query { a: Int b(c: Int): Int }", "type Query { a: Int! b: Int }")
    ['Argument Query.b(c:) was removed.']
    """
    old, new = (build_schema(text, assume_valid=True, assume_valid_sdl=True) for text in (released, current))
    found = [change.description for change in find_breaking_changes(old, new)]
    had, has = set(_directives(old)), set(_directives(new))
    there = {place for place, _ in has} | set(new.type_map) | set(_fields(new))
    found += [f"{place} lost {directive}." for place, directive in had - has if place in there]
    found += [f"{place} became {directive}." for place, directive in has - had if directive == "@inaccessible"]
    return sorted(found)


def faults(released: str, current: str, declared: str, changelog: str) -> list[str]:
    """Say what to mend: breaks that are not declared, declarations without a break, or without a note."""
    breaks = breaking_changes(released, current)
    said = [line.strip() for line in declared.splitlines() if line.strip() and not line.startswith("#")]
    notes = " ".join(changelog.split())
    return [
        *(f"breaks clients, and is not declared: {one}" for one in breaks if one not in said),
        *(f"is declared, but nothing of it changed: {one}" for one in said if one not in breaks),
        *(f"is declared, but the changelog does not say it: {one}" for one in said if one not in notes),
    ]


def _fields(schema: GraphQLSchema) -> Iterator[str]:
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from (f"{name}.{field}" for field in kind.fields)


def _directives(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Directives that routers compose by, each with the type or field that has it."""
    for name, kind in schema.type_map.items():
        nodes: list[tuple[str, tuple[DirectiveNode, ...]]] = []
        if kind.ast_node is not None:
            nodes.append((name, kind.ast_node.directives or ()))
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            given = ((field, one.ast_node) for field, one in kind.fields.items())
            nodes += [(f"{name}.{field}", node.directives or ()) for field, node in given if node is not None]
        for place, directives in nodes:
            yield from ((place, print_ast(one)) for one in directives if one.name.value in _COMPOSED_BY)


_COMPOSED_BY = frozenset({"key", "shareable", "inaccessible"})


if __name__ == "__main__":
    told = faults(
        (HERE / "released.graphql").read_text(encoding="utf-8"), sdl(),
        (HERE / "breaking_changes.txt").read_text(encoding="utf-8"), CHANGELOG.read_text(encoding="utf-8"),
    )
    sys.stderr.writelines(f"schema: {one}\n" for one in told)
    sys.exit(1 if told else 0)
