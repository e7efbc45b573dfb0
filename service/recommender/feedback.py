"""What a person does not want to see, or does not want to be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.recommender.events import EventType

FEWER_FOR = timedelta(days=14)


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

    def still_fewer(self, now: datetime) -> frozenset[str]:
        """Items of which the person asked for fewer within the last two weeks."""
        return frozenset(item_id for item_id, since in self.fewer if now - since < FEWER_FOR)


NO_RESTRICTIONS = Restrictions()
