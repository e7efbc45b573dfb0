"""Freezing: decisions become slates, so that page two goes on where page one ended, on any replica."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from service.recommender.catalogue import ItemKind
from service.recommender.decision import Ranking, decide
from service.recommender.errors import SlateExpired, SlatesUnavailable
from service.recommender.listing import Listing
from service.recommender.live import Live
from service.recommender.ports import Clock, SlateStore
from service.recommender.profile import Profile
from service.recommender.question import Question
from service.recommender.showings import DailyCap, Showings
from service.recommender.signing import Signer
from service.recommender.slate import LIFETIME, Slate
from service.recommender.snapshot import Snapshot
from service.recommender.visit import EVERYBODY, Visit

REMEMBERED = 2_000
"""Listings whose making is kept in process, so that reasons of later pages need no second decision."""

_HALF_HOUR = LIFETIME.total_seconds()
Replay = Callable[[Profile], Sequence[int]]
_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """The latest of something by its name; safe to use from several threads."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size, self._lock = size, Lock()
        self._kept: OrderedDict[str, _T] = OrderedDict()

    def get(self, name: str) -> _T | None:
        """Find one; None where it is not kept."""
        with self._lock:
            return self._kept.get(name)

    def put(self, name: str, value: _T) -> None:
        """Keep one, in place of the oldest."""
        with self._lock:
            self._kept[name] = value
            self._kept.move_to_end(name)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing of what was."""
        with self._lock:
            self._kept.clear()

    def all(self) -> tuple[_T, ...]:
        """All that is kept, oldest first."""
        with self._lock:
            return tuple(self._kept.values())

    def drop(self, is_unwanted: Callable[[_T], bool]) -> None:
        """Keep some no longer."""
        with self._lock:
            for name in [name for name, value in self._kept.items() if is_unwanted(value)]:
                del self._kept[name]


@dataclass
class Freezer:
    """Makes slates of decisions, and finds them again."""

    slates: SlateStore
    signer: Signer
    clock: Clock
    live: Live
    zone: ZoneInfo
    showings: Showings
    _listings: Remembered[Listing] = field(default_factory=Remembered)

    def freeze(
        self, visit: Visit, question: Question, ranking: Ranking, replay: Replay | None = None, *,
        slate_id: str | None = None, within: Mapping[str, object] | None = None,
    ) -> Listing:
        """Make a slate of a decision, and keep it for the pages to come.

        Parameters
        ----------
        replay : makes the list again for another profile; deciding the question again where left out
        slate_id : its name, where it is part of something; a new one where left out
        within : what more must be known to bring it back
        """
        snapshot, profile = ranking.assessed.snapshot, visit.of_kind(question.kind)
        item_ids = tuple(snapshot.catalogue.item_ids[row] for row in ranking.rows.tolist())
        owner = visit.person.key if visit.person and profile.purposes else ""
        expires_at, about = self.expiry(owner), dict(within or {})
        said = [item_ids, question.placement, question.kind, question.intent, about, expires_at.isoformat()]
        slate = Slate(
            id=slate_id or name(owner, said, snapshot),
            owner=owner,
            placement=question.placement,
            item_ids=item_ids,
            expires_at=expires_at,
            explored=ranking.explored,
            request={**question.as_json(), **about},
            versions=snapshot.versions,
        )
        degraded = dict.fromkeys((*visit.degraded, *ranking.assessed.degraded, *self.keep(slate)))
        listing = Listing(
            slate, snapshot, profile, self.zone, self.signer, lambda: ranking,
            replay or self.deciding(question, snapshot), tuple(degraded), self.cap(visit, slate, question),
            _ranking=ranking,
        )
        self._listings.put(slate.id, listing)
        return listing

    def expiry(self, owner: str) -> datetime:
        """When a list that is made now ends; one of everybody ends with the next half hour, so that it has one name."""
        now = self.clock.now()
        if owner:
            return now + LIFETIME
        return datetime.fromtimestamp((now.timestamp() // _HALF_HOUR + 2) * _HALF_HOUR, UTC)

    def cap(self, visit: Visit, slate: Slate, question: Question) -> DailyCap | None:
        """Bound what a person's list of ads may hold today; nobody is counted for the others."""
        if question.kind is not ItemKind.AD or not slate.owner or visit.person is None:
            return None
        return DailyCap(self.showings, visit.person, self.clock.now().astimezone(self.zone).date(), slate.id)

    def forget(self) -> None:
        """Let go of what was made of a snapshot that is served no more."""
        self._listings.clear()

    def forget_people(self, owners: Collection[str]) -> None:
        """Let go of what was made for some people, by their keys."""
        self._listings.drop(lambda listing: listing.slate.owner in owners)

    def owners(self) -> frozenset[str]:
        """Keys of the people of whom something is at hand."""
        return frozenset(listing.slate.owner for listing in self._listings.all()) - {""}

    def keep(self, slate: Slate) -> tuple[str, ...]:
        """Put a slate where other replicas find it; parts that could not."""
        try:
            self.slates.put(slate)
        except SlatesUnavailable as fault:
            return (fault.part,)
        return ()

    def find(
        self, visit: Visit, slate_id: str, snapshot: Snapshot,
        replaying: Callable[[Visit, Slate, Snapshot], Replay | None],
    ) -> Listing:
        """Find a frozen list again.

        Parameters
        ----------
        replaying : makes the replay of a slate that is part of something; None for a list by itself

        Raises
        ------
        SlateExpired
            If it is older than half an hour, or lost, or rests on a consent that no longer holds.
        SlatesUnavailable
        """
        now, known = self.clock.now(), self._listings.get(slate_id)
        if known is not None and known.slate.expires_at > now and known.snapshot is snapshot:
            slate = known.slate
        else:
            known, slate = None, self._stored(slate_id)
        question = Question.of_json(slate.request)
        if not visit.may_go_on(slate.owner, question.kind):
            raise SlateExpired("This list rests on a consent that does not hold now; ask for its first page again.")
        if known is not None:
            return known
        return self._revived(visit, slate, question, snapshot, replaying(visit, slate, snapshot))

    def _stored(self, slate_id: str) -> Slate:
        slate = self.slates.get(slate_id, self.clock.now())
        if slate is None:
            raise SlateExpired("This list has expired; ask for its first page again.")
        return slate

    def _revived(
        self, visit: Visit, slate: Slate, question: Question, snapshot: Snapshot, replay: Replay | None,
    ) -> Listing:
        """Bring a slate back that another replica froze: the same order; reasons are worked out anew."""
        profile = visit.of_kind(question.kind) if slate.owner else EVERYBODY.profile

        def ranking() -> Ranking:
            fresh = decide(question, profile, snapshot, self.live)
            return replace(fresh, rows=snapshot.catalogue.rows_of(slate.item_ids), explored=slate.explored)

        return Listing(
            slate, snapshot, profile, self.zone, self.signer, ranking, replay or self.deciding(question, snapshot),
            cap=self.cap(visit, slate, question),
        )

    def deciding(self, question: Question, snapshot: Snapshot) -> Replay:
        """Replay a list by itself: decide the question again."""
        return lambda other: list(map(int, decide(question, other, snapshot, self.live).rows))


def name(owner: str, said: object, snapshot: Snapshot) -> str:
    """Name a slate: at random for a person, after its content where it is the same for everybody."""
    if owner:
        return secrets.token_urlsafe(12)
    content = json.dumps([said, dict(snapshot.versions)], sort_keys=True)
    return "e" + hashlib.sha256(content.encode()).hexdigest()[:20]
