"""Recent actions: the features that answers fall back on while the log does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.recommender.events import Event, EventType
from service.recommender.person import Person

NAME = "recent_actions"


class RecentActions:
    """Brings the features of whoever did something to where the log is; a person's are replaced whole.

    Parameters
    ----------
    push : puts a person's recent actions, as the log has them, into the features; raises where it could not
    """

    name = NAME
    hears_again = False

    def __init__(self, push: Callable[[Person], None]) -> None:
        self._push = push

    def apply(self, page: Sequence[tuple[int, Event]]) -> None:
        """Push once whoever did something in a stretch of the log.

        Raises
        ------
        DependencyFault
        """
        acted = (event for _, event in page if event.counts and event.type is not EventType.IMPRESSION)
        for person in dict.fromkeys(event.person for event in acted):
            self._push(person)
