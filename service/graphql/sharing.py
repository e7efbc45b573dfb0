"""What a supergraph may have from several services: Apollo Federation's directives on our own types."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from strawberry.federation.schema_directives import Inaccessible, Shareable
from strawberry.types.base import StrawberryObjectDefinition

_T = TypeVar("_T", bound=type)
ROUTER_ONLY: tuple[object, ...] = (Shareable(), Inaccessible())
"""Of a field that every subgraph has and no client of the supergraph sees."""
OF_CATALOGUE = ("title", "description", "url", "image_url", "category", "tags", "brand", "price", "list_price",
                "in_stock", "rating")
"""Fields that a catalogue service tells of an item as well, with the same meaning."""


def shares(*names: str) -> Callable[[_T], _T]:
    """Let other services tell fields of an object type too, those included that it has from an interface.

    An interface has no shareable fields, so that a field is copied before it is marked.
    """

    def mark(kind: _T) -> _T:
        definition: StrawberryObjectDefinition = _definition(kind)
        definition.fields = [_shareable(one) if one.python_name in names else one for one in definition.fields]
        return kind

    return mark


def _definition(kind: Any) -> Any:
    return kind.__strawberry_definition__


def _shareable(field: Any) -> Any:
    copied = copy.copy(field)
    copied.directives = [*copied.directives, Shareable()]
    return copied
