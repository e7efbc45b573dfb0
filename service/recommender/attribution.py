"""Attribution: which showing led to what a person put into the basket or bought.

The last touch counts: the last click on a showing of that very item within seven days; where there is none, the last
time it was looked at, within a day. Only whoever grants MEASURE is followed. What counts is what the log knew when the
item was taken, so that reading the log anew finds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from service.recommender.consent import Purpose
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.recommender.ports import ConsentLedger
from service.recommender.signing import Showing

NAME = "attribution"
TAKEN = frozenset({EventType.ADD_TO_CART, EventType.PURCHASE})
"""What may be attributed."""
AFTER_CLICK = timedelta(days=7)
AFTER_VIEW = timedelta(days=1)
"""The windows that advertising platforms have by default: 7-day click, 1-day view."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A click on a showing, or a look at it; `token` is the showing's, checked when it was recorded."""

    type: EventType
    at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class Attributed:
    """What somebody took, and the showing that led to it."""

    sequence: int
    person: Person
    event_id: str
    type: EventType
    item_id: str
    at: datetime
    amount: Decimal | None
    quantity: Decimal | None
    touched_by: EventType
    touched_at: datetime
    showing: Showing


class Attributions(Protocol):
    """Where they are kept, and the touches that they rest on."""

    def touches(self, person: Person, item_id: str, before: int, since: datetime, until: datetime) -> Sequence[Touch]:
        """Find clicks on showings of an item and looks at them, latest first, that the log had before a sequence.

        Raises
        ------
        EventsUnavailable
        """

    def keep(self, found: Sequence[Attributed]) -> None:
        """Keep some; what was attributed before is replaced. What is no longer in the log is left out.

        Raises
        ------
        EventsUnavailable
        """


def last_touch(event: Event, touches: Sequence[Touch]) -> Touch | None:
    """Choose the touch that led to an event.

    Parameters
    ----------
    event : which may name a showing itself; then it is its own touch
    touches : latest first, none after the event
    """
    if event.token is not None:
        return Touch(event.type, event.occurred_at, event.token)
    clicks = (one for one in touches if one.type is EventType.CLICK and event.occurred_at - one.at <= AFTER_CLICK)
    looks = (one for one in touches if one.type is EventType.IMPRESSION and event.occurred_at - one.at <= AFTER_VIEW)
    return next(clicks, None) or next(looks, None)


class Attribution:
    """Attributes what is new in the log.

    Parameters
    ----------
    read : tells the showing that a checked token names
    """

    name = NAME

    def __init__(
        self, kept: Attributions, consents: ConsentLedger, read: Callable[[str], Showing | None],
    ) -> None:
        self._kept, self._consents, self._read = kept, consents, read

    def apply(self, page: Sequence[tuple[int, Event]]) -> None:
        """Attribute what was taken in a stretch of the log.

        Raises
        ------
        ConsentsUnavailable, EventsUnavailable
        """
        taken = [
            (sequence, event) for sequence, event in page
            if event.counts and event.type in TAKEN and event.item_id is not None
        ]
        measured = self._consents.granting({event.person for _, event in taken}, Purpose.MEASURE)
        made = [self._attributed(sequence, event) for sequence, event in taken if event.person in measured]
        found = [one for one in made if one is not None]
        if found:
            self._kept.keep(found)

    def _attributed(self, sequence: int, event: Event) -> Attributed | None:
        at, item_id = event.occurred_at, event.item_id or ""
        touches: Sequence[Touch] = ()
        if event.token is None:
            touches = self._kept.touches(event.person, item_id, sequence, at - AFTER_CLICK, at)
        touch = last_touch(event, touches)
        showing = None if touch is None else self._read(touch.token)
        if touch is None or showing is None:
            return None
        return Attributed(
            sequence, event.person, event.event_id, event.type, item_id, at, event.amount, event.quantity,
            touch.type, touch.at, showing,
        )
