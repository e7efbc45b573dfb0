"""Purposes, and what a person decided about each. What is not granted is denied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What personal data may be used for, each granted apart from the others."""

    PERSONALISE_CONTENT = "PERSONALISE_CONTENT"
    PERSONALISE_ADS = "PERSONALISE_ADS"
    MEASURE = "MEASURE"
    EMAIL = "EMAIL"
    PUSH = "PUSH"
    THIRD_PARTY = "THIRD_PARTY"
    TRAIN_MODELS = "TRAIN_MODELS"


NOTHING: frozenset[Purpose] = frozenset()
DECLINED_BY_GPC: frozenset[Purpose] = frozenset({Purpose.THIRD_PARTY, Purpose.PERSONALISE_ADS})
"""What a browser that sends `Sec-GPC: 1` speaks against, for as long as it does (Global Privacy Control)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the append-only ledger: the newest per purpose holds."""

    purpose: Purpose
    granted: bool
    decided_at: datetime
    source: str
    wording: str


def granted(decisions: tuple[Decision, ...]) -> frozenset[Purpose]:
    """Purposes whose newest decision is a grant; `decisions` oldest first.

    >>> from datetime import UTC
    >>> day = lambda n: datetime(2026, 1, n, tzinfo=UTC)
    >>> yes = Decision(Purpose.EMAIL, True, day(1), "page", "May we write?")
    >>> no = Decision(Purpose.EMAIL, False, day(2), "page", "May we write?")
    >>> granted((yes,)) == {Purpose.EMAIL}, granted((yes, no)) == set()
    (True, True)
    """
    newest = {decision.purpose: decision.granted for decision in decisions}
    return frozenset(purpose for purpose, given in newest.items() if given)
