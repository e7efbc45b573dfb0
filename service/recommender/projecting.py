"""The projector: reads the event log on, and brings what is made of it up to date, each projection from its own cursor.

Several may run; of each projection one leads at a time. It may be stopped anywhere: a cursor moves only once what lies
before it is where it belongs, and doing a stretch of the log again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from service.recommender.background import Background
from service.recommender.errors import DependencyFault
from service.recommender.events import Event
from service.recommender.ports import Clock, EventLog

BATCH = 500
PAUSE_SECONDS = 0.2
TENURE = timedelta(seconds=4)
"""For how long whoever leads does so without a sign of life; then another takes over."""


class Projection(Protocol):
    """Something that is made of the log."""

    @property
    def name(self) -> str:
        """Of its cursor; it never changes."""

    def apply(self, page: Sequence[tuple[int, Event]]) -> None:
        """Take a stretch of the log in, in its order; the same one again changes nothing.

        What a visitor did is in the log once more, as the customer's, when they turn out to be one.

        Raises
        ------
        DependencyFault
            If a store does not answer.
        """


class Cursors(Protocol):
    """Up to where readers of the log have come, and who of several leads; shared by all processes."""

    def lead(self, name: str, holder: str, now: datetime, until: datetime) -> int | None:
        """Take or keep the lead until a moment, unless somebody else has it now.

        Returns
        -------
        Where the log is to be read on; None where another leads.

        Raises
        ------
        EventsUnavailable
        """

    def advance(self, name: str, holder: str, sequence: int) -> bool:
        """Move the cursor on; False, and nothing moved, where the holder leads no more.

        Raises
        ------
        EventsUnavailable
        """

    def resign(self, name: str, holder: str) -> None:
        """Let go of the lead, so that another takes over at once; nothing happens where it was another's.

        Raises
        ------
        EventsUnavailable
        """


class Projector:
    """Keeps projections abreast of the log.

    Parameters
    ----------
    holder : names this process among all that may lead
    modesty : see `Background`
    """

    def __init__(
        self, events: EventLog, cursors: Cursors, projections: Sequence[Projection], clock: Clock, holder: str,
        pause: float = PAUSE_SECONDS, modesty: float = 0.0,
    ) -> None:
        self._events, self._cursors, self._clock, self._holder = events, cursors, clock, holder
        self._projections = tuple(projections)
        self._pages: dict[int, Sequence[tuple[int, Event]]] = {}
        """What was read in this round, by the cursor that stood before it: most projections stand at the same place."""
        steps: list[Callable[[], object]] = [partial(self._is_behind, one) for one in self._projections]
        self._background = Background("projector", [*steps, self._pages.clear], pause, modesty)

    def start(self) -> None:
        """Begin to follow the log."""
        self._background.start()

    def stop(self) -> None:
        """Stop, wait until it has, and let another lead."""
        self._background.stop()
        with suppress(DependencyFault):  # the lead ends by itself, seconds later
            for projection in self._projections:
                self._cursors.resign(projection.name, self._holder)

    def look(self) -> Mapping[str, int]:
        """Take in all that is new, as far as this one leads.

        Returns
        -------
        How many events were new to each projection, by its name.

        Raises
        ------
        DependencyFault
            If a store does not answer; the next look goes on from the last stretch that was taken in whole.
        """
        seen = dict.fromkeys((one.name for one in self._projections), 0)
        while new := self._round():
            for name, events in new.items():
                seen[name] += events
        return seen

    def _round(self) -> Mapping[str, int]:
        """Take in a page of each projection that has one; how many events that were."""
        try:
            taken = {one.name: self._advance(one) for one in self._projections}
        finally:
            self._pages.clear()
        return {name: events for name, events in taken.items() if events}

    def _is_behind(self, projection: Projection) -> bool:
        """Take a page in, and tell whether there seems to be another."""
        return self._advance(projection) == BATCH

    def _advance(self, projection: Projection) -> int:
        """Take in the next page, as far as this one leads; how many events that were."""
        now, name = self._clock.now(), projection.name
        sequence = self._cursors.lead(name, self._holder, now, now + TENURE)
        if sequence is None:
            return 0
        if sequence not in self._pages:
            self._pages[sequence] = self._events.after(sequence, BATCH, again=True)
        page = self._pages[sequence]
        if not page:
            return 0
        projection.apply(page)
        return len(page) if self._cursors.advance(name, self._holder, page[-1][0]) else 0
