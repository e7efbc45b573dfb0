"""A listing: a frozen slate together with what made it, from which pages are cut and reasons told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.actions import ActionKey
from service.recommender.arrays import Ints
from service.recommender.decision import Ranking
from service.recommender.discretion import tactful
from service.recommender.eligibility import servable
from service.recommender.errors import EventsUnavailable
from service.recommender.explanation import explain, positions_without
from service.recommender.feedback import Restrictions
from service.recommender.paging import Places
from service.recommender.person_view import PersonView
from service.recommender.profile import Profile
from service.recommender.question import Question
from service.recommender.reasons import Reason
from service.recommender.showings import DailyCap
from service.recommender.signing import Showing, Signer
from service.recommender.slate import Slate
from service.recommender.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of a slate, as it is shown; its cursor and its token are signed when they are asked for."""

    listing: Listing
    row: int
    item_id: str
    position: int

    @property
    def exploration(self) -> bool:
        """Whether it was chosen to learn."""
        return self.position in self.listing.slate.explored

    @property
    def cursor(self) -> str:
        """Names this place, for the page that follows it."""
        slate = self.listing.slate
        return self.listing.signer.cursor(slate.id, self.position, slate.owner)

    @property
    def token(self) -> str:
        """Names this showing, for the events about it."""
        slate = self.listing.slate
        showing = Showing(slate.id, self.position, slate.placement, self.item_id)
        return self.listing.signer.token(showing, slate.owner)


@dataclass
class Listing:
    """A slate with its decision. Reasons are worked out when they are asked for, once for all items asked together."""

    slate: Slate
    snapshot: Snapshot
    profile: Profile
    zone: ZoneInfo
    signer: Signer
    decide: Callable[[], Ranking]
    replay: Callable[[Profile], Sequence[int]]
    degraded: tuple[str, ...] = ()
    cap: DailyCap | None = None
    """Bounds its ads, where it is a person's."""
    fixed_reasons: Mapping[int, tuple[Reason, ...]] | None = None
    """Reasons that need no weighing, by row: of lists about an item instead of a person."""
    _ranking: Ranking | None = None
    _reasons: dict[int, tuple[Reason, ...]] = field(default_factory=dict)

    @property
    def profiled(self) -> bool:
        """Whether anything about a person was read for it."""
        return bool(self.profile.purposes)

    @property
    def person(self) -> PersonView:
        """The person as of when it was asked for."""
        asked = Question.of_json(self.slate.request)
        return self.snapshot.person(self.profile.actions, asked.now, asked.circumstances(self.zone))

    def entry(self, position: int) -> Entry:
        """What stands at a position, counted from 1."""
        item_id = self.slate.item_ids[position - 1]
        return Entry(self, self.snapshot.catalogue.row_of[item_id], item_id, position)

    def page(self, places: Places, restrictions: Restrictions, now: int) -> Page:
        """Cut a page; what may no longer be shown is left out and made up for."""
        catalogue, rows = self.snapshot.catalogue, self.snapshot.catalogue.rows_of(self.slate.item_ids)
        there, rows = np.flatnonzero(rows >= 0) + 1, rows[rows >= 0]
        fits = servable(catalogue, rows, now)
        if catalogue.discreet[rows].any():
            fits &= tactful(catalogue, rows, Question.of_json(self.slate.request))
        if restrictions.hidden:
            fits &= ~np.isin(rows, catalogue.rows_of(list(restrictions.hidden)))
        shown, has_next, has_previous = self._claimed(places, there[fits])
        return Page(self, tuple(self.entry(int(place)) for place in shown), has_next, has_previous)

    def _claimed(self, places: Places, there: Ints) -> tuple[Ints, bool, bool]:
        """Cut a page out of positions; a campaign that this answer may not hold is left out, and made up for."""
        shown = places.among(there)
        if self.cap is None:
            return shown
        rows = self.snapshot.catalogue.rows_of(self.slate.item_ids)
        campaign = {place: self.snapshot.catalogue.texts.campaign_id[rows[place - 1]] or "" for place in there.tolist()}
        held: set[str] = set()
        while fresh := {campaign[place] for place in shown[0].tolist()} - held:
            try:
                refused = self.cap.refused(fresh)
            except EventsUnavailable as fault:  # what cannot be counted is not shown
                self.degraded = tuple(dict.fromkeys((*self.degraded, fault.part)))
                return places.among(there[:0])
            held |= fresh
            there = there[[campaign[place] not in refused for place in there.tolist()]]
            shown = places.among(there)
        return shown

    def reasons(self, rows: Sequence[int]) -> list[tuple[Reason, ...]]:
        """Reasons of items of this list, the most telling first."""
        if self.fixed_reasons is not None:
            return [self.fixed_reasons[row] for row in rows]
        missing = [row for row in dict.fromkeys(rows) if row not in self._reasons]
        if missing:
            if self._ranking is None:
                self._ranking = self.decide()
            self._reasons.update(zip(missing, explain(self._ranking, missing, self.zone), strict=True))
        return [self._reasons[row] for row in rows]

    def known_reasons(self, row: int) -> tuple[Reason, ...] | None:
        """Reasons of an item, if they have been worked out."""
        return (self.fixed_reasons or self._reasons).get(row)

    def positions_without(self, wanted: Sequence[tuple[int, frozenset[ActionKey]]]) -> list[int | None]:
        """Where items would stand without some actions; all in one batch."""
        return positions_without(self.replay, self.profile, wanted)


@dataclass(frozen=True, slots=True)
class Page:
    """A few places of a listing, in order."""

    listing: Listing
    entries: tuple[Entry, ...]
    has_next: bool
    has_previous: bool

    def explain(self) -> None:
        """Work out the reasons of all its items in one batch; the listing keeps them."""
        self.listing.reasons([entry.row for entry in self.entries])
