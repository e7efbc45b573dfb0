"""The whole story of one request: whom it speaks for, what is decided, how it is frozen, and why.

    token → consents → profile → candidates → eligibility → ranking → re-ranking → slate → explanation

`visit.py` reads the person, `decision.py` decides without any I/O, `freezing.py` keeps what was decided, `listing.py`
cuts pages of it and tells the reasons.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.errors import InvalidCursor
from service.recommender.freezing import Freezer
from service.recommender.home_pages import Home, HomePages, Shelf, is_home
from service.recommender.listing import Listing, Page, check_first
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.ports import Clock, SlateStore
from service.recommender.question import Question, RelatedIntent
from service.recommender.related import Found, found_by_title, related_to, trending_now
from service.recommender.signing import Cursor, Signer
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
        self._freezer = Freezer(self.slates, self.signer, self.clock, self.live, self.zone)
        self._homes = HomePages(self._freezer)

    def open(self, person: Person | None, *, profiling: bool = True) -> Visit:
        """Begin a visit: consents first, then one read of the features they allow."""
        snapshot = self.snapshot
        visit = self.reception.open(person, snapshot.catalogue, self.clock.now(), profiling=profiling)
        return visit if visit is EVERYBODY else dataclasses.replace(visit, snapshot=snapshot)

    def replace(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on; requests under way end with the old one."""
        self.snapshot = snapshot
        self._freezer.forget()
        self._homes.forget()

    def _of(self, visit: Visit) -> Snapshot:
        return visit.snapshot or self.snapshot

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
        profile = visit.of_kind(question.kind)
        ranking = decide(question, profile, self._of(visit), self.live)
        listing = self._freezer.freeze(visit, question, ranking)
        return listing.page(first, 0, profile.restrictions, self.now())

    def home(self, visit: Visit, asked: Question, first: int, after: str | None = None) -> Home:
        """Give a home page: a hero and at most `first` shelves; `after` goes on with the shelves behind."""
        check_first(first, MOST_SHELVES)
        if after is not None:
            return self._homes.rest(visit, after, self._of(visit), first)
        return self._homes.put_up(visit, asked, self._of(visit), first)

    def shelf(self, visit: Visit, shelf_id: str) -> Shelf | None:
        """Find a shelf of a home page given to this person; None where there is none."""
        return self._homes.shelf(visit, shelf_id, self._of(visit))

    def page(self, visit: Visit, listing: Listing, first: int, after: str | None = None) -> Page:
        """Give a page of a list that is at hand."""
        check_first(first)
        cursor = Cursor(listing.slate.id, 0) if after is None else self._cursor(visit, after)
        if cursor.slate_id != listing.slate.id:
            raise InvalidCursor("This cursor is of another list; start again without `after`.")
        return listing.page(first, cursor.position, visit.restrictions, self.now())

    def trending(self, question: Question, first: int, after: str | None = None) -> Page:
        """Give a page of what is wanted right now; the same for everybody."""
        check_first(first)
        if after is not None:
            return self._next(EVERYBODY, after, first)
        return self._for_everybody(question, trending_now(question, self.snapshot, self.live), first, ("trending",))

    def search(self, query: str, question: Question, kinds: Sequence[ItemKind], first: int,
               after: str | None = None) -> Page:
        """Give a page of items whose titles have the words of a query; the same for everybody."""
        check_first(first)
        if after is not None:
            return self._next(EVERYBODY, after, first)
        found = found_by_title(query, kinds, question, self.snapshot, self.live)
        return self._for_everybody(question, found, first, ("search", query))

    def related(self, item_id: str, intent: RelatedIntent, question: Question, first: int,
                after: str | None = None) -> Page:
        """Give a page of what is like an item, or goes with it; the same for everybody."""
        check_first(first)
        if after is not None:
            return self._next(EVERYBODY, after, first)
        found = related_to(item_id, intent, question, self.snapshot, self.live)
        return self._for_everybody(question, found, first, ("related", item_id, intent.value))

    def _cursor(self, visit: Visit, after: str) -> Cursor:
        return self.signer.read_cursor(after, [visit.person.key if visit.person else ""])

    def _next(self, visit: Visit, after: str, first: int) -> Page:
        cursor = self._cursor(visit, after)
        if is_home(cursor.slate_id):
            raise InvalidCursor("This cursor is of a home page; start again without `after`.")
        listing = self._freezer.find(visit, cursor.slate_id, self._of(visit), self._homes.replaying)
        return listing.page(first, cursor.position, visit.restrictions, self.now())

    def _for_everybody(self, question: Question, found: Found, first: int, about: tuple[str, ...]) -> Page:
        ranking, reasons = found
        listing = self._freezer.freeze(
            EVERYBODY, question, ranking, lambda _: ranking.rows.tolist(), within={"about": about},
        )
        listing.fixed_reasons = reasons
        return listing.page(first, 0, EVERYBODY.profile.restrictions, self.now())
