"""A visit: whom a request speaks for, and what may be used of them; consents are read before anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from service.recommender.age import is_minor
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.consent import NOTHING, Decision, Purpose, granted
from service.recommender.discretion import discreet_actions
from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
from service.recommender.events import Impression
from service.recommender.feedback import Restrictions
from service.recommender.impressions import MOST_IMPRESSIONS, since
from service.recommender.person import Person
from service.recommender.ports import ConsentLedger, EventLog, FeatureSource, FeedbackStore
from service.recommender.profile import NOBODY, Profile, assemble
from service.recommender.showings import MOST_OF_CAMPAIGN, Showings
from service.recommender.snapshot import Snapshot
from service.recommender.stored import StoredProfile

MOST_RECENT = 100
_USED_HERE = frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS})


@dataclass(frozen=True, slots=True)
class Visit:
    """A person as far as this request may know them; `NOBODY` is in the profiles where it may know nothing."""

    person: Person | None = None
    purposes: frozenset[Purpose] = NOTHING
    profile: Profile = NOBODY
    ads_profile: Profile = NOBODY
    degraded: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    """What the person decided about their data, oldest first: read once for the whole visit."""
    snapshot: Snapshot | None = None
    """What the rows in the profiles are of: a publish in the middle of a request must not confuse them."""

    def of_kind(self, kind: ItemKind) -> Profile:
        """The profile that a list of a kind may use."""
        return self.ads_profile if kind is ItemKind.AD else self.profile

    @property
    def owner(self) -> str:
        """Key of the person whose lists these are; empty where they are everybody's."""
        return self.person.key if self.person and (self.profile.purposes or self.ads_profile.purposes) else ""


    @property
    def restrictions(self) -> Restrictions:
        """Standing feedback, for whichever purpose it was read."""
        return (self.profile if self.profile.purposes else self.ads_profile).restrictions

    def may_go_on(self, owner: str, kind: ItemKind) -> bool:
        """Whether a list of a kind that was made for an owner (nobody: empty) rests on nothing withdrawn since."""
        return not owner or bool(self.of_kind(kind).purposes)


EVERYBODY = Visit()


@dataclass(frozen=True, slots=True)
class Reception:
    """Opens visits: token → consents → features → feedback, each only as far as the one before allows."""

    features: FeatureSource
    consents: ConsentLedger
    feedback: FeedbackStore
    events: EventLog
    showings: Showings
    zone: ZoneInfo

    def open(
        self, person: Person | None, catalogue: Catalogue, now: datetime, *,
        profiling: bool = True, declined: frozenset[Purpose] = NOTHING,
    ) -> Visit:
        """Begin a visit; with `profiling` off, or without a purpose granted, nothing about the person is read.

        Parameters
        ----------
        declined : what this request asks not to use, whatever was granted
        """
        if person is None or not profiling:
            return EVERYBODY
        try:
            decisions = self.consents.decisions(person)
        except ConsentsUnavailable as fault:
            return Visit(person, degraded=(fault.part,))
        purposes = granted(decisions) - declined
        used = purposes & _USED_HERE
        if not used:
            return Visit(person, purposes, decisions=decisions)
        try:
            restrictions = self.feedback.restrictions(person)
        except EventsUnavailable as fault:  # what they forbade is not known, so nothing about them is used
            return Visit(person, purposes, degraded=(fault.part,), decisions=decisions)
        stored, degraded = self._stored(person, used, catalogue)
        shown, late = self._shown(person, since(stored.impressions, now))
        spent, uncounted = self._spent(person, used, now)
        whole = assemble(person, used, stored, restrictions, catalogue, shown, spent)
        return Visit(
            person, purposes,
            profile=whole if Purpose.PERSONALISE_CONTENT in used else NOBODY,
            ads_profile=whole if Purpose.PERSONALISE_ADS in used and _is_of_age(person, stored, degraded) else NOBODY,
            degraded=tuple(dict.fromkeys((*degraded, *late, *uncounted))),
            decisions=decisions,
        )

    def _stored(
        self, person: Person, purposes: frozenset[Purpose], catalogue: Catalogue,
    ) -> tuple[StoredProfile, tuple[str, ...]]:
        """Read the stored features, and what was done since out of the log; where that is away, as last projected."""
        stored, missing = StoredProfile(), []
        try:
            stored = self.features.read(person, purposes)
        except FeaturesUnavailable as fault:
            missing.append(fault.part)
        if Purpose.PERSONALISE_CONTENT in purposes:
            try:
                recent = self.events.recent(person, stored.through_sequence, MOST_RECENT)
            except EventsUnavailable as fault:
                missing.append(fault.part)
            else:
                stored = replace(stored, recent=discreet_actions(recent, catalogue))
        return stored, tuple(missing)

    def _shown(self, person: Person, after: datetime) -> tuple[Sequence[Impression], tuple[str, ...]]:
        try:
            return self.events.impressions(person, after, MOST_IMPRESSIONS), ()
        except EventsUnavailable as fault:
            return (), (fault.part,)

    def _spent(
        self, person: Person, purposes: frozenset[Purpose], now: datetime,
    ) -> tuple[frozenset[str], tuple[str, ...]]:
        if Purpose.PERSONALISE_ADS not in purposes:
            return frozenset(), ()
        try:
            return self.showings.spent(person, now.astimezone(self.zone).date(), MOST_OF_CAMPAIGN), ()
        except EventsUnavailable as fault:
            return frozenset(), (fault.part,)


def _is_of_age(person: Person, stored: StoredProfile, degraded: tuple[str, ...]) -> bool:
    """Whether ads may be chosen for a person: of a customer whose features cannot be read, it is not known."""
    return not is_minor(stored.traits) and not (person.is_customer and FeaturesUnavailable.part in degraded)
