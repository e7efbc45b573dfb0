"""Likeness of what the core knows: equality that looks into arrays too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np


def alike(one: object, other: object) -> bool:
    """Whether two values are equal, entry by entry; NaN is equal to itself.

    >>> alike({"price": np.array([1.0, np.nan])}, {"price": np.array([1.0, np.nan])})
    True
    >>> alike((1, np.zeros(2)), (1, np.zeros(3)))
    False
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(alike(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return one is other or bool(one == other)
