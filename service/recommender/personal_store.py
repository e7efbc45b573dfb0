"""Where something about people is kept: each such place can tell it, erase it, and show that nothing is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from service.recommender.person import Person

Kept = Mapping[str, object]
"""One entry about a person, in plain values that JSON has."""


class PersonalStore(Protocol):
    """One place where something about people is kept.

    Access, erasure and its proof go through the same places, so that whatever can be told can be erased.
    """

    @property
    def name(self) -> str:
        """What receipts and documents call it."""

    @property
    def is_quick(self) -> bool:
        """Whether a person's entries are found by an index, and no file need be written anew."""

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell all that is kept about some people.

        Raises
        ------
        DependencyFault
            If the place cannot be read.
        """

    def erase(self, people: Collection[Person]) -> int:
        """Erase all that is kept about some people, and nothing else; safe to repeat.

        Returns
        -------
        How many entries were there.

        Raises
        ------
        DependencyFault
            If it cannot be done now; doing it again does the rest.
        """
