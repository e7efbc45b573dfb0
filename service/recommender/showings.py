"""Showings: how many answers of a day held a campaign for one person, counted before each is given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from service.recommender.person import Person

MOST_OF_CAMPAIGN = 3
"""Answers within a day of the shop's that may hold one campaign for one person; showings that they report, too."""


class Showings(Protocol):
    """The count, shared by all replicas."""

    def claim(self, person: Person, day: date, slate_id: str, campaigns: Collection[str], most: int) -> frozenset[str]:
        """Count an answer, for each of its campaigns that fewer than `most` other answers of the day hold.

        However many ask at once, no campaign is granted to more than `most` of them; the same slate is counted once.

        Returns
        -------
        The campaigns that the answer may hold.

        Raises
        ------
        EventsUnavailable
            Then nothing is counted.
        """

    def spent(self, person: Person, day: date, most: int) -> frozenset[str]:
        """Campaigns that so many answers of the day hold that no other may.

        Raises
        ------
        EventsUnavailable
        """


@dataclass(frozen=True, slots=True)
class DailyCap:
    """What one slate of one person may hold of each campaign today."""

    showings: Showings
    person: Person
    day: date
    slate_id: str

    def refused(self, campaigns: Collection[str]) -> frozenset[str]:
        """Claim campaigns for an answer, and tell those that it may not hold.

        Raises
        ------
        EventsUnavailable
        """
        wanted = frozenset(campaigns)
        if not wanted:
            return wanted
        return wanted - self.showings.claim(self.person, self.day, self.slate_id, wanted, MOST_OF_CAMPAIGN)
