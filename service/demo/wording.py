"""The demo's dictionaries: readable names, in English and Japanese, for the source's upper-case shorthand."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"
SMALL_WORDS = frozenset({"and", "or", "of", "with", "in", "for", "the", "to", "on", "a"})


@cache
def words(name: str) -> Any:  # noqa: ANN401 - each dictionary has its own shape
    """Read one dictionary of the ``words`` folder, once."""
    return json.loads((WORDS / f"{name}.json").read_text(encoding="utf-8"))
