"""What a person does not want to see, or does not want to be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.recommender.events import EventType

FEWER_FOR = timedelta(days=14)
"""How long something is out of which a person wants less."""
RECOVERS_HALF_IN = timedelta(days=7)
"""After that, half of the way back; all of it in `RECOVERS_IN`."""
RECOVERS_IN = timedelta(days=28)


class FeedbackKind(StrEnum):
    """Less like this for a while, never this item, or do not use this of my actions."""

    LESS_LIKE_THIS = "LESS_LIKE_THIS"
    HIDE_ITEM = "HIDE_ITEM"
    FORGET_ACTION = "FORGET_ACTION"


@dataclass(frozen=True, slots=True)
class ForgottenAction:
    """An action that counts nowhere: all its repetitions up to and including `through`."""

    type: EventType
    item_id: str
    through: datetime


@dataclass(frozen=True, slots=True)
class Restrictions:
    """All standing feedback of one person."""

    hidden: frozenset[str] = frozenset()
    fewer: tuple[tuple[str, datetime], ...] = ()
    forgotten: tuple[ForgottenAction, ...] = ()

    def wants_fewer(self, now: datetime) -> dict[str, float]:
        """Weigh by item what the person wants less of: 1 for two weeks, then less and less, for four more.

        >>> from datetime import UTC
        >>> asked = datetime(2026, 3, 2, tzinfo=UTC)
        >>> told = Restrictions(fewer=(("jam", asked),))
        >>> [told.wants_fewer(asked + timedelta(days=days)) for days in (13, 21, 42)]
        [{'jam': 1.0}, {'jam': 0.5}, {}]
        """
        past = {item_id: now - since - FEWER_FOR for item_id, since in self.fewer}
        return {
            item_id: 0.5 ** max(over / RECOVERS_HALF_IN, 0.0) for item_id, over in past.items() if over < RECOVERS_IN
        }


NO_RESTRICTIONS = Restrictions()
