"""Home pages: plans of a home become frozen shelves, which can be paged through and found again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from service.recommender import home as homes
from service.recommender.decision import Ranking
from service.recommender.errors import SlateExpired
from service.recommender.freezing import REMEMBERED, Freezer, Remembered, Replay, name
from service.recommender.listing import Entry, Listing
from service.recommender.paging import Places
from service.recommender.profile import Profile
from service.recommender.question import Question
from service.recommender.reasons import Reason
from service.recommender.shelf_reasons import heading, resting
from service.recommender.slate import Slate
from service.recommender.snapshot import Snapshot
from service.recommender.visit import Visit
from service.recommender.wording import Message

PREFIX = "home-"
"""Marks the name of a home page, whose slate lists shelves instead of items."""
KEPT = REMEMBERED // 10
"""Pages kept whole in process: about as many as have the lists that are remembered anyway, a megabyte each in a shop of
thousands of products. Older ones are put together again from their slates."""


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
    """A home page; `cursors` lie behind each of its shelves."""

    id: str
    hero: Entry | None
    shelves: tuple[Shelf, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    profiled: bool
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """All shelves of a page, and whose page it is; empty for everybody's."""

    owner: str
    shelves: tuple[Shelf, ...]


_GONE = _Kept("", ())


@dataclass
class HomePages:
    """Puts home pages up, and finds them again."""

    freezer: Freezer
    _homes: Remembered[_Kept] = field(default_factory=lambda: Remembered(KEPT))

    def put_up(self, visit: Visit, asked: Question, snapshot: Snapshot, places: Places) -> Home:
        """Make a new page, and show its hero and some of its shelves."""
        plan = homes.compose(asked, visit.profile, visit.ads_profile, snapshot, self.freezer.live)
        content = [shelf.ranking.rows.tolist() for shelf in plan.shelves]
        expires_at = self.freezer.expiry(visit.owner)
        home_id = PREFIX + name(visit.owner, [content, asked.placement, expires_at.isoformat()], snapshot)
        hero = None
        if plan.hero is not None:
            hero = self._frozen(visit, asked, home_id, "hero", asked, plan.hero).entry(1)
        shelves = tuple(
            Shelf(f"{home_id}.{one.key}", one.key, one.title, one.reason,
                  self._frozen(visit, asked, home_id, one.key, one.question, one.ranking))
            for one in plan.shelves
        )
        keys = tuple(shelf.key for shelf in shelves)
        late = self.freezer.keep(Slate(
            home_id, visit.owner, asked.placement, keys, expires_at,
            request=asked.as_json(), versions=snapshot.versions,
        ))
        kept = _Kept(visit.owner, shelves)
        self._homes.put(home_id, kept)
        return self._part(visit, home_id, hero, kept, places, (*plan.degraded, *late))

    def rest(self, visit: Visit, home_id: str, snapshot: Snapshot, places: Places) -> Home:
        """Show other shelves of a page.

        Raises
        ------
        SlateExpired
        """
        kept = self._kept(visit, home_id, snapshot)
        if not kept.shelves:
            raise SlateExpired("This page has expired; ask for it again without a cursor.")
        return self._part(visit, home_id, None, kept, places)

    def shelf(self, visit: Visit, shelf_id: str, snapshot: Snapshot) -> Shelf | None:
        """Find a shelf of a page given to this person; None where there is none."""
        home_id, _, key = shelf_id.rpartition(".")
        if not is_home(home_id):
            return None
        try:
            known = self._kept(visit, home_id, snapshot).shelves
        except SlateExpired:
            return None
        mine = {visit.owner, ""}
        return next((shelf for shelf in known if shelf.key == key and shelf.listing.slate.owner in mine), None)

    def replaying(self, visit: Visit, slate: Slate, snapshot: Snapshot) -> Replay | None:
        """Make the replay of a shelf that was found again; None for any other slate."""
        asked = slate.request.get("asked")
        if not isinstance(asked, dict):
            return None
        return self._composing(visit, Question.of_json(asked), str(slate.request["shelf"]), snapshot)

    def _frozen(
        self, visit: Visit, asked: Question, home_id: str, key: str, question: Question, ranking: Ranking,
    ) -> Listing:
        return self.freezer.freeze(
            visit, question, ranking, self._composing(visit, asked, key, ranking.assessed.snapshot),
            slate_id=f"{home_id}.{key}",
            within={"shelf": key, "asked": asked.as_json(), "personal": bool(len(ranking.assessed.person.actions))},
        )

    def forget(self) -> None:
        """Let go of what was made of a snapshot that is served no more."""
        self._homes.clear()

    def forget_people(self, owners: Collection[str]) -> None:
        """Let go of the pages of some people, by their keys."""
        self._homes.drop(lambda kept: kept.owner in owners)

    def owners(self) -> frozenset[str]:
        """Keys of the people of whom a page is at hand."""
        return frozenset(kept.owner for kept in self._homes.all()) - {""}

    def _composing(self, visit: Visit, asked: Question, key: str, snapshot: Snapshot) -> Replay:
        """Replay a shelf: compose the whole page again, and look at that shelf of it."""

        def replay(other: Profile) -> Sequence[int]:
            mine, left = visit.ads_profile if visit.profile.is_empty else visit.profile, other.actions
            gone = {mine.actions.key(i) for i in range(len(mine.actions))} - {left.key(i) for i in range(len(left))}
            plan = homes.compose(
                asked, visit.profile.without(gone), visit.ads_profile.without(gone), snapshot, self.freezer.live,
            )
            if key == "hero":
                return list(map(int, plan.hero.rows)) if plan.hero else []
            return next((list(map(int, shelf.ranking.rows)) for shelf in plan.shelves if shelf.key == key), [])

        return replay

    def _part(
        self, visit: Visit, home_id: str, hero: Entry | None, kept: _Kept, places: Places,
        degraded: Sequence[str] = (),
    ) -> Home:
        shown, has_next, has_previous = places.among(np.arange(1, len(kept.shelves) + 1))
        return Home(
            id=home_id,
            hero=hero,
            shelves=tuple(kept.shelves[place - 1] for place in shown.tolist()),
            cursors=tuple(self.freezer.signer.cursor(home_id, place, visit.owner) for place in shown.tolist()),
            has_next=has_next,
            has_previous=has_previous,
            profiled=bool(kept.owner),
            degraded=tuple(dict.fromkeys((*visit.degraded, *degraded))),
        )

    def _kept(self, visit: Visit, home_id: str, snapshot: Snapshot) -> _Kept:
        """Find the shelves of a home page, here or frozen by another replica; none where it expired."""
        now, known = self.freezer.clock.now(), self._homes.get(home_id)
        listing = known.shelves[0].listing if known and known.shelves else None
        if known and listing and listing.slate.expires_at > now and listing.snapshot is snapshot:
            slates = [one.listing.slate for one in known.shelves]
            lists = [(one.owner, Question.of_json(one.request).kind) for one in slates]
            return known if all(visit.may_go_on(owner, kind) for owner, kind in lists) else _GONE
        slate = self.freezer.slates.get(home_id, now)
        if slate is None or (slate.owner and not visit.owner):
            return _GONE
        found = []
        for key in slate.item_ids:
            listing = self.freezer.find(visit, f"{home_id}.{key}", snapshot, self.replaying)
            anchor = Question.of_json(listing.slate.request).anchor_item_id
            row = snapshot.catalogue.row_of.get(anchor or "")
            row = None if row is None or snapshot.catalogue.sensitive[row] else row
            called = "for_you" if anchor and row is None else key  # what it starts from is gone, or told no more
            title, reason = heading(called, personal=bool(listing.slate.request.get("personal")), anchor=row)
            if not reason.evidence:
                rows = snapshot.catalogue.rows_of(listing.slate.item_ids)
                rows = rows[rows >= 0]
                reason = replace(reason, evidence=resting(called, listing.person, snapshot, rows))
            found.append(Shelf(f"{home_id}.{key}", key, title, reason, listing))
        return _Kept(slate.owner, tuple(found))


def is_home(slate_id: str) -> bool:
    """Whether a name is that of a home page, not of one of its shelves or another list."""
    return slate_id.startswith(PREFIX) and "." not in slate_id
