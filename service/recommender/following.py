"""Following: a background thread that keeps a server abreast of the event log and of what is published."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from service.recommender.errors import DependencyFault
from service.recommender.live import Live
from service.recommender.pipeline import Recommender
from service.recommender.ports import EventLog
from service.recommender.recording import Recorder
from service.recommender.snapshot import Snapshot

BATCH = 1_000
log = logging.getLogger("konomi")


class Follower:
    """Counts new events, pushes again what could not be pushed, and swaps in what was published.

    Parameters
    ----------
    reload : gives a new snapshot, verified and warm, where something new is published; None otherwise
    pause : seconds between two looks
    """

    def __init__(
        self, recommender: Recommender, recorder: Recorder, events: EventLog, live: Live,
        reload: Callable[[], Snapshot | None], pause: float,
    ) -> None:
        self._recommender, self._recorder, self._events, self._live = recommender, recorder, events, live
        self._reload, self._pause = reload, pause
        self._sequence = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="konomi-follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Take one look: new events, owed pushes, a new version."""
        for step in (self._swap, self._count, self._recorder.push_again):
            step()

    def _swap(self) -> None:
        fresh = self._reload()
        if fresh is not None:
            self._recommender.replace(fresh)

    def _count(self) -> None:
        while events := self._events.after(self._sequence, BATCH):
            self._live.observe([event for _, event in events], self._recommender.snapshot)
            self._sequence = events[-1][0]

    def _run(self) -> None:
        while not self._stop.is_set():
            for step in (self._swap, self._index_titles, self._count, self._recorder.push_again):
                self._try(step)
            self._stop.wait(self._pause)

    def _index_titles(self) -> None:
        """Make search ready behind the first requests instead of before them; nothing to do but once a version."""
        _ = self._recommender.snapshot.titles

    @staticmethod
    def _try(step: Callable[[], None]) -> None:
        try:
            step()
        except DependencyFault as fault:
            log.warning("Following waits: %s", fault)
        except Exception:  # one failed step must end neither the following nor the other steps
            log.exception("Following failed; it goes on with the next look")
