"""Recent actions: the features that answers fall back on while the log does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.recommender.events import Event, EventType
from service.recommender.person import Person

NAME = "recent_actions"
AT_ONCE = 100
"""People whose actions are pushed together: whoever else pushes waits for no more."""


class RecentActions:
    """Brings the features of whoever did something to where the log is; a person's are replaced whole.

    Parameters
    ----------
    push : puts people's recent actions, as the log has them, into the features; raises where it could not
    """

    name = NAME

    def __init__(self, push: Callable[[Sequence[Person]], None]) -> None:
        self._push = push

    def apply(self, page: Sequence[tuple[int, Event]]) -> None:
        """Push once whoever did something in a stretch of the log.

        Raises
        ------
        DependencyFault
        """
        acted = (event for _, event in page if event.counts and event.type is not EventType.IMPRESSION)
        people = list(dict.fromkeys(event.person for event in acted))
        for start in range(0, len(people), AT_ONCE):
            self._push(people[start : start + AT_ONCE])
