"""Backpressure: how many calls may wait to be written at once; what is beyond comes back at once, none of it kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from service.recommender.events import Recorded, Refusal

MOST_WAITING = 64
"""Calls that wait for the log, each of at most 500 events: what a database that is up writes within seconds."""
REFUSED = Recorded(refusals=(Refusal(
    ("input", "events"), "BACKPRESSURE",
    "Too many calls wait to be written; nothing of this one was kept. Send it again, unchanged, in a second or more.",
),))


class Gate:
    """Counts the calls that are under way; safe to use from several threads."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most, self._inside, self._lock = most, 0, Lock()

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Say whether there is room for one more call, which leaves at the end of the block."""
        with self._lock:
            has_room = self._inside < self._most
            self._inside += has_room
        try:
            yield has_room
        finally:
            with self._lock:
                self._inside -= has_room
