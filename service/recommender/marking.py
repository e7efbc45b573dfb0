"""Marking: what bots did, and what was said twice, is kept like everything else and counts nowhere.

A mark is set once, as an event is kept, so that every reader of the log sees the same, and the very next answer too.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from operator import attrgetter

from service.recommender.events import Event, EventType, Mark

REPEATED_WITHIN = timedelta(seconds=30)
"""In which the same, said again under another id, is a repetition (COUNTER Code of Practice, release 5.1, 7.2)."""
MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 600
"""Ten a second, things shown included: more than one person can do or see."""
STAYS_A_BOT = timedelta(hours=1)
"""After the last event that only a bot could have caused."""

_texts = attrgetter(
    "item_id", "text", "topic", "basket_id", "message_id", "offer_code", "in_reply_to",
)
_numbers = attrgetter("quantity", "amount", "discount", "value")


def saying(event: Event) -> int:
    """Name who said what, so that a repetition has the same name: 64 bits with a sign.

    Id, moment and channel of a repetition are its own. So is the token, but of what was merely shown: two showings are
    two, however soon one follows the other.
    """
    token = event.token if event.type is EventType.IMPRESSION else None
    numbers = [number if number is None else str(number.normalize()) for number in _numbers(event)]
    said = repr((event.person.key, event.type.value, _texts(event), numbers, token))
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), signed=True)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the log knows that may bear on new events.

    Parameters
    ----------
    said : when each saying was said, where it counted
    moments : by a person's key, when they did what `paced` names, ascending; at least as much as makes a bot
    bots : by a person's key, when they were a bot last
    """

    said: dict[int, list[datetime]] = field(default_factory=dict)
    moments: dict[str, list[datetime]] = field(default_factory=dict)
    bots: dict[str, datetime] = field(default_factory=dict)


NOTHING_EARLIER = Earlier()


def paced(event: Event) -> bool:
    """Whether an event tells how fast somebody is: all that is bought together is bought at one moment."""
    return event.type is not EventType.PURCHASE


class Marker:
    """Finds those of new events that count nowhere, told of them in the order in which they came.

    Of what is said twice the first counts. Whoever does more in a minute than a person can is a bot from then on, for
    an hour after the last such event.

    Parameters
    ----------
    earlier : what the log knows of the same people
    """

    def __init__(self, earlier: Earlier) -> None:
        self._said = {said: [*moments] for said, moments in earlier.said.items()}
        self._moments = {key: [*moments] for key, moments in earlier.moments.items()}
        self._bots = dict(earlier.bots)

    def mark(self, event: Event, said: int, most_a_minute: int | None) -> Mark | None:
        """Judge one event, and remember it for the next.

        Parameters
        ----------
        event : marked already where its sender called itself a robot
        said : its `saying`
        most_a_minute : how much one person may do; None where whoever brings the event answers for it
        """
        reason = event.mark
        if reason is None and most_a_minute is not None and self._is_a_bot(event, most_a_minute):
            reason = Mark.BOT
        moments = self._said.setdefault(said, [])
        if reason is None and any(abs(event.occurred_at - at) <= REPEATED_WITHIN for at in moments):
            reason = Mark.REPEAT
        if reason is None:
            moments.append(event.occurred_at)
        if most_a_minute is not None:
            self._remember(event, reason)
        return reason

    def _is_a_bot(self, event: Event, most: int) -> bool:
        key, at = event.person.key, event.occurred_at
        if key in self._bots and abs(at - self._bots[key]) <= STAYS_A_BOT:
            return True
        moments = self._moments.get(key, [])
        return paced(event) and bisect_right(moments, at) - bisect_right(moments, at - MINUTE) >= most

    def _remember(self, event: Event, reason: Mark | None) -> None:
        key, at = event.person.key, event.occurred_at
        if reason is Mark.BOT:
            self._bots[key] = max(at, self._bots.get(key, at))
        if paced(event):
            insort(self._moments.setdefault(key, []), at)
