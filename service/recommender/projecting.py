"""The projector: reads the event log on from its own cursor, and brings the features of recent actions up to date.

Several may run; one leads at a time. It may be stopped anywhere: the cursor moves only once what lies before it is
where it belongs, and doing a stretch of the log again changes nothing: a person's recent actions are replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from service.recommender.background import Background
from service.recommender.errors import DependencyFault
from service.recommender.events import EventType
from service.recommender.person import Person
from service.recommender.ports import Clock, EventLog

NAME = "recent_actions"
BATCH = 500
PAUSE_SECONDS = 0.2
TENURE = timedelta(seconds=4)
"""For how long whoever leads does so without a sign of life; then another takes over."""


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
    """Pushes what is new in the log, in its order.

    Parameters
    ----------
    holder : names this process among all that may lead
    push : puts a person's recent actions, as the log has them, into the features; raises where it could not
    """

    def __init__(
        self, events: EventLog, cursors: Cursors, push: Callable[[Person], None], clock: Clock, holder: str,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._events, self._cursors, self._push, self._clock, self._holder = events, cursors, push, clock, holder
        self._background = Background("projector", [self.look], pause)

    def start(self) -> None:
        """Begin to follow the log."""
        self._background.start()

    def stop(self) -> None:
        """Stop, wait until it has, and let another lead."""
        self._background.stop()
        with suppress(DependencyFault):  # the lead ends by itself, seconds later
            self._cursors.resign(NAME, self._holder)

    def look(self) -> int:
        """Push all that is new, as far as this one leads.

        Returns
        -------
        How many events were new.

        Raises
        ------
        DependencyFault
            If a store does not answer; the next look goes on from the last stretch that was pushed whole.
        """
        seen = 0
        while (sequence := self._lead()) is not None and (page := self._events.after(sequence, BATCH)):
            for person in dict.fromkeys(event.person for _, event in page if event.type is not EventType.IMPRESSION):
                self._push(person)
            if not self._cursors.advance(NAME, self._holder, page[-1][0]):
                break
            seen += len(page)
        return seen

    def _lead(self) -> int | None:
        now = self._clock.now()
        return self._cursors.lead(NAME, self._holder, now, now + TENURE)
