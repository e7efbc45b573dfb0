"""A draft: a generation in the making."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.tables.generation import Generation


@dataclass(frozen=True)
class Draft:
    """A folder of its own for the files of the next generation, which no manifest names yet."""

    version: str
    sequence: int
    directory: Path
    scratch: Path
    """For spilling; gone when the draft is done."""
    current: Generation | None
    """What the next generation starts from."""
