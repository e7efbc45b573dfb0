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
        try:
            turn.wait(timeout)
        except BaseException:  # an interrupted wait, as by Ctrl-C, must not leave the lock to nobody
            if not self._gives_up(turn):
                self.release()
            raise
        return not self._gives_up(turn)

    def _gives_up(self, turn: Event) -> bool:
        """Leave the queue; False where the lock was handed over before."""
        with self._state:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True

    def release(self) -> None:
        """Hand the lock to whoever has waited longest, or leave it free."""
        with self._state:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False
