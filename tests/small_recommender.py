"""The whole recommender over the small shop, on fakes: nothing to start, nothing to wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.catalogue import ItemKind
from service.recommender.consent import Decision, Purpose
from service.recommender.events import Event, EventType, RecentAction
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.pipeline import Recommender
from service.recommender.recording import Recorder
from service.recommender.signing import Signer
from service.recommender.snapshot import Snapshot
from service.recommender.stored import NamedFeature, StoredActions, StoredProfile
from service.recommender.visit import Reception
from tests.fakes import (
    FakeChangeLog,
    FakeClock,
    FakeConsentLedger,
    FakeEventLog,
    FakeFeedbackStore,
    FakeShowings,
    FakeSlateStore,
    FakeVisitorLinks,
)
from tests.small_shop import PATHS, small_snapshot

CUSTOMERS = 20
ALL_PURPOSES = frozenset(Purpose) - {Purpose.THIRD_PARTY}
TRAITS: Mapping[str, object] = {
    "recency_days": 2.0, "frequency_91": 60.0, "mean_gap_days": 6.0, "mean_basket_value": 32.0,
    "discount_share": 0.2, "age_band": "35-44",
}


class FakeFeatureSource:
    """An online feature store in memory; `reads` and `pushes` count the calls per person."""

    def __init__(self) -> None:
        self.stored: dict[Person, StoredProfile] = {}
        self.pushed: dict[Person, tuple[RecentAction, ...]] = {}
        self.reads: Counter[Person] = Counter()
        self.pushes: Counter[Person] = Counter()

    def read(self, person: Person, purposes: frozenset[Purpose]) -> StoredProfile:
        self.reads[person] += 1
        kept = self.stored.get(person, StoredProfile())
        if Purpose.PERSONALISE_CONTENT not in purposes:
            return StoredProfile(
                actions=kept.actions, through_sequence=kept.through_sequence, impressions=kept.impressions,
            )
        recent = self.pushed.get(person, ())
        return StoredProfile(kept.actions, recent, kept.through_sequence, kept.traits, kept.impressions)

    def push_recent(self, actions: Mapping[Person, Sequence[RecentAction]]) -> None:
        for person, theirs in actions.items():
            self.pushes[person] += 1
            self.pushed[person] = tuple(theirs)

    def forget(self, people: Collection[Person]) -> None:
        for person in people:
            self.pushed.pop(person, None)
            self.stored.pop(person, None)

    def describe(self, person: Person, purposes: frozenset[Purpose]) -> Sequence[NamedFeature]:
        if Purpose.PERSONALISE_CONTENT not in purposes:
            return ()
        said = {"en": "Orders of the last 91 days.", "ja": "直近91日の注文数。"}
        traits = self.stored.get(person, StoredProfile()).traits
        return [
            NamedFeature(name, "profile", value, Purpose.PERSONALISE_CONTENT, None, said)
            for name, value in traits.items()
        ]


@dataclass
class SmallRecommender:
    """The recommender and everything under it, for tests to look into."""

    snapshot: Snapshot
    clock: FakeClock
    log: FakeEventLog = field(default_factory=FakeEventLog)
    altered: FakeChangeLog = field(default_factory=FakeChangeLog)
    slates: FakeSlateStore = field(default_factory=FakeSlateStore)
    features: FakeFeatureSource = field(default_factory=FakeFeatureSource)
    signer: Signer = field(default_factory=lambda: Signer([b"a key for tests alone"]))
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tokyo"))

    def __post_init__(self) -> None:
        self.live = Live(self.zone)
        self.consents, self.feedback = FakeConsentLedger(self.altered), FakeFeedbackStore(self.altered)
        self.links = FakeVisitorLinks(self.log, self.feedback, self.altered)
        self.recommender = Recommender(
            self.snapshot, Reception(
                self.features, self.consents, self.feedback, self.log, FakeShowings(), self.zone,
            ),
            self.slates, self.signer, self.clock, self.live, self.zone,
        )
        self.recorder = Recorder(
            self.log, self.features, self.consents, self.feedback, self.links, self.signer, self.clock,
            lambda: self.snapshot.catalogue,
        )

    def grant(self, person: Person, purposes: frozenset[Purpose] = ALL_PURPOSES) -> None:
        """Let a person have agreed to purposes."""
        now = self.clock.now()
        self.consents.record(person, [Decision(one, True, now, "test", "May we?") for one in sorted(purposes)])

    def purchases(self, person: Person, history: Sequence[tuple[str, int, int]]) -> None:
        """Let a person have bought (item_id, how often, days since the last time), weekly; log and features agree."""
        now = self.clock.now()
        events = [
            Event(f"{person.id}-{item_id}-{n}", person, EventType.PURCHASE, now - timedelta(days=days + 7 * n),
                  item_id, quantity=Decimal(1), amount=Decimal("2.50"))
            for item_id, count, days in history
            for n in range(count)
        ]
        self.log.append(sorted(events, key=lambda one: one.occurred_at), now)
        at = int(now.timestamp())
        actions = StoredActions(
            item_id=[item_id for item_id, _, _ in history],
            type=[EventType.PURCHASE.value] * len(history),
            count=[count for _, count, _ in history],
            first_at=[at - 86_400 * (days + 7 * (count - 1)) for _, count, days in history],
            last_at=[at - 86_400 * days for _, _, days in history],
            last_price=[2.5] * len(history),
        )
        traits = {**TRAITS, "shop_segments": ["vip"]}
        self.features.stored[person] = StoredProfile(actions, (), self.log.last_sequence(), traits)


def small_recommender(clock: FakeClock, seed: int = 7, snapshot: Snapshot | None = None) -> SmallRecommender:
    """Open the small shop to twenty customers, "0" to "19", each with two favourite kinds and every consent."""
    shop = SmallRecommender(snapshot or small_snapshot(seed), clock)
    draw = np.random.default_rng(seed)
    of_each = len(shop.snapshot.catalogue.of_kind(ItemKind.PRODUCT)) // len(PATHS)
    for number in range(CUSTOMERS):
        person = Person.customer(str(number))
        kinds = [number % len(PATHS), (number + 1) % len(PATHS)]
        chosen = {f"p{kinds[n % 2] + len(PATHS) * int(draw.integers(of_each))}": n for n in range(24)}
        history = [(item_id, 1 + n % 4, 1 + int(draw.integers(40))) for item_id, n in chosen.items()]
        shop.purchases(person, history)
        shop.grant(person)
    return shop
