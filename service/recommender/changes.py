"""Changes: whoever watches a person is woken once something about them is different."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from service.recommender.person import Person

Wake = Callable[[], None]
"""Called from any thread; it returns at once and raises nothing."""


class ChangeLog(Protocol):
    """Whose consents, feedback or links changed last: shared by all replicas, each person once, newest last."""

    def after(self, sequence: int, limit: int) -> Sequence[tuple[int, Person]]:
        """Read people in the order of their latest change, from the first after `sequence`.

        Raises
        ------
        EventsUnavailable
        """

    def last_sequence(self) -> int:
        """Return the sequence of the newest change; 0 where there is none.

        Raises
        ------
        EventsUnavailable
        """


class Changes:
    """Who is watched in this process; safe to use from several threads."""

    def __init__(self) -> None:
        self._watching: dict[Person | None, list[Wake]] = defaultdict(list)
        self._lock = Lock()

    @contextmanager
    def watching(self, person: Person | None, wake: Wake) -> Iterator[None]:
        """Be woken by each change that concerns a person, or, for nobody in particular, everybody."""
        with self._lock:
            self._watching[person].append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._watching[person].remove(wake)
                if not self._watching[person]:
                    del self._watching[person]

    @property
    def is_watched(self) -> bool:
        """Whether anybody would be woken."""
        return bool(self._watching)

    def watched(self) -> frozenset[Person]:
        """Whom somebody watches."""
        with self._lock:
            return frozenset(person for person in self._watching if person is not None)

    def tell(self, people: set[Person]) -> None:
        """Wake whoever watches one of some people."""
        with self._lock:
            woken = [wake for person in people & self._watching.keys() for wake in self._watching[person]]
        for wake in woken:
            wake()

    def tell_all(self) -> None:
        """Wake everybody."""
        with self._lock:
            woken = [wake for wakes in self._watching.values() for wake in wakes]
        for wake in woken:
            wake()
