"""Holes: every place of the schema where a client may put a text of its own, so where it might put somebody else's id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
)

TEXTS = {"ID", "String", "_Any"}
PLAIN: Mapping[str, str] = {
    "Int": "2", "Float": "0", "Boolean": "true", "DateTime": '"2026-03-02T09:00:00+00:00"', "Decimal": '"1"',
    "Date": '"2026-03-02"', "ID": '"x"', "String": '"x"', "JSON": "{}",
}
"""What stands where something must be said beside the hole."""


@dataclass(frozen=True)
class Hole:
    """A place for a text.

    Parameters
    ----------
    field : the field of the type whose argument it is, or is in
    name : of the last step to it
    arguments : with `%s` where the text, as a literal, goes
    """

    type: str
    field: str
    name: str
    arguments: str
    returns: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}({self.arguments})"


def holes(schema: GraphQLSchema) -> Iterator[Hole]:
    """Find all of them."""
    for name, kind in schema.type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in kind.fields.items():
            for argument_name, written in _written(field.args):
                returns = get_named_type(field.type).name
                yield Hole(name, field_name, argument_name, ", ".join(f"{n}: {v}" for n, v in written.items()), returns)


def _written(
    inputs: Mapping[str, GraphQLArgument | GraphQLInputField],
) -> Iterator[tuple[str, dict[str, str]]]:
    """Write arguments, or the fields of an input, with one hole at a time."""
    needed = {name: _plain(one.type) for name, one in inputs.items() if isinstance(one.type, GraphQLNonNull)}
    for name, one in inputs.items():
        for hole, text in _with_hole(name, one.type):
            yield hole, {**needed, name: text}


def _with_hole(name: str, kind: GraphQLInputType) -> Iterator[tuple[str, str]]:
    if isinstance(kind, GraphQLNonNull):
        yield from _with_hole(name, kind.of_type)
    elif isinstance(kind, GraphQLList):
        yield from ((hole, f"[{text}]") for hole, text in _with_hole(name, kind.of_type))
    elif isinstance(kind, GraphQLInputObjectType):
        for hole, fields in _written(kind.fields):
            yield hole, f"{{{', '.join(f'{n}: {v}' for n, v in fields.items())}}}"
    elif isinstance(kind, GraphQLScalarType) and kind.name in TEXTS:
        yield name, "%s"


def _plain(kind: GraphQLInputType) -> str:
    if isinstance(kind, GraphQLNonNull):
        return _plain(kind.of_type)
    if isinstance(kind, GraphQLList):
        return "[]" if not isinstance(get_named_type(kind), GraphQLInputObjectType) else f"[{_plain(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: _plain(one.type) for name, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)}
        return f"{{{', '.join(f'{n}: {v}' for n, v in needed.items())}}}"
    return PLAIN[kind.name]
