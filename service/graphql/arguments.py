"""Arguments that clients may leave out."""

from __future__ import annotations

from typing import Any, TypeVar

import strawberry
from strawberry.types.unset import UnsetType

_T = TypeVar("_T")
DEFAULT: Any = strawberry.UNSET
"""The default of an argument that is null where it is left out, without saying so in the schema."""


def given(value: _T | UnsetType | None) -> _T | None:
    """What was given; None where it was left out."""
    return None if isinstance(value, UnsetType) else value


def filled(value: _T | UnsetType | None, default: _T) -> _T:
    """What was given, else the default."""
    return default if value is None or isinstance(value, UnsetType) else value
