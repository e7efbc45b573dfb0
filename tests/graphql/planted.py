"""What people give away of themselves, planted wherever something can be sent, and looked for where it must never be."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service.adapters.discreet_log import DiscreetFormatter

PLANTS = ("hanako.tanaka@mail.example", "+81 90-5555-0199", "my left knee aches since the fall")
TRACES = ("hanako", "mail.example", "5555-0199", "left knee", "aches")
"""Parts of them by which they would be known, however they are quoted or cut."""
QUIET = ("httpx", "httpcore")
"""Of the test's own client, which logs what it sends."""


def traces(text: str) -> list[str]:
    """Parts of what was planted that a text shows."""
    return [one for one in TRACES if one in text]


def written(records: Iterable[logging.LogRecord]) -> str:
    """A log as the server writes it."""
    formatter = DiscreetFormatter()
    return "\n".join(formatter.format(one) for one in records if not one.name.startswith(QUIET))


def faults_of(body: Any) -> str:
    """All errors of an answer, those of mutations too; its data may hold what the person themselves had kept."""
    return json.dumps(list(_faults(body)), ensure_ascii=False)


def _faults(said: Any) -> Iterator[Any]:
    if isinstance(said, dict):
        for key, value in said.items():
            if key in {"errors", "userErrors"}:
                yield value
            else:
                yield from _faults(value)
    elif isinstance(said, list):
        for value in said:
            yield from _faults(value)


def wrong_values(plant: str) -> Sequence[object]:
    """What contains it and is of no type that anything takes."""
    return (plant, [plant], {plant: plant}, {"eventId": {"x": plant}}, [{"type": plant}], 3.5)
