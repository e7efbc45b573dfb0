"""Erasure: a saga over every place that knows a person, with a receipt, which goes on wherever it was broken off.

    tombstone  →  each store in its order  →  a round that finds nothing  →  completed

The tombstone comes first: from then on no writer takes anything about the person, so that what a store has lost does
not come back, however late it was sent. A store that does not answer keeps its step open; the next round does it. Until
all are done the order names the people; afterwards the receipt knows them by a keyed hash alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from service.recommender.errors import DependencyFault
from service.recommender.person import Person
from service.recommender.personal_store import PersonalStore
from service.recommender.ports import Clock

OVERLAP = timedelta(minutes=1)
"""By so much the clocks of replicas may differ, and so late a request under way may still remember somebody."""

_log = logging.getLogger("konomi")


@dataclass(frozen=True, slots=True)
class ErasureStep:
    """What became of one store."""

    store: str
    done: bool
    removed: int


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """The proof of an erasure; `completed_at` is None while a store is still to do."""

    requested_at: datetime
    completed_at: datetime | None
    steps: tuple[ErasureStep, ...]


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """An erasure under way: whom it is about, and which stores are left."""

    key: str
    people: tuple[Person, ...]
    left: tuple[str, ...]


class ErasureBook(Protocol):
    """Tombstones, and the orders and receipts of erasures."""

    def begin(self, person: Person, stores: Sequence[str], now: datetime) -> str:
        """Bury a person, with all visitors that they were, and open an order; all or nothing.

        Returns
        -------
        The receipt's id, which is kept nowhere.

        Raises
        ------
        EventsUnavailable
        """

    def order(self, receipt_id: str) -> ErasureOrder | None:
        """Find an order by the id of its receipt; None where none is open under it."""

    def orders(self) -> Sequence[ErasureOrder]:
        """All orders that are not completed, oldest first."""

    def note(self, order: ErasureOrder, store: str, removed: int) -> None:
        """Note that a store is done; what it removed adds up."""

    def complete(self, order: ErasureOrder, now: datetime) -> bool:
        """Close an order all of whose stores are done, and forget whom it was about; False where some are not."""

    def receipt(self, receipt_id: str) -> ErasureReceipt | None:
        """Find a receipt by its id; None where there is none."""

    def erased_since(self, moment: datetime, among: Callable[[], Collection[str]]) -> frozenset[str]:
        """Find who of some people, by their keys, was erased since a moment; `among` is asked only if anybody was.

        Raises
        ------
        EventsUnavailable
        """

    def is_erased(self, person: Person) -> bool:
        """Whether nothing may be kept about a person."""

    def welcome(self, person: Person, now: datetime) -> None:
        """Let somebody who was erased begin anew: what happens from now on may be kept, nothing older."""


class Eraser:
    """Erases people.

    Parameters
    ----------
    stores : every place that knows people, in the order in which they are erased
    told : told of whom nothing is left to know, so that caches drop them
    remembered : tells of whom they know, by their keys
    """

    def __init__(
        self, book: ErasureBook, stores: Sequence[PersonalStore], clock: Clock,
        told: Callable[[Collection[Person]], None] = lambda _: None,
        remembered: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.book, self._stores, self._clock, self._told = book, tuple(stores), clock, told
        self._remembered, self._heard = remembered, clock.now() - OVERLAP

    def request(self, person: Person) -> tuple[str, ErasureReceipt]:
        """Open an order and do at once what takes no time; `go_on` does the rest.

        Returns
        -------
        The receipt's id, and the receipt as it is now.

        Raises
        ------
        EventsUnavailable
            If the order cannot be kept; then nothing is erased.
        """
        receipt_id = self.book.begin(person, [store.name for store in self._stores], self._clock.now())
        order = self.book.order(receipt_id)
        if order is not None:
            self._told(order.people)
            self._take(order, quick=True)
        return receipt_id, self.receipt(receipt_id)

    def receipt(self, receipt_id: str) -> ErasureReceipt:
        """Read a receipt that is there.

        Raises
        ------
        EventsUnavailable
        """
        found = self.book.receipt(receipt_id)
        if found is None:
            raise LookupError("There is no receipt of this id.")
        return found

    def go_on(self) -> int:
        """Do what is left of every order; how many are still open afterwards, for the next round.

        Raises
        ------
        EventsUnavailable
        """
        for order in self.book.orders():
            self._told(order.people)
            if self._take(order, quick=False):
                self._finish(order)
        return len(self.book.orders())

    def hear(self) -> None:
        """Drop what this process remembers of whoever was erased meanwhile, wherever that was asked and done.

        Raises
        ------
        EventsUnavailable
        """
        now = self._clock.now()
        erased = self.book.erased_since(self._heard, self._remembered)
        if erased:
            self._told(tuple(map(Person.of_key, sorted(erased))))
        self._heard = now - OVERLAP

    def _take(self, order: ErasureOrder, *, quick: bool) -> bool:
        """Erase from the stores that are left; whether all of them did it."""
        wanted = [store for store in self._stores if store.name in order.left and (store.is_quick or not quick)]
        done = [self._erase(order, store) is not None for store in wanted]
        return all(done)

    def _finish(self, order: ErasureOrder) -> None:
        """Go round once more, since a request under way may have written after its store was done."""
        found = [self._erase(order, store) for store in self._stores]
        if not any(found) and None not in found:
            self.book.complete(order, self._clock.now())

    def _erase(self, order: ErasureOrder, store: PersonalStore) -> int | None:
        """Erase from one store and note it; None where it does not answer."""
        try:
            removed = store.erase(order.people)
        except DependencyFault as fault:
            _log.warning("An erasure waits for %s: %s", store.name, type(fault).__name__)
            return None
        if removed or store.name in order.left:
            self.book.note(order, store.name, removed)
        return removed
