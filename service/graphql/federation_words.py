"""Descriptions of what Apollo Federation's directives bring along, which Strawberry leaves silent in GraphiQL."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import GraphQLEnumType, GraphQLSchema

DIRECTIVES: Mapping[str, str] = {
    "key": "For routers: the fields by which other services know objects of the type.",
    "shareable": "For routers: other services may tell this as well, with the same meaning.",
    "inaccessible": "For routers: this is no part of what clients of the supergraph see.",
    "link": "For routers: where the directives of this schema are defined.",
}
ARGUMENTS: Mapping[str, str] = {
    "key(fields)": "Names of the fields that together name an object.",
    "key(resolvable)": "Whether this service finds objects again by the key.",
    "link(url)": "The definition, with its version.",
    "link(as)": "A prefix for its names.",
    "link(for)": "What a router must understand it for.",
    "link(import)": "Directives of it that are used without a prefix.",
}
TYPES: Mapping[str, str] = {
    "_FieldSet": "Names of fields, as in a selection.",
    "link__Import": "A directive's name, or its name and what it is called here.",
    "link__Purpose": "What a router must understand a definition for.",
    "link__Purpose.SECURITY": "To keep hidden what is hidden.",
    "link__Purpose.EXECUTION": "To execute operations rightly.",
}


def describe(schema: GraphQLSchema) -> None:
    """Give the schema's directives, their arguments and the types of these their descriptions."""
    for directive in schema.directives:
        directive.description = DIRECTIVES.get(directive.name, directive.description)
        for name, argument in directive.args.items():
            argument.description = ARGUMENTS.get(f"{directive.name}({name})", argument.description)
    for name, kind in schema.type_map.items():
        kind.description = TYPES.get(name, kind.description)
        if isinstance(kind, GraphQLEnumType):
            for value, one in kind.values.items():
                one.description = TYPES.get(f"{name}.{value}", one.description)
