"""Group commit: calls that wait at the same time share one transaction, and so one way to the disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

CallT = TypeVar("CallT")
OutcomeT = TypeVar("OutcomeT")


class GroupCommit(Generic[CallT, OutcomeT]):
    """Whoever finds nobody writing writes what waits, in the order of arrival; then the next who waits does.

    Safe to use from several threads.

    Parameters
    ----------
    write : commits calls in one transaction and tells the outcome of each; where it raises, none is kept
    size : of a call
    most : size of what is committed at once, where it is more than one call
    apart : faults that one call alone may have caused; each of its group is then committed by itself
    """

    def __init__(
        self, write: Callable[[Sequence[CallT]], Sequence[OutcomeT]], size: Callable[[CallT], int], most: int,
        apart: tuple[type[Exception], ...] = (),
    ) -> None:
        self._write, self._size, self._most, self._apart = write, size, most, apart
        self._lock, self._waiting, self._is_writing = Lock(), deque[_Place[CallT, OutcomeT]](), False

    def commit(self, call: CallT, patience: float) -> OutcomeT:
        """Commit a call, with others or alone.

        Parameters
        ----------
        patience : how long to wait for those before, in seconds

        Returns
        -------
        Its outcome, after the commit.

        Raises
        ------
        TimeoutError
            If those before did not end in time; it is then not committed, unless it was being committed already.
        """
        place = _Place[CallT, OutcomeT](call)
        with self._lock:
            self._waiting.append(place)
            leads = not self._is_writing
            self._is_writing = True
        if leads or self._leads_in_time(place, patience):
            self._lead()
        return place.outcome()

    def _leads_in_time(self, place: _Place[CallT, OutcomeT], patience: float) -> bool:
        """Wait for the outcome, or for the turn to write."""
        if not place.woken.wait(patience):
            with self._lock:
                if not place.woken.is_set():  # it was not handed the lead just now, which it must then take
                    if place in self._waiting:
                        self._waiting.remove(place)
                    raise TimeoutError("those who write before did not end in time")
        return not place.is_done

    def _lead(self) -> None:
        """Write the calls that wait, one's own among them, and hand the lead on."""
        try:
            self._commit(self._take())
        finally:
            with self._lock:
                self._is_writing = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].woken.set()

    def _take(self) -> list[_Place[CallT, OutcomeT]]:
        with self._lock:
            taken = [self._waiting.popleft()]
            size = self._size(taken[0].call)
            while self._waiting and (size := size + self._size(self._waiting[0].call)) <= self._most:
                taken.append(self._waiting.popleft())
        return taken

    def _commit(self, places: Sequence[_Place[CallT, OutcomeT]]) -> None:
        try:
            outcomes = self._write([place.call for place in places])
        except self._apart as fault:
            if len(places) == 1:
                places[0].fail(fault)
            else:
                for place in places:
                    self._commit([place])
        except Exception as fault:  # noqa: BLE001 - raised again by each whose call it is
            for place in places:
                place.fail(fault)
        else:
            for place, outcome in zip(places, outcomes, strict=True):
                place.succeed(outcome)


class _Place(Generic[CallT, OutcomeT]):
    """A call in the queue; it is woken with its outcome, or to lead."""

    def __init__(self, call: CallT) -> None:
        self.call, self.woken = call, Event()
        self._outcomes: list[OutcomeT] = []
        self._fault: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self._outcomes) or self._fault is not None

    def succeed(self, outcome: OutcomeT) -> None:
        self._outcomes.append(outcome)
        self.woken.set()

    def fail(self, fault: Exception) -> None:
        self._fault = fault
        self.woken.set()

    def outcome(self) -> OutcomeT:
        if self._fault is not None:
            raise self._fault
        return self._outcomes[0]
