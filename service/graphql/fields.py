"""Fields that are worked out when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import strawberry

_F = TypeVar("_F", bound=Callable[..., Any])


def resolved(
    description: str, directives: Sequence[object] = (), *, name: str | None = None,
) -> Callable[[_F], _F]:
    """Make a method the resolver of a field, with the description that GraphiQL shows; its types stay known."""
    field = strawberry.field(description=description, directives=directives, name=name)
    return cast("Callable[[_F], _F]", field)


def streamed(description: str) -> Callable[[_F], _F]:
    """Make a method, an asynchronous generator, the source of a subscription."""
    return cast("Callable[[_F], _F]", strawberry.subscription(description=description))
