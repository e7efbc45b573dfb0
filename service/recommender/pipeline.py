"""The whole story of one request: whom it speaks for, what is decided, how it is frozen, and why.

    token → consents → profile → candidates → eligibility → ranking → re-ranking → slate → explanation

`visit.py` reads the person, `decision.py` decides without any I/O, `listing.py` cuts pages and tells reasons.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TypeVar
from zoneinfo import ZoneInfo

from service.recommender import home as homes
from service.recommender.catalogue import ItemKind
from service.recommender.decision import Ranking, decide
from service.recommender.errors import SlateExpired, SlatesUnavailable
from service.recommender.explanation import Reason
from service.recommender.listing import Entry, Listing, Page, check_first
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.ports import Clock, SlateStore
from service.recommender.profile import Profile
from service.recommender.question import Question, RelatedIntent
from service.recommender.related import found_by_title, related_to, trending_now
from service.recommender.signing import Signer
from service.recommender.slate import LIFETIME, Slate
from service.recommender.snapshot import Snapshot
from service.recommender.visit import EVERYBODY, Reception, Visit
from service.recommender.wording import Message

_T = TypeVar("_T")
REMEMBERED = 2_000
"""Listings whose making is kept in process, so that reasons of later pages need no second decision."""
MOST_SHELVES = 6


@dataclass(frozen=True)
class Shelf:
    """A shelf of a home page, ready to be paged through."""

    id: str
    key: str
    title: Message
    reason: Reason
    listing: Listing


@dataclass(frozen=True)
class Home:
    """A home page."""

    id: str
    hero: tuple[Listing, Entry] | None
    shelves: tuple[Shelf, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    profiled: bool
    degraded: tuple[str, ...]


@dataclass
class Recommender:
    """Answers requests; holds the one snapshot that is served, which a publish replaces as a whole."""

    snapshot: Snapshot
    reception: Reception
    slates: SlateStore
    signer: Signer
    clock: Clock
    live: Live
    zone: ZoneInfo
    _listings: OrderedDict[str, Listing] = field(default_factory=OrderedDict)
    _homes: OrderedDict[str, tuple[Shelf, ...]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def open(self, person: Person | None, *, profiling: bool = True) -> Visit:
        """Begin a visit: consents first, then one read of the features they allow."""
        return self.reception.open(person, self.snapshot.catalogue, profiling=profiling)

    def replace(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on; requests under way end with the old one."""
        self.snapshot = snapshot

    def question(self, **asked: object) -> Question:
        """Ask as of now."""
        return Question(**{"now": self.now(), **asked})  # type: ignore[arg-type]

    def now(self) -> int:
        """Epoch seconds."""
        return int(self.clock.now().timestamp())

    def recommend(self, visit: Visit, question: Question, first: int, after: str | None = None) -> Page:
        """Give a page of a list: a new one, or the next of a frozen one."""
        check_first(first)
        if after is not None:
            return self._next(visit, after, first)
        profile, snapshot = visit.of_kind(question.kind), self.snapshot
        ranking = decide(question, profile, snapshot, self.live)
        listing = self._freeze(visit, profile, question, ranking, self._replay_list(question))
        return listing.page(first, 0, profile.restrictions, self.now())

    def trending(self, question: Question, first: int, after: str | None = None) -> Page:
        """Give a page of what is wanted right now; the same for everybody."""
        check_first(first)
        return self._next(EVERYBODY, after, first) if after else self._shown(
            question, trending_now(question, self.snapshot, self.live), first,
        )

    def search(self, query: str, question: Question, kinds: Sequence[ItemKind], first: int,
               after: str | None = None) -> Page:
        """Give a page of items whose titles have the words of a query; the same for everybody."""
        check_first(first)
        return self._next(EVERYBODY, after, first) if after else self._shown(
            question, found_by_title(query, kinds, question, self.snapshot), first,
        )

    def related(self, item_id: str, intent: RelatedIntent, question: Question, first: int,
                after: str | None = None) -> Page:
        """Give a page of what is like an item, or goes with it; the same for everybody."""
        check_first(first)
        return self._next(EVERYBODY, after, first) if after else self._shown(
            question, related_to(item_id, intent, question, self.snapshot), first,
        )

    def home(self, visit: Visit, asked: Question, first: int, after: str | None = None) -> Home:
        """Give a home page: a hero and at most `first` shelves; `after` goes on with the shelves behind."""
        check_first(first, MOST_SHELVES)
        if after is not None:
            return self._rest_of_home(visit, after, first)
        snapshot, ads = self.snapshot, visit.ads_profile
        plan = homes.compose(asked, visit.profile, ads, snapshot, self.live)
        home_id = self._name(visit, {"home": [shelf.ranking.rows.tolist() for shelf in plan.shelves]}, snapshot)
        hero = None
        if plan.hero is not None:
            listing = self._frozen_shelf(visit, asked, home_id, "hero", asked, plan.hero)
            hero = (listing, listing.entry(1))
        shelves = tuple(
            Shelf(f"{home_id}.{one.key}", one.key, one.title, one.reason,
                  self._frozen_shelf(visit, asked, home_id, one.key, one.question, one.ranking))
            for one in plan.shelves
        )
        keys = tuple(shelf.key for shelf in shelves)
        self._keep(Slate(home_id, visit.owner, asked.placement, keys, self.clock.now() + LIFETIME,
                         request=asked.as_json(), versions=snapshot.versions))
        with self._lock:
            _remember(self._homes, home_id, shelves)
        return self._part_of_home(visit, home_id, hero, shelves, 0, first, plan.degraded)

    def shelf(self, visit: Visit, shelf_id: str) -> Shelf | None:
        """Find a shelf of a home page given to this person; None where there is none."""
        home_id, _, key = shelf_id.rpartition(".")
        known = self._shelves(visit, home_id)
        mine = {visit.owner, ""}
        return next((shelf for shelf in known if shelf.key == key and shelf.listing.slate.owner in mine), None)

    def listing(self, visit: Visit, slate_id: str) -> Listing:
        """Find a frozen list again.

        Raises
        ------
        SlateExpired
            If it is older than half an hour, or lost.
        SlatesUnavailable
        """
        now = self.clock.now()
        with self._lock:
            known = self._listings.get(slate_id)
        if known is not None and known.slate.expires_at > now and known.snapshot is self.snapshot:
            return known
        slate = self.slates.get(slate_id, now)
        if slate is None:
            raise SlateExpired("This list has expired; ask for its first page again.")
        return self._revived(visit, slate)

    def page(self, visit: Visit, listing: Listing, first: int, after: str | None = None) -> Page:
        """Give a page of a list that is at hand."""
        check_first(first)
        if after is not None:
            return self._next(visit, after, first)
        return listing.page(first, 0, visit.profile.restrictions, self.now())

    def _next(self, visit: Visit, after: str, first: int) -> Page:
        cursor = self.signer.read_cursor(after, [visit.person.key if visit.person else ""])
        listing = self.listing(visit, cursor.slate_id)
        if listing.slate.owner and not visit.owner:
            raise SlateExpired("This list rests on a consent that does not hold now; ask for its first page again.")
        return listing.page(first, cursor.position, visit.profile.restrictions, self.now())

    def _shown(self, question: Question, found: tuple[Ranking, dict[int, tuple[Reason, ...]]], first: int) -> Page:
        ranking, reasons = found
        listing = self._freeze(EVERYBODY, EVERYBODY.profile, question, ranking, lambda _: ranking.rows.tolist())
        listing.fixed_reasons = reasons
        return listing.page(first, 0, EVERYBODY.profile.restrictions, self.now())

    def _freeze(
        self, visit: Visit, profile: Profile, question: Question, ranking: Ranking,
        replay: Callable[[Profile], Sequence[int]], slate_id: str | None = None,
        within: Mapping[str, object] | None = None,
    ) -> Listing:
        """Make a slate of a decision, and keep it for the pages to come."""
        snapshot = ranking.assessed.snapshot
        item_ids = tuple(snapshot.catalogue.item_ids[row] for row in ranking.rows.tolist())
        said = {"ids": item_ids, "placement": question.placement}
        slate = Slate(
            id=slate_id or self._name(visit, said, snapshot),
            owner=visit.owner,
            placement=question.placement,
            item_ids=item_ids,
            expires_at=self.clock.now() + LIFETIME,
            explored=ranking.explored,
            request={**question.as_json(), **(within or {})},
            versions=snapshot.versions,
        )
        degraded = dict.fromkeys((*visit.degraded, *ranking.assessed.degraded))
        listing = Listing(slate, snapshot, profile, self.zone, self.signer, lambda: ranking, replay, tuple(degraded),
                          _ranking=ranking)
        listing.degraded += self._keep(slate)
        with self._lock:
            _remember(self._listings, slate.id, listing)
        return listing

    def _keep(self, slate: Slate) -> tuple[str, ...]:
        try:
            self.slates.put(slate)
        except SlatesUnavailable as fault:
            return (fault.part,)
        return ()

    @staticmethod
    def _name(visit: Visit, said: object, snapshot: Snapshot) -> str:
        """Name a slate: at random for a person, after its content where it is the same for everybody."""
        if visit.owner:
            return secrets.token_urlsafe(12)
        content = json.dumps([said, dict(snapshot.versions)], sort_keys=True)
        return "e" + hashlib.sha256(content.encode()).hexdigest()[:20]

    def _revived(self, visit: Visit, slate: Slate) -> Listing:
        """Bring a slate back that another replica froze: the same order; reasons are worked out anew."""
        question, snapshot = Question.of_json(slate.request), self.snapshot
        known = snapshot.catalogue.row_of
        slate = replace(slate, item_ids=tuple(one for one in slate.item_ids if one in known))
        profile = visit.of_kind(question.kind) if slate.owner else EVERYBODY.profile

        def ranking() -> Ranking:
            fresh = decide(question, profile, snapshot, self.live)
            return replace(fresh, rows=snapshot.catalogue.rows_of(slate.item_ids), explored=slate.explored)

        asked = slate.request.get("asked")
        if isinstance(asked, Mapping):
            replay = self._replay(Question.of_json(asked), visit, str(slate.request["shelf"]))
        else:
            replay = self._replay_list(question)
        return Listing(slate, snapshot, profile, self.zone, self.signer, ranking, replay)

    def _frozen_shelf(
        self, visit: Visit, asked: Question, home_id: str, key: str, question: Question, ranking: Ranking,
    ) -> Listing:
        return self._freeze(
            visit, visit.of_kind(question.kind), question, ranking, self._replay(asked, visit, key),
            f"{home_id}.{key}", {"shelf": key, "asked": asked.as_json()},
        )

    def _replay_list(self, question: Question) -> Callable[[Profile], Sequence[int]]:
        snapshot = self.snapshot
        return lambda other: list(map(int, decide(question, other, snapshot, self.live).rows))

    def _replay(self, asked: Question, visit: Visit, key: str) -> Callable[[Profile], Sequence[int]]:
        """Compose the whole page again for another profile, and look at one shelf of it."""
        snapshot = self.snapshot

        def replay(other: Profile) -> Sequence[int]:
            gone = {visit.profile.actions.key(i) for i in range(len(visit.profile.actions))}
            gone -= {other.actions.key(i) for i in range(len(other.actions))}
            plan = homes.compose(
                asked, visit.profile.without(gone), visit.ads_profile.without(gone), snapshot, self.live,
            )
            if key == "hero":
                return list(map(int, plan.hero.rows)) if plan.hero else []
            return next((list(map(int, shelf.ranking.rows)) for shelf in plan.shelves if shelf.key == key), [])

        return replay

    def _part_of_home(
        self, visit: Visit, home_id: str, hero: tuple[Listing, Entry] | None, shelves: tuple[Shelf, ...], start: int,
        first: int, degraded: Sequence[str] = (),
    ) -> Home:
        shown = shelves[start : start + first]
        cursors = tuple(self.signer.cursor(home_id, start + place, visit.owner) for place in range(1, len(shown) + 1))
        return Home(
            home_id, hero, shown, cursors, start + first < len(shelves), start > 0, bool(visit.owner),
            tuple(dict.fromkeys((*visit.degraded, *degraded))),
        )

    def _rest_of_home(self, visit: Visit, after: str, first: int) -> Home:
        cursor = self.signer.read_cursor(after, [visit.person.key if visit.person else ""])
        shelves = self._shelves(visit, cursor.slate_id)
        if not shelves or (shelves[0].listing.slate.owner and not visit.owner):
            raise SlateExpired("This page has expired; ask for it again without `after`.")
        return self._part_of_home(visit, cursor.slate_id, None, shelves, cursor.position, first)

    def _shelves(self, visit: Visit, home_id: str) -> tuple[Shelf, ...]:
        """Find the shelves of a home page, here or frozen by another replica; none where it expired."""
        now = self.clock.now()
        with self._lock:
            known = self._homes.get(home_id)
        if known and known[0].listing.slate.expires_at > now:
            return known
        slate = self.slates.get(home_id, now)
        if slate is None:
            return ()
        found = []
        for key in slate.item_ids:
            listing = self.listing(visit, f"{home_id}.{key}")
            anchor = Question.of_json(listing.slate.request).anchor_item_id
            row = self.snapshot.catalogue.row_of.get(anchor or "")
            title, reason = homes.heading(key, personal=bool(slate.owner), anchor=row)
            found.append(Shelf(f"{home_id}.{key}", key, title, reason, listing))
        return tuple(found)


def _remember(kept: OrderedDict[str, _T], key: str, value: _T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
