"""What a server does besides answering: steps that a thread of its own takes again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from service.recommender.errors import DependencyFault

MOST_REST_SECONDS = 2.0

log = logging.getLogger("konomi")


class Background:
    """A thread that takes steps, pauses, and takes them again; one that fails ends neither it nor the other steps.

    Parameters
    ----------
    name : of the thread, and of what is logged
    steps : taken in order; where one returns True, it has more to do at once, and the next round does not wait
    pause : seconds between two rounds
    modesty : seconds of rest, before it goes on with more, for each second that a round took without the processor:
        where no other machine is asked, others had it, and what can wait takes a smaller part than it would be given
    """

    def __init__(
        self, name: str, steps: Sequence[Callable[[], object]], pause: float, modesty: float = 0.0,
    ) -> None:
        self._name, self._steps, self._pause, self._modesty = name, steps, pause, modesty
        self._waiting: set[int] = set()
        """Places of the steps that wait for something: told once, not at each look."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"konomi-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until it has; also where it never began."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            began, worked = time.monotonic(), time.thread_time()
            more = [self._take(place, step) for place, step in enumerate(self._steps)]
            waited = time.monotonic() - began - (time.thread_time() - worked)
            rest = min(MOST_REST_SECONDS, self._modesty * waited)
            self._stop.wait(rest if any(more) and None not in more else self._pause)

    def _take(self, place: int, step: Callable[[], object]) -> bool | None:
        """Take a step; whether it has more to do, None where it failed."""
        has_more = None
        try:
            has_more = step() is True
            if place in self._waiting:
                self._waiting.remove(place)
                log.warning("The %s goes on", self._name)
        except DependencyFault as fault:
            if place not in self._waiting:
                log.warning("The %s waits: %s", self._name, fault)
            self._waiting.add(place)
        except Exception:  # one failed step must end nothing else
            log.exception("The %s failed; it goes on with the next look", self._name)
        return has_more
