"""The herald: a background thread that tells of changes wherever they were made, here or on another replica."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from service.recommender.background import Background
from service.recommender.changes import ChangeLog, Changes
from service.recommender.events import EventType
from service.recommender.person import Person
from service.recommender.ports import EventLog

PAUSE_SECONDS = 0.2
BATCH = 1_000
_T = TypeVar("_T")


class Herald:
    """Follows the event log and the change log while anybody watches; nothing is read while nobody does.

    Parameters
    ----------
    served : gives what is served; another object once something new is published
    pause : seconds between two looks
    """

    def __init__(
        self, changes: Changes, events: EventLog, altered: ChangeLog, served: Callable[[], object],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._changes, self._events, self._altered, self._served = changes, events, altered, served
        self._known: tuple[int, int] | None = None
        """Up to where the two logs are known; None while nobody watches."""
        self._told_of = served()
        self._background = Background("herald", [self.look], pause)

    def start(self) -> None:
        """Begin to follow."""
        self._background.start()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._background.stop()

    def look(self) -> None:
        """Tell what is new since the last look.

        Raises
        ------
        DependencyFault
            If a log cannot be read; the next look tells what this one could not.
        """
        served = self._served()
        if served is not self._told_of:
            self._told_of = served
            self._changes.tell_all()
        if not self._changes.is_watched:
            self._known = None
        elif self._known is None:
            self._known = self._events.last_sequence(), self._altered.last_sequence()
            self._changes.tell_all()  # what was written since the first of them began to watch is not known
        else:
            self._known = self._tell_of_people(*self._known)

    def _tell_of_people(self, events: int, altered: int) -> tuple[int, int]:
        """Tell whose actions, consents, feedback or links are new; the sequences up to which that is."""
        people: set[Person] = set()
        for page in _pages(self._events.after, events):
            people |= {event.person for _, event in page if event.counts and event.type is not EventType.IMPRESSION}
            events = page[-1][0]
        for changed in _pages(self._altered.after, altered):
            people |= {person for _, person in changed}
            altered = changed[-1][0]
        self._changes.tell(people)
        return events, altered


def _pages(
    after: Callable[[int, int], Sequence[tuple[int, _T]]], sequence: int,
) -> Iterator[Sequence[tuple[int, _T]]]:
    """Read a log on to its end."""
    while page := after(sequence, BATCH):
        yield page
        sequence = page[-1][0]
