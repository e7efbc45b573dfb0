"""Following: a background thread that keeps a server abreast of the event log and of what is published."""

from __future__ import annotations

from collections.abc import Callable

from service.recommender.background import Background
from service.recommender.live import REMEMBERED, Live
from service.recommender.pipeline import Recommender
from service.recommender.ports import EventLog
from service.recommender.snapshot import Snapshot

BATCH = 1_000


class Follower:
    """Counts new events, and swaps in what was published.

    Parameters
    ----------
    reload : gives a new snapshot, verified and warm, where something new is published; None otherwise
    pause : seconds between two looks
    """

    def __init__(
        self, recommender: Recommender, events: EventLog, live: Live,
        reload: Callable[[], Snapshot | None], pause: float,
    ) -> None:
        self._recommender, self._events, self._live = recommender, events, live
        self._reload = reload
        self._sequence: int | None = None
        """Up to where events are counted; None before the first look."""
        steps = (self._swap, self._index_titles, self._count)
        self._background = Background("follower", steps, pause)

    def start(self) -> None:
        """Begin to follow."""
        self._background.start()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._background.stop()

    def look(self) -> None:
        """Take one look: new events, a new version."""
        for step in (self._swap, self._count):
            step()

    def _swap(self) -> None:
        fresh = self._reload()
        if fresh is not None:
            self._recommender.replace(fresh)

    def _count(self) -> None:
        if self._sequence is None:
            self._sequence = self._events.recorded_before(self._recommender.clock.now() - REMEMBERED)
        while events := self._events.after(self._sequence, BATCH):
            self._live.observe([event for _, event in events], self._recommender.snapshot)
            self._sequence = events[-1][0]

    def _index_titles(self) -> None:
        """Make search ready behind the first requests instead of before them; nothing to do but once a version."""
        _ = self._recommender.snapshot.titles
