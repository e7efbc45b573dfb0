"""Operations out of schemathesis' GraphQL generator, salted with what exists in the shop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random  # noqa: TID251 - Hypothesis' own, seeded by it
from typing import Any

import schemathesis
from graphql import (
    REMOVE,
    ArgumentNode,
    IntValueNode,
    ObjectFieldNode,
    StringValueNode,
    ValueNode,
    Visitor,
    parse,
    parse_value,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from schemathesis import GenerationMode

Salt = Mapping[str, Sequence[str]]
"""Values that exist, by the name of the argument or input field that takes them."""
OPTIONAL = frozenset({
    "first", "last", "after", "before", "filter", "context", "locale", "diversity", "anchorItemId", "profiling", "priceFrom", "priceTo",
})
"""Left out now and then: all given at once contradict each other."""
LENGTHS = ("1", "2", "5", "20", "100")
KEYS = [("Product", "itemId"), ("Product", "id"), ("Content", "itemId"), ("Ad", "id"), ("Customer", "customerId"), ("Customer", "id"),
        ("Nothing", "id")]


def _written(value: object) -> ValueNode:
    return parse_value(json.dumps(value))


def _reference(key: tuple[str, str], value: str) -> ValueNode:
    return parse_value(f"{{ __typename: {json.dumps(key[0])}, {key[1]}: {json.dumps(value)} }}")


def register_scalars() -> None:
    """Tell schemathesis what our scalars look like; dates and times it knows."""
    amounts = st.decimals(-10, 10_000, places=2).map(str)
    schemathesis.graphql.scalar("Decimal", st.one_of(amounts, st.text(max_size=5)).map(_written))
    schemathesis.graphql.scalar("JSON", st.text(max_size=5).map(_written))
    schemathesis.graphql.scalar("_Any", st.builds(_reference, st.sampled_from(KEYS), st.text("kt-1", max_size=5)))


class _Salting(Visitor):
    """Puts what exists in the place of about half of what was made up."""

    def __init__(self, salt: Salt, draw: Random) -> None:
        super().__init__()
        self._salt, self._draw = salt, draw

    def enter_argument(self, node: ArgumentNode, *_: object) -> object:
        return self._changed(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> object:
        return self._changed(node)

    def _changed(self, node: ArgumentNode | ObjectFieldNode) -> object:
        name = node.name.value
        if name in OPTIONAL and self._draw.random() < 0.6:
            return REMOVE
        if isinstance(node.value, IntValueNode) and name in {"first", "last"} and self._draw.random() < 0.8:
            return type(node)(name=node.name, value=IntValueNode(value=self._draw.choice(LENGTHS)))
        known = self._salt.get(name)
        if known and isinstance(node.value, StringValueNode) and self._draw.random() < 0.6:
            return type(node)(name=node.name, value=StringValueNode(value=self._draw.choice(known)))
        return None


def operations(url: str, salt: Salt) -> st.SearchStrategy[str]:
    """Documents against the schema that a server tells of itself: most valid, some with one thing wrong."""
    register_scalars()
    schema = schemathesis.graphql.from_url(url)
    modes = [GenerationMode.POSITIVE] * 4 + [GenerationMode.NEGATIVE]
    fields = [(schema[root][name], mode) for root in schema for name in schema[root] for mode in modes]

    @st.composite
    def salted(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
        operation, mode = draw(st.sampled_from(fields))
        document = parse(draw(operation.as_strategy(mode)).body)
        return print_ast(visit(document, _Salting(salt, draw(st.randoms()))))

    return salted()
