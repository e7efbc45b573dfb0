"""A circuit breaker: what did not answer lately is not asked, so that each request does not wait for it anew.

    closed  →  open, after some failures in a row  →  one probe now and then  →  closed, once a probe is answered

Time is that of a clock which nobody puts back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

TOLERANCE = 3
PAUSE_SECONDS = 0.5

log = logging.getLogger("konomi")


class Breaker:
    """Stands before one dependency; safe to use from several threads, and held by none while it is asked.

    Parameters
    ----------
    name : of the dependency, for the log
    tolerance : failures in a row that open it
    pause : seconds between two probes while it is open; a probe that is never heard of blocks no other
    monotonic : seconds of a clock that nobody puts back

    >>> seconds = iter([0.0, 0.1, 1.0, 1.1])
    >>> breaker = Breaker("store", tolerance=1, pause=0.5, monotonic=lambda: next(seconds))
    >>> breaker.failed()
    >>> breaker.admits(), breaker.admits(), breaker.admits()
    (False, True, False)
    """

    def __init__(
        self, name: str, tolerance: int = TOLERANCE, pause: float = PAUSE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._tolerance, self._pause, self._monotonic = name, tolerance, pause, monotonic
        self._lock = Lock()
        self._failures = 0
        self._next_probe = 0.0

    @property
    def is_open(self) -> bool:
        """Whether none but probes are admitted."""
        return self._failures >= self._tolerance

    def admits(self) -> bool:
        """Say whether the dependency may be asked now; while open, one caller a pause may."""
        if not self.is_open:
            return True
        with self._lock:
            now = self._monotonic()
            if now < self._next_probe:
                return False
            self._next_probe = now + self._pause
            return True

    def succeeded(self) -> None:
        """Note that it answered."""
        if not self._failures:
            return
        with self._lock:
            was_open, self._failures = self.is_open, 0
        if was_open:
            log.warning("The %s answers again", self._name)

    def failed(self) -> None:
        """Note that it did not answer in time, or could not be reached."""
        with self._lock:
            was_open = self.is_open
            self._failures += 1
            opens = self.is_open and not was_open
            if opens:
                self._next_probe = self._monotonic() + self._pause
        if opens:
            log.warning("The %s did not answer; it is asked now and then until it does", self._name)
