"""Writing behind: the caller hands over and goes on, a thread writes in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")


class _Flush(threading.Event):
    pass


class WriteBehind(Generic[T]):
    """A bounded queue and one daemon thread that empties it.

    Parameters
    ----------
    write : takes a batch, in order; must not raise
    name : of the thread
    most_waiting : how many may wait; more are turned away
    most_per_write : how many one batch has at most
    """

    def __init__(
        self, write: Callable[[Sequence[T]], None], *, name: str, most_waiting: int, most_per_write: int
    ) -> None:
        self._write = write
        self._most_per_write = most_per_write
        self._waiting: Queue[T | _Flush | None] = Queue(most_waiting)
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def offer(self, item: T) -> bool:
        """Hand over; False, at once, where too many wait or it is closed."""
        with self._lock:  # so that nothing is queued behind the end
            if self._closed:
                return False
            try:
                self._waiting.put_nowait(item)
            except Full:
                return False
            return True

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all that was handed over before is written; False where it takes longer."""
        flush = _Flush()
        with self._lock:
            if not self._closed:
                self._waiting.put(flush)
        if self._closed:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return flush.wait(timeout_s)

    def close(self, timeout_s: float = 10.0) -> bool:
        """Write what waits and end the thread; False where it takes longer. Safe to call twice."""
        with self._lock:
            is_first, self._closed = not self._closed, True
        if is_first:
            self._waiting.put(None)  # nothing is offered any more, and the thread makes room
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch, flushes, is_open = self._next_batch()
            if batch:
                self._write(batch)
            for flush in flushes:
                flush.set()

    def _next_batch(self) -> tuple[list[T], list[_Flush], bool]:
        batch: list[T] = []
        flushes: list[_Flush] = []
        taken = self._waiting.get()
        while taken is not None:
            if isinstance(taken, _Flush):
                flushes.append(taken)
            else:
                batch.append(taken)
            if len(batch) == self._most_per_write:
                return batch, flushes, True
            try:
                taken = self._waiting.get_nowait()
            except Empty:
                return batch, flushes, True
        return batch, flushes, False
