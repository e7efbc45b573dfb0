"""Retention: what was kept long enough goes, kind by kind and in small steps, each of which is done for good.

A run that is broken off anywhere has removed nothing that may stay, and the next one does the rest.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from service.recommender.audit import Action, AuditLog
from service.recommender.errors import DependencyFault
from service.recommender.events import EventType
from service.recommender.ports import Clock

ACTOR = "service:konomi retention"

_log = logging.getLogger("konomi")


class Kind(StrEnum):
    """What has a period of its own; in the order in which it applies where several do."""

    ACTIONS = "actions"
    SEARCHES = "searches"
    IMPRESSIONS = "impressions"
    VISITORS = "visitors"
    MOVED = "moved"
    SLATES = "slates"
    SHOWINGS = "showings"
    CONSENTS = "consents"
    FEEDBACK = "feedback"
    LINKS = "links"
    CHANGES = "changes"
    AUDIT = "audit"
    RECEIPTS = "receipts"
    RECEIPT_STEPS = "receipt_steps"
    TOMBSTONES = "tombstones"
    REJECTED = "rejected"


OF_EVENTS = (Kind.ACTIONS, Kind.SEARCHES, Kind.IMPRESSIONS)
"""Every event is of one of these."""
_NO_ACTION = {EventType.SEARCH: Kind.SEARCHES, EventType.IMPRESSION: Kind.IMPRESSIONS}
Cutoffs = Mapping[Kind, datetime]
"""What is older goes; a kind that is not named is kept for ever."""


def kind_of(type_: EventType) -> Kind:
    """Which period an event goes by."""
    return _NO_ACTION.get(type_, Kind.ACTIONS)


def cutoffs(days: Mapping[Kind, int], now: datetime) -> Cutoffs:
    """Tell how old each kind may be.

    Parameters
    ----------
    days : periods; 0 keeps for ever
    """
    return {kind: now - timedelta(days=number) for kind, number in days.items() if number}


def horizon(gone: Cutoffs) -> datetime | None:
    """Up to when no event of a customer is left; None where some are kept for ever.

    What says how events are to be read (an action forbidden, a visitor who became a customer) must outlive them.
    """
    return min(gone[kind] for kind in OF_EVENTS) if all(kind in gone for kind in OF_EVENTS) else None


class Retained(Protocol):
    """A place from which what is too old goes."""

    @property
    def name(self) -> str:
        """What it is called."""

    def overdue(self, now: datetime) -> Mapping[str, int]:
        """Count what would go, by kind.

        Raises
        ------
        DependencyFault
        """

    def sweep(self, now: datetime) -> Iterator[Mapping[str, int]]:
        """Remove what is too old, step by step; what each step removed, by kind, once that is done for good.

        Raises
        ------
        DependencyFault
            If it cannot be done now; the next run does the rest.
        """


@dataclass(frozen=True, slots=True)
class Swept:
    """What a run removed, by kind, and the places that did not answer."""

    removed: Mapping[str, int]
    waiting: tuple[str, ...]


@dataclass(frozen=True)
class Retention:
    """Removes what was kept long enough.

    Parameters
    ----------
    places : in the order in which they are swept
    """

    places: Sequence[Retained]
    audit: AuditLog
    clock: Clock

    def count(self) -> Mapping[str, int]:
        """Count what a run would remove now, by kind.

        Raises
        ------
        DependencyFault
        """
        now, found = self.clock.now(), Counter[str]()
        for place in self.places:
            found.update(place.overdue(now))
        return dict(found)

    def enforce(self, told: Callable[[str, float], None] = lambda _stage, _share: None) -> Swept:
        """Remove it; what went is put on record, place by place.

        Parameters
        ----------
        told : the place that is being swept, and how much is done, in [0, 1]

        Raises
        ------
        EventsUnavailable
            If it cannot be put on record.
        """
        now, removed, waiting = self.clock.now(), Counter[str](), []
        for number, place in enumerate(self.places):
            told(place.name, number / len(self.places))
            found = Counter[str]()
            try:
                for step in place.sweep(now):
                    found.update(step)
            except DependencyFault as fault:
                _log.warning("Retention waits for %s: %s", place.name, type(fault).__name__)
                waiting.append(place.name)
            finally:
                if found.total():
                    self.audit.record(Action.RETENTION, ACTOR, None, dict(+found), now)
            removed.update(+found)
        return Swept(dict(removed), tuple(waiting))
