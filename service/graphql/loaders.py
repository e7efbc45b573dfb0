"""Loaders: what all items of an answer ask for in one turn of the loop is worked out in one batch, on one thread."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from strawberry.dataloader import DataLoader

from service.graphql.services import Services
from service.recommender.actions import ActionKey
from service.recommender.errors import EventsUnavailable
from service.recommender.events import EventType
from service.recommender.listing import Listing, Page
from service.recommender.person import Person
from service.recommender.reasons import Reason

_log = logging.getLogger("konomi")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Runs(Protocol):
    """Does something that blocks, off the loop."""

    def __call__(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[_R]:
        """Return what the work returns."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """An item of a listing, of which the reasons are asked."""

    listing: Listing
    row: int


@dataclass(frozen=True, eq=False, slots=True)
class PlaceWithout(Place):
    """An item of a listing, of which is asked where it would stand without some actions."""

    actions: frozenset[ActionKey]


@dataclass(frozen=True, slots=True)
class Done:
    """An action of a person, of which the newest event is asked."""

    person: Person
    type: EventType
    item_id: str


class Loaders:
    """The loaders of one request."""

    def __init__(self, services: Services, run: Runs) -> None:
        self._services, self._run = services, run
        self.reasons: DataLoader[Place, tuple[Reason, ...]] = DataLoader(
            self._reasons, cache_key_fn=lambda one: (id(one.listing), one.row),
        )
        self.explained: DataLoader[Page, None] = DataLoader(self._explained, cache_key_fn=id)
        self.positions: DataLoader[PlaceWithout, int | None] = DataLoader(
            self._positions, cache_key_fn=lambda one: (id(one.listing), one.row, one.actions),
        )
        self.event_ids: DataLoader[Done, str | None] = DataLoader(self._event_ids)
        self.known: DataLoader[str, bool] = DataLoader(self._known)

    async def _reasons(self, asked: list[Place]) -> list[tuple[Reason, ...]]:
        return await self._run(_by_listing, asked, _reasons_of)

    async def _explained(self, pages: list[Page]) -> list[None]:
        def work() -> None:
            for page in pages:
                page.explain()

        await self._run(work)
        return [None] * len(pages)

    async def _positions(self, asked: list[PlaceWithout]) -> list[int | None]:
        return await self._services.run_what_if(_by_listing, asked, _positions_of)

    async def _event_ids(self, asked: list[Done]) -> list[str | None]:
        """Look up newest events; without the log, evidence stands without its event."""
        try:
            return await self._run(self._look_up, asked)
        except EventsUnavailable:
            _log.warning("evidence is told without its events: the event log did not answer")
            return [None] * len(asked)

    async def _known(self, customer_ids: list[str]) -> list[bool]:
        return await self._run(lambda: [self._services.known(one) for one in customer_ids])

    def _look_up(self, asked: Sequence[Done]) -> list[str | None]:
        actions: dict[Person, list[tuple[EventType, str]]] = defaultdict(list)
        for one in asked:
            actions[one.person].append((one.type, one.item_id))
        latest = {person: self._services.events.latest(person, wanted) for person, wanted in actions.items()}
        events = (latest[one.person].get((one.type, one.item_id)) for one in asked)
        return [event.event_id if event else None for event in events]


def _reasons_of(listing: Listing, asked: Sequence[Place]) -> Sequence[tuple[Reason, ...]]:
    return listing.reasons([one.row for one in asked])


def _positions_of(listing: Listing, asked: Sequence[PlaceWithout]) -> Sequence[int | None]:
    return listing.positions_without([(one.row, one.actions) for one in asked])


_Asked = TypeVar("_Asked", bound=Place)
_Answer = TypeVar("_Answer")


def _by_listing(
    asked: Sequence[_Asked], work: Callable[[Listing, Sequence[_Asked]], Sequence[_Answer]],
) -> list[_Answer]:
    """Do one batch for each listing, and put the answers back into the order that was asked."""
    groups: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(asked):
        groups[id(one.listing)].append(index)
    answers: dict[int, _Answer] = {}
    for indices in groups.values():
        ones = [asked[index] for index in indices]
        answers.update(zip(indices, work(ones[0].listing, ones), strict=True))
    return [answers[index] for index in range(len(asked))]
