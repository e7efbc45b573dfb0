"""A lock that goes to those who wait in the order in which they came; Python's own may pass one over for seconds."""

from __future__ import annotations

from collections import deque
from threading import Event, Lock


class FairLock:
    """A lock for the threads of a process."""

    def __init__(self) -> None:
        self._state, self._waiting, self._is_held = Lock(), deque[Event](), False

    def acquire(self, timeout: float) -> bool:
        """Take the lock, or wait for it.

        Parameters
        ----------
        timeout : how long at most, in seconds

        Returns
        -------
        Whether one has it now.
        """
        with self._state:
            if not self._is_held:
                self._is_held = True
                return True
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._state:
            if turn.is_set():  # it was handed over in this very moment
                return True
            self._waiting.remove(turn)
        return False

    def release(self) -> None:
        """Hand the lock to whoever has waited longest, or leave it free."""
        with self._state:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False
