"""Unmet demand: searches that found nothing and questions that nobody answered, told where enough people had them.

Only whoever grants MEASURE is counted. A text is told once several people wrote it, and never where it may hold an
address or a number of somebody's: what one person alone wrote says more of them than of the shop.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.recommender.consent import Purpose
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.recommender.ports import ConsentLedger
from service.recommender.snapshot import Snapshot

NAME = "unmet_demand"
FEWEST_PEOPLE = 5
MOST_CHARACTERS = 200
"""Of a text, in which others may still have the same."""
_CONTACT = re.compile(r"@|\d(?:[\s().-]?\d){6,}")


class Unmet(StrEnum):
    """What was not met."""

    SEARCH = "SEARCH"
    QUESTION = "QUESTION"


@dataclass(frozen=True, slots=True)
class Wish:
    """One search that found nothing, or one question."""

    sequence: int
    person: Person
    event_id: str
    kind: Unmet
    text: str
    item_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Demand:
    """What several people wished for in the same words, of the same item where there was one."""

    text: str
    item_id: str | None
    people: int
    events: int
    last_at: datetime


class Wishes(Protocol):
    """Where they are kept."""

    def keep(self, found: Sequence[Wish]) -> None:
        """Keep some; the same again changes nothing. What is no longer in the log is left out.

        Raises
        ------
        EventsUnavailable
        """

    def demands(self, kind: Unmet, since: datetime, until: datetime, most: int) -> Sequence[Demand]:
        """Tell what at least `FEWEST_PEOPLE` wished for in a period, most people first; no question that is answered.

        Raises
        ------
        EventsUnavailable
        """


def wording(text: str) -> str | None:
    """Write a text so that others wrote the same; None where it can be told to nobody.

    >>> wording("  Organic   OAT milk? "), wording("mail ann@example.com"), wording("call 090-1234-5678")
    ('organic oat milk', None, None)
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" ?!.。、")
    if not plain or len(plain) > MOST_CHARACTERS or _CONTACT.search(plain):
        return None
    return plain


class UnmetDemand:
    """Gathers what is new in the log.

    Parameters
    ----------
    snapshot : gives what is served, in which a search finds something or nothing
    """

    name = NAME

    def __init__(self, kept: Wishes, consents: ConsentLedger, snapshot: Callable[[], Snapshot]) -> None:
        self._kept, self._consents, self._snapshot = kept, consents, snapshot

    def apply(self, page: Sequence[tuple[int, Event]]) -> None:
        """Keep the wishes of a stretch of the log.

        Raises
        ------
        ConsentsUnavailable, EventsUnavailable
        """
        snapshot = self._snapshot()
        made = [self._wish(sequence, event, snapshot) for sequence, event in page if event.counts]
        wishes = [one for one in made if one is not None]
        measured = self._consents.granting({one.person for one in wishes}, Purpose.MEASURE)
        found = [one for one in wishes if one.person in measured]
        if found:
            self._kept.keep(found)

    def _wish(self, sequence: int, event: Event, snapshot: Snapshot) -> Wish | None:
        if event.text is None or event.type not in {EventType.SEARCH, EventType.QUESTION}:
            return None
        text = wording(event.text)
        kind = Unmet(event.type.value)
        if text is None or (kind is Unmet.SEARCH and not _finds_nothing(event.text, snapshot)):
            return None
        return Wish(sequence, event.person, event.event_id, kind, text, event.item_id, event.occurred_at)


def _finds_nothing(query: str, snapshot: Snapshot) -> bool:
    """Whether a shop that has items has none of these words."""
    return len(snapshot.catalogue) > 0 and not snapshot.titles.find(query).size
