"""Reasons and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.recommender.actions import ActionKey
from service.recommender.events import EventType
from service.recommender.wording import Message


class ReasonCode(StrEnum):
    """Kinds of reasons."""

    YOUR_ACTION = "YOUR_ACTION"
    BOUGHT_TOGETHER = "BOUGHT_TOGETHER"
    BUY_AGAIN = "BUY_AGAIN"
    SIMILAR = "SIMILAR"
    TRENDING = "TRENDING"
    POPULAR = "POPULAR"
    POPULAR_IN_SEGMENT = "POPULAR_IN_SEGMENT"
    ON_SALE = "ON_SALE"
    NEW = "NEW"
    OCCASION = "OCCASION"
    EDITORIAL = "EDITORIAL"
    EXPLORATION = "EXPLORATION"
    SPONSORED = "SPONSORED"
    NOT_PERSONALISED = "NOT_PERSONALISED"


class EvidenceKind(StrEnum):
    """What a reason may rest on."""

    ACTION = "ACTION"
    SEGMENT = "SEGMENT"
    TREND = "TREND"
    PRICE = "PRICE"
    OCCASION = "OCCASION"
    CAMPAIGN = "CAMPAIGN"
    EDITORIAL = "EDITORIAL"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a reason rests on; `row` is an item's, `type` what the person did with it."""

    kind: EvidenceKind
    row: int | None = None
    type: EventType | None = None
    day: date | None = None
    count: int | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, with the part of the ranking score that rests on it."""

    code: ReasonCode
    message: Message
    share: float
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether it rests on anything about the person: what they did, or a segment that they are in."""
        return bool(self.actions) or any(one.segment for one in self.evidence)

    @property
    def actions(self) -> frozenset[ActionKey]:
        """The person's actions that it rests on."""
        return frozenset(
            (one.type, one.row) for one in self.evidence if one.type is not None and one.row is not None
        )
