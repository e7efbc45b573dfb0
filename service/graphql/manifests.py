"""The files that name a shop's own documents: GraphQL as people write it, and the manifests that clients' tools write.

A document counts under the id that its manifest gives it and under the SHA-256 of its text, so that a client may send
either. A `.graphql` file stands for what clients make of it as well: each operation with the fragments that it needs,
printed as it is and with the `__typename` that Apollo Client adds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from service.graphql.limits import MOST_NAME_CHARACTERS
from service.graphql.persisted import digest
from service.recommender.errors import InvalidArgument

_APOLLO = "apollo-persisted-query-manifest"
_TYPENAME = FieldNode(name=NameNode(value="__typename"))


def read_manifests(files: Mapping[str, str]) -> dict[str, str]:
    """Read documents out of files.

    Parameters
    ----------
    files : texts by file name; `.json` are manifests, everything else is GraphQL, whose fragments serve all files

    Returns
    -------
    Texts by id and by SHA-256.

    Raises
    ------
    InvalidArgument
        If a file is neither, or an id means two texts; it says which.
    """
    found: dict[str, str] = {}
    sources = {name: _parsed(name, text) for name, text in files.items() if not name.endswith(".json")}
    fragments = {one.name.value: one for source in sources.values() for one in _of(source, FragmentDefinitionNode)}
    for name, text in files.items():
        source = sources.get(name)
        named = _manifest(name, text) if source is None else dict(_written(name, text, source, fragments))
        for key, document in named.items():
            for one in (key, digest(document)):
                if found.setdefault(one, document) != document:
                    raise InvalidArgument(f"{name}: the id {one!r} means two documents.")
    return found


def _manifest(name: str, text: str) -> dict[str, str]:
    """Read a manifest of Apollo, or one of Relay and GraphQL Code Generator: texts by id."""
    try:
        said: Any = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"{name}: no JSON ({error}).") from error
    if isinstance(said, dict) and said.get("format") == _APOLLO:
        operations = said.get("operations")
        listed = operations if isinstance(operations, list) else []
        said = {one.get("id"): one.get("body") for one in listed if isinstance(one, dict)}
    if not isinstance(said, dict) or not said or not all(map(_is_entry, said.items())):
        raise InvalidArgument(
            f"{name}: no manifest; it is Apollo's ({_APOLLO}), or, as Relay and GraphQL Code Generator write it, a "
            f"JSON object of documents by their ids, each of at most {MOST_NAME_CHARACTERS} characters.",
        )
    return said


def _is_entry(entry: tuple[object, object]) -> bool:
    key, document = entry
    return isinstance(key, str) and 0 < len(key) <= MOST_NAME_CHARACTERS and isinstance(document, str)


def _parsed(name: str, text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLError as error:
        raise InvalidArgument(f"{name}: {error.message}") from error


def _written(
    name: str, text: str, source: DocumentNode, fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[tuple[str, str]]:
    """List the texts that a file of GraphQL may arrive as, by their SHA-256; one of fragments alone has none."""
    operations = _of(source, OperationDefinitionNode)
    own = {one.name.value for one in _of(source, FragmentDefinitionNode)}
    if operations and set(_needed(source, fragments, name)) <= own:
        yield from ((digest(whole), whole) for whole in (text, text.strip()))
    for operation in operations:
        needed = set(_needed(operation, fragments, name))
        local = [one for one in source.definitions if one is operation or _name(one) in needed & own]
        alone = DocumentNode(definitions=(*local, *(fragments[one] for one in sorted(needed - own))))
        for variant in (alone, visit(alone, _WithTypename())):
            printed = print_ast(variant)
            yield digest(printed), printed


def _needed(
    node: DocumentNode | OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], file: str,
) -> Iterable[str]:
    """Name the fragments that a node spreads, and those that they spread."""
    seen: dict[str, None] = {}
    waiting: list[Any] = [node]
    while waiting:
        spreads = _Spreads()
        visit(waiting.pop(), spreads)
        for name in spreads.names:
            if name not in fragments:
                raise InvalidArgument(f"{file}: the fragment {name} is in none of the files.")
            if name not in seen:
                seen[name] = None
                waiting.append(fragments[name])
    return seen


def _of(source: DocumentNode, kind: type[Any]) -> list[Any]:
    return [one for one in source.definitions if isinstance(one, kind)]


def _name(definition: Any) -> str | None:
    return definition.name.value if isinstance(definition, FragmentDefinitionNode) else None


class _Spreads(Visitor):
    """Collects the fragments that a node spreads."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)


class _WithTypename(Visitor):
    """Adds `__typename` where Apollo Client does: last in every selection but an operation's own."""

    def enter_selection_set(self, node: SelectionSetNode, _key: object, parent: object, *_: object) -> Any:
        asked = [one.name.value for one in node.selections if isinstance(one, FieldNode)]
        if isinstance(parent, OperationDefinitionNode) or any(name.startswith("__") for name in asked):
            return None
        return SelectionSetNode(selections=(*node.selections, _TYPENAME))
