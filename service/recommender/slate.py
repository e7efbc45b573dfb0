"""A slate: one frozen ranking, which its pages are cut from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=30)
DEEPEST = 240
"""How many items a slate holds at most."""


@dataclass(frozen=True, slots=True)
class Slate:
    """A frozen list of items, best first; positions count from 1.

    `owner` is the person's key, or empty for a list that is the same for everybody. `request` repeats what was asked
    for, as plain JSON values, so that any replica can explain the list.
    """

    id: str
    owner: str
    placement: str
    item_ids: tuple[str, ...]
    expires_at: datetime
    explored: Mapping[int, float] = field(default_factory=dict)
    """Propensity of each item chosen to learn, by position."""
    request: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
