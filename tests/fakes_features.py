"""The online feature store in memory, held to the same contract suite as Feast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.events import RecentAction
from service.recommender.person import Person
from service.recommender.ports import Clock
from service.recommender.stored import NamedFeature, StoredActions, StoredImpressions, StoredProfile

FRESH, RECENT = timedelta(days=60), timedelta(days=30)
OPENED = (Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS)


class FakeFeatures:
    """Profiles by person and the purpose that opens them; `reads` and `pushes` count calls, `broken` refuses them."""

    def __init__(self, clock: Clock) -> None:
        self.reads: Counter[Person] = Counter()
        self.pushes: Counter[Person] = Counter()
        self.broken = False
        self._clock = clock
        self._stored: dict[tuple[Person, Purpose], tuple[datetime, StoredProfile]] = {}
        self._recent: dict[Person, tuple[datetime, tuple[RecentAction, ...]]] = {}
        self._lock = Lock()

    def put(self, person: Person, profile: StoredProfile, *, purpose: Purpose = Purpose.PERSONALISE_CONTENT) -> None:
        """Keep what a feature run would have written now."""
        self._stored[person, purpose] = (self._clock.now(), profile)

    def read(self, person: Person, purposes: frozenset[Purpose]) -> StoredProfile:
        opened = [purpose for purpose in OPENED if purpose in purposes]
        if not opened:
            return StoredProfile()
        self._answer()
        self.reads[person] += 1
        stored = [found for _, found in self._stored_of(person, opened)]
        content = next((one for one in stored if one.actions.item_id or one.through_sequence), StoredProfile())
        traits: dict[str, object] = {}
        for one in stored:
            traits |= one.traits
        recent, shown = self._recent_of(person, opened), _joined([one.impressions for one in stored])
        return StoredProfile(content.actions, recent, content.through_sequence, traits, shown)

    def push_recent(self, actions: Mapping[Person, Sequence[RecentAction]]) -> None:
        self._answer()
        with self._lock:
            for person, theirs in actions.items():
                self.pushes[person] += 1
                _, there = self._recent.get(person, (None, ()))
                if not (theirs and there and there[-1].sequence > theirs[-1].sequence):
                    self._recent[person] = (self._clock.now(), tuple(theirs))

    def forget(self, people: Collection[Person]) -> None:
        self._answer()
        with self._lock:
            for person in people:
                self._recent.pop(person, None)
                for purpose in OPENED:
                    self._stored.pop((person, purpose), None)

    def describe(self, person: Person, purposes: frozenset[Purpose]) -> Sequence[NamedFeature]:
        opened = [purpose for purpose in OPENED if purpose in purposes]
        if opened:
            self._answer()
        named: dict[str, NamedFeature] = {}
        for purpose in opened:
            for at, profile in self._stored_of(person, [purpose]):
                for name, value in _values(profile).items():
                    said = {"en": f"The feature {name}", "ja": f"特徴量 {name}"}
                    named.setdefault(name, NamedFeature(name, "fake", value, purpose, at, said))
        return list(named.values())

    def _stored_of(self, person: Person, opened: Sequence[Purpose]) -> list[tuple[datetime, StoredProfile]]:
        found = [self._stored[person, purpose] for purpose in opened if (person, purpose) in self._stored]
        return [(at, profile) for at, profile in found if self._clock.now() - at <= FRESH]

    def _recent_of(self, person: Person, opened: Sequence[Purpose]) -> tuple[RecentAction, ...]:
        at, actions = self._recent.get(person, (None, ()))
        fresh = at is not None and self._clock.now() - at <= RECENT
        return actions if fresh and Purpose.PERSONALISE_CONTENT in opened else ()

    def _answer(self) -> None:
        if self.broken:
            raise FeaturesUnavailable("the fake was told not to answer")


def _joined(shown: Sequence[StoredImpressions]) -> StoredImpressions:
    if not any(one.until for one in shown):
        return StoredImpressions()
    arrays = ([entry for one in shown for entry in getattr(one, name)] for name in ("item_id", "count", "days", "last_at"))
    return StoredImpressions(*arrays, min(one.until for one in shown if one.until))


def _values(profile: StoredProfile) -> Mapping[str, object]:
    arrays: dict[str, object] = {
        name: [None if value != value else value for value in getattr(profile.actions, name)]  # noqa: PLR0124 - NaN
        for name in StoredActions.__dataclass_fields__
    }
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in profile.traits.items()}
    return (arrays if profile.actions.item_id else {}) | listed
