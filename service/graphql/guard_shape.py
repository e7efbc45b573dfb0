"""The shape of a document: each definition is walked once, and a fragment counts wherever it is spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
)

from service.graphql.guard import BOUNDS, Bounds, hold

Definition = OperationDefinitionNode | FragmentDefinitionNode
COUNTLESS = 1_000_000_000
"""Where counting stops: thirty fragments that spread each other twice make more."""


@dataclass(slots=True)
class Shape:
    """How large a definition is, first by itself, then with its fragments put in place."""

    selections: int = 0
    depth: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0
    spreads: list[tuple[FragmentSpreadNode, int]] = field(default_factory=list)
    """Each with the number of fields around it."""

    def put_in_place(self, fragments: Mapping[str, Shape]) -> None:
        """Add what the fragments bring; one that is not there brings nothing, and validation says so."""
        for spread, around in self.spreads:
            if brought := fragments.get(spread.name.value):
                self.selections = min(self.selections + brought.selections, COUNTLESS)
                self.depth = max(self.depth, around + brought.depth)
                self.root_fields = min(self.root_fields + (0 if around else brought.root_fields), COUNTLESS)


def check_shape(document: DocumentNode, bounds: Bounds = BOUNDS) -> None:
    """Hold a document against the bounds.

    Raises
    ------
    QueryTooComplex
    GraphQLError
        If fragments spread each other in a circle: nothing after this could count them.
    """
    definitions = list(executable(document))
    operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
    hold(len(operations), bounds.operations, "The document has {found} operations")
    hold(len(definitions) - len(operations), bounds.fragments, "The document has {found} fragments")
    shapes = [(one, _alone(one)) for one in definitions]
    hold(sum(one.directives for _, one in shapes), bounds.directives, "The document has {found} directives")
    hold(sum(one.aliases for _, one in shapes), bounds.aliases, "The document has {found} aliases")
    fragments = {one.name.value: shape for one, shape in shapes if isinstance(one, FragmentDefinitionNode)}
    for name in _innermost_first(fragments):
        fragments[name].put_in_place(fragments)
    for one, shape in shapes:
        if isinstance(one, OperationDefinitionNode):
            shape.put_in_place(fragments)
            hold(shape.root_fields, bounds.root_fields, f"{_named(one)} has {{found}} root fields")
        hold(shape.depth, bounds.depth, f"{_named(one)} is {{found}} fields deep")
    total = min(sum(shape.selections for _, shape in shapes), COUNTLESS)
    hold(total, bounds.selections, "The document selects {found} fields with its fragments put in place")


def executable(document: DocumentNode) -> Iterator[Definition]:
    """Operations and fragments; anything else is refused by validation."""
    return (one for one in document.definitions if isinstance(one, Definition))


def _alone(definition: Definition) -> Shape:
    """Measure a definition without its fragments."""
    shape = Shape(directives=len(definition.directives or ()))
    if isinstance(definition, OperationDefinitionNode):
        shape.directives += sum(len(one.directives or ()) for one in definition.variable_definitions or ())
    waiting = [(definition.selection_set, 0)]
    while waiting:
        below, around = waiting.pop()
        for node in below.selections:
            shape.selections += 1
            shape.directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                shape.spreads.append((node, around))
                continue
            deeper = around
            if isinstance(node, FieldNode):
                deeper += 1
                shape.depth = max(shape.depth, deeper)
                shape.root_fields += not around
                shape.aliases += node.alias is not None
            if node.selection_set:  # type: ignore[attr-defined]
                waiting.append((node.selection_set, deeper))  # type: ignore[attr-defined]
    return shape


def _innermost_first(fragments: Mapping[str, Shape]) -> Iterator[str]:
    """Each fragment after those that it spreads."""
    done: set[str] = set()
    for name in fragments:
        path, inside = [(name, iter(fragments[name].spreads))], {name}
        while name not in done:
            current, spreads = path[-1]
            for spread, _ in spreads:
                wanted = spread.name.value
                if wanted in inside:
                    raise GraphQLError(f"Cannot spread fragment '{wanted}' within itself.", [spread])
                if wanted in fragments and wanted not in done:
                    path.append((wanted, iter(fragments[wanted].spreads)))
                    inside.add(wanted)
                    break
            else:
                path.pop()
                inside.discard(current)
                done.add(current)
                yield current


def _named(definition: DefinitionNode) -> str:
    kind = "fragment" if isinstance(definition, FragmentDefinitionNode) else "operation"
    name = definition.name.value if definition.name else ""  # type: ignore[attr-defined]
    return f"The {kind} {name}" if name and len(name) <= 64 else f"The {kind}"  # noqa: PLR2004
