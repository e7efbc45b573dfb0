"""The plan of an operation: every field that its answer may hold, once for each place, fragments put in place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from service.graphql.guard import BOUNDS, Bounds, hold
from service.graphql.guard_shape import Definition, executable

_Part = tuple[SelectionSetNode, GraphQLNamedType | None]


@dataclass(frozen=True, slots=True)
class Variant:
    """A field as one type has it; `definition` is None where that type has none, which validation refuses."""

    parent: str
    node: FieldNode
    definition: GraphQLField | None

    @property
    def coordinate(self) -> str:
        """The field's name over all types: `Customer.home`."""
        return f"{self.parent}.{self.node.name.value}"


@dataclass(slots=True)
class Place:
    """One place of an answer: a field under its response name."""

    variants: list[Variant]
    places: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation and the places of its answer."""

    operation: OperationDefinitionNode
    places: Mapping[str, Place]


class Planner:
    """Makes the plans of one document, whose shape is within its bounds."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, bounds: Bounds = BOUNDS) -> None:
        self._schema, self._bounds = schema, bounds
        self._definitions = list(executable(document))
        self._fragments = {
            one.name.value: one for one in self._definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._met: set[int] = set()

    def plans(self) -> list[Plan]:
        """Plan every operation; what no operation reaches is held against the bounds all the same.

        Raises
        ------
        QueryTooComplex
            If a response name is asked for too often in one place.
        """
        made = [
            Plan(one, self._places([(one.selection_set, self._root(one))]))
            for one in self._definitions if isinstance(one, OperationDefinitionNode)
        ]
        for one in self._definitions:
            if isinstance(one, FragmentDefinitionNode) and id(one) not in self._met:
                self._places([self._part_of(one)])
        return made

    def _places(self, parts: Iterable[_Part]) -> dict[str, Place]:
        """Merge selections of one place; recursion is as deep as the document, which is bounded."""
        waiting, found = list(parts), defaultdict[str, list[Variant]](list)
        while waiting:
            below, parent = waiting.pop()
            for node in below.selections:
                if isinstance(node, FieldNode):
                    named = node.alias or node.name
                    found[named.value].append(self._variant(parent, node))
                elif not isinstance(node, FragmentSpreadNode):
                    kind = node.type_condition  # type: ignore[attr-defined]
                    waiting.append((node.selection_set, self._type(kind.name.value) if kind else parent))  # type: ignore[attr-defined]
                elif fragment := self._fragments.get(node.name.value):
                    waiting.append(self._part_of(fragment))
        for name, variants in found.items():
            told = name if len(name) <= 64 else "a field"  # noqa: PLR2004 - longer names are no use to a reader
            hold(len(variants), self._bounds.repeats, f"{told} is asked for {{found}} times in one place")
        return {name: Place(_distinct(variants), self._places(_below(variants))) for name, variants in found.items()}

    def _variant(self, parent: GraphQLNamedType | None, node: FieldNode) -> Variant:
        known = self._schema.get_field(parent, node.name.value) if parent else None  # type: ignore[arg-type]
        return Variant(parent.name if parent else "", node, known)

    def _part_of(self, fragment: FragmentDefinitionNode) -> _Part:
        self._met.add(id(fragment))
        return fragment.selection_set, self._type(fragment.type_condition.name.value)

    def _root(self, operation: OperationDefinitionNode) -> GraphQLNamedType | None:
        return self._schema.get_root_type(operation.operation)

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self._schema.get_type(name)


def _below(variants: Iterable[Variant]) -> list[_Part]:
    return [
        (one.node.selection_set, get_named_type(one.definition.type) if one.definition else None)
        for one in variants if one.node.selection_set
    ]


def _distinct(variants: Iterable[Variant]) -> list[Variant]:
    """One variant of each type: in a valid document, those of one type have the same arguments."""
    return list({one.parent: one for one in variants}.values())


__all__ = ["Definition", "Place", "Plan", "Planner", "Variant"]
