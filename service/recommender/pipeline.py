"""The whole story of one request: whom it speaks for, what is decided, how it is frozen, and why.

    token → consents → profile → candidates → eligibility → ranking → re-ranking → slate → explanation

`visit.py` reads the person, `decision.py` decides without any I/O, `freezing.py` keeps what was decided, `listing.py`
cuts pages of it and tells the reasons.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from service.recommender.catalogue import ItemKind
from service.recommender.consent import NOTHING, Purpose
from service.recommender.decision import decide
from service.recommender.errors import InvalidCursor
from service.recommender.freezing import Freezer
from service.recommender.home_pages import Home, HomePages, Shelf, is_home
from service.recommender.identity import Identity, Scope
from service.recommender.listing import Listing, Page
from service.recommender.live import Live
from service.recommender.paging import Places, Window
from service.recommender.person import Person
from service.recommender.ports import Clock, SlateStore
from service.recommender.question import Question, RelatedIntent
from service.recommender.related import Found, found_by_title, related_to, trending_now
from service.recommender.signing import Signer
from service.recommender.snapshot import Snapshot
from service.recommender.visit import EVERYBODY, Reception, Visit

MOST_SHELVES = 6


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
    _freezer: Freezer = field(init=False)
    _homes: HomePages = field(init=False)

    def __post_init__(self) -> None:
        """Set up what freezes lists and home pages."""
        self._freezer = Freezer(
            self.slates, self.signer, self.clock, self.live, self.zone, self.reception.showings,
        )
        self._homes = HomePages(self._freezer)

    def open(
        self, person: Person | None, *, profiling: bool = True, declined: frozenset[Purpose] = NOTHING,
    ) -> Visit:
        """Begin a visit: consents first, then one read of the features they allow."""
        snapshot = self.snapshot
        visit = self.reception.open(
            person, snapshot.catalogue, self.clock.now(), profiling=profiling, declined=declined,
        )
        return visit if visit is EVERYBODY else dataclasses.replace(visit, snapshot=snapshot)

    def admit(self, identity: Identity, person: Person | None) -> Visit:
        """Begin a visit for whoever asks: to themselves, or, as a service that may read customers, to one of them.

        Raises
        ------
        Unauthenticated, Forbidden
            If it is somebody else.
        """
        identity.require_for(person, Scope.CUSTOMERS_READ)
        return self.open(person, declined=identity.declined)

    def replace(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on; requests under way end with the old one."""
        self.snapshot = snapshot
        self._freezer.forget()
        self._homes.forget()

    def forget(self, owners: Collection[str]) -> None:
        """Let go of what is at hand of some people, by their keys."""
        self._freezer.forget_people(owners)
        self._homes.forget_people(owners)

    def owners(self) -> frozenset[str]:
        """Keys of the people of whom something is at hand."""
        return self._freezer.owners() | self._homes.owners()

    def _of(self, visit: Visit) -> Snapshot:
        return visit.snapshot or self.snapshot

    def question(self, **asked: object) -> Question:
        """Ask as of now."""
        return Question(**{"now": self.now(), **asked})  # type: ignore[arg-type]

    def now(self) -> int:
        """Epoch seconds."""
        return int(self.clock.now().timestamp())

    def recommend(self, visit: Visit, question: Question, window: Window) -> Page:
        """Give a page of a list: of a new one, or of the frozen one that a cursor is of."""
        window.check()
        if window.goes_on:
            return self._going_on(visit, window)
        profile = visit.of_kind(question.kind)
        ranking = decide(question, profile, self._of(visit), self.live)
        listing = self._freezer.freeze(visit, question, ranking)
        return listing.page(window.between(), profile.restrictions, self.now())

    def home(self, visit: Visit, asked: Question, window: Window) -> Home:
        """Give a home page: a hero and shelves; a cursor goes on with the shelves beside it."""
        window.check(MOST_SHELVES)
        if not window.goes_on:
            return self._homes.put_up(visit, asked, self._of(visit), window.between())
        home_id, places = self._found(visit, window)
        if not is_home(home_id):
            raise InvalidCursor("This cursor is of another list; start again without it.")
        return self._homes.rest(visit, home_id, self._of(visit), places)

    def shelf(self, visit: Visit, shelf_id: str) -> Shelf | None:
        """Find a shelf of a home page given to this person; None where there is none."""
        return self._homes.shelf(visit, shelf_id, self._of(visit))

    def page(self, visit: Visit, listing: Listing, window: Window) -> Page:
        """Give a page of a list that is at hand."""
        window.check()
        slate_id, places = self._found(visit, window) if window.goes_on else (listing.slate.id, window.between())
        if slate_id != listing.slate.id:
            raise InvalidCursor("This cursor is of another list; start again without it.")
        return listing.page(places, visit.restrictions, self.now())

    def trending(self, question: Question, window: Window) -> Page:
        """Give a page of what is wanted right now; the same for everybody."""
        window.check()
        if window.goes_on:
            return self._going_on(EVERYBODY, window)
        return self._for_everybody(question, trending_now(question, self.snapshot, self.live), window, ("trending",))

    def search(self, query: str, question: Question, kinds: Sequence[ItemKind], window: Window) -> Page:
        """Give a page of items whose titles have the words of a query; the same for everybody."""
        window.check()
        if window.goes_on:
            return self._going_on(EVERYBODY, window)
        found = found_by_title(query, kinds, question, self.snapshot, self.live)
        return self._for_everybody(question, found, window, ("search", query))

    def related(self, item_id: str, intent: RelatedIntent, question: Question, window: Window) -> Page:
        """Give a page of what is like an item, or goes with it; the same for everybody."""
        window.check()
        if window.goes_on:
            return self._going_on(EVERYBODY, window)
        found = related_to(item_id, intent, question, self.snapshot, self.live)
        return self._for_everybody(question, found, window, ("related", item_id, intent.value))

    def _found(self, visit: Visit, window: Window) -> tuple[str, Places]:
        """Read the cursors of a page that goes on: of which slate they are, and which places they name."""
        owners = [visit.person.key if visit.person else ""]
        after, before = (
            None if text is None else self.signer.read_cursor(text, owners) for text in (window.after, window.before)
        )
        slates = {one.slate_id for one in (after, before) if one is not None}
        if len(slates) != 1:
            raise InvalidCursor("`after` and `before` are cursors of two lists; take both from one.")
        return slates.pop(), window.between(after.position if after else 0, before.position if before else None)

    def _going_on(self, visit: Visit, window: Window) -> Page:
        slate_id, places = self._found(visit, window)
        if is_home(slate_id):
            raise InvalidCursor("This cursor is of a home page; start again without it.")
        listing = self._freezer.find(visit, slate_id, self._of(visit), self._homes.replaying)
        return listing.page(places, visit.restrictions, self.now())

    def _for_everybody(self, question: Question, found: Found, window: Window, about: tuple[str, ...]) -> Page:
        ranking, reasons = found
        listing = self._freezer.freeze(
            EVERYBODY, question, ranking, lambda _: ranking.rows.tolist(), within={"about": about},
        )
        listing.fixed_reasons = reasons
        return listing.page(window.between(), EVERYBODY.profile.restrictions, self.now())
