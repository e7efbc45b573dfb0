"""Loaders: what all items of an answer ask for in one turn of the loop is worked out in one batch, on one thread."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from strawberry.dataloader import DataLoader

from service.graphql.services import Services
from service.recommender.errors import EventsUnavailable
from service.recommender.events import EventType
from service.recommender.explanation import Reason
from service.recommender.listing import Listing
from service.recommender.person import Person
from service.recommender.profile import ActionKey

_log = logging.getLogger("konomi")


class Runs(Protocol):
    """Does something that blocks, off the loop."""

    def __call__(self, work: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Return what the work returns."""


@dataclass(frozen=True, eq=False, slots=True)
class Explained:
    """An item of a listing whose reasons are asked."""

    listing: Listing
    row: int


@dataclass(frozen=True, eq=False, slots=True)
class Missed:
    """An item of a listing whose place without some actions is asked."""

    listing: Listing
    row: int
    actions: frozenset[ActionKey]


@dataclass(frozen=True, slots=True)
class Done:
    """An action of a person whose newest event is asked."""

    person: Person
    type: EventType
    item_id: str


class Loaders:
    """The loaders of one request."""

    def __init__(self, services: Services, run: Runs) -> None:
        self._services, self._run = services, run
        self.reasons: DataLoader[Explained, tuple[Reason, ...]] = DataLoader(
            self._explain, cache_key_fn=lambda one: (id(one.listing), one.row),
        )
        self.positions: DataLoader[Missed, int | None] = DataLoader(
            self._positions, cache_key_fn=lambda one: (id(one.listing), one.row, one.actions),
        )
        self.event_ids: DataLoader[Done, str | None] = DataLoader(self._event_ids)

    async def _explain(self, asked: list[Explained]) -> list[tuple[Reason, ...]]:
        def explain() -> list[tuple[Reason, ...]]:
            return _by_listing(asked, lambda listing, ones: listing.reasons([one.row for one in ones]))

        found: list[tuple[Reason, ...]] = await self._run(explain)
        return found

    async def _positions(self, asked: list[Missed]) -> list[int | None]:
        def replay() -> list[int | None]:
            return _by_listing(
                asked, lambda listing, ones: listing.positions_without([(one.row, one.actions) for one in ones]),
            )

        found: list[int | None] = await self._run(replay)
        return found

    async def _event_ids(self, asked: list[Done]) -> list[str | None]:
        """Look up newest events; without the log, evidence stands without its event."""
        actions: dict[Person, list[tuple[EventType, str]]] = defaultdict(list)
        for one in asked:
            actions[one.person].append((one.type, one.item_id))

        def look_up() -> list[str | None]:
            latest = {person: self._services.events.latest(person, wanted) for person, wanted in actions.items()}
            events = (latest[one.person].get((one.type, one.item_id)) for one in asked)
            return [event.event_id if event else None for event in events]

        try:
            found: list[str | None] = await self._run(look_up)
        except EventsUnavailable:
            _log.warning("evidence is told without its events: the event log did not answer")
            return [None] * len(asked)
        return found


class _OfListing(Protocol):
    @property
    def listing(self) -> Listing: ...


def _by_listing(asked: Sequence[Any], work: Callable[[Listing, list[Any]], Sequence[Any]]) -> list[Any]:
    """Do one batch for each listing, and put the answers back in the order that was asked."""
    groups: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(asked):
        groups[id(one.listing)].append(index)
    answers: list[Any] = [None] * len(asked)
    for indices in groups.values():
        ones = [asked[index] for index in indices]
        for index, answer in zip(indices, work(ones[0].listing, ones), strict=True):
            answers[index] = answer
    return answers
