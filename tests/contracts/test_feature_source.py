"""What every online feature store keeps to."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_repository import FeastRepository
from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.events import EventType, RecentAction
from service.recommender.person import Person
from service.recommender.ports import FeatureSource
from service.recommender.stored import StoredActions, StoredImpressions, StoredProfile
from tests.fakes import FakeClock
from tests.fakes_features import FakeFeatures
from tests.feature_repo.shop_tables import AS_OF, ShopTables, bought, days_ago, did
from tests.stores import PAIRS, Stores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

CONTENT, ADS = frozenset({Purpose.PERSONALISE_CONTENT}), frozenset({Purpose.PERSONALISE_ADS})
ANN, BOB, NOBODY = Person.customer("ann"), Person.customer("bob"), Person.customer("nobody")
SHOP = ShopTables(
    [
        bought("ann", "milk", days_ago(9), basket="1"),
        bought("ann", "milk", days_ago(2), basket="2", amount="2.50"),
        did("ann", "VIEW", "bread", days_ago(1)),
        did("ann", "COUPON_REDEEM", None, days_ago(1), offer_code="A"),
        did("ann", "IMPRESSION", "oat", days_ago(4)), did("ann", "IMPRESSION", "oat", days_ago(3)),
        did("ann", "IMPRESSION", "banner", days_ago(2)),
    ],
    segments=[{"segment": "vip", "customer_id": "ann"}],
)
ACTIONS = StoredActions(
    ["bread", "milk"], ["VIEW", "PURCHASE"], [1, 2], [int(days_ago(1).timestamp()), int(days_ago(9).timestamp())],
    [int(days_ago(1).timestamp()), int(days_ago(2).timestamp())], [math.nan, 2.5],
    *([1.0, 1 + math.exp(-7 / days)] for days in (30, 90, 365)),
)

SHOWN = StoredImpressions(["oat"], [2], [2], [int(days_ago(3).timestamp())], AS_OF)
ADS_SHOWN = StoredImpressions(["banner"], [1], [1], [int(days_ago(2).timestamp())], AS_OF)


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> Path:
    return SHOP.compute(tmp_path_factory.mktemp("features"), through_sequence=40).parent


@pytest.fixture(scope="module")
def sqlite_repository(computed: Path) -> FeastRepository:
    repository = FeastRepository(computed)
    repository.apply()
    repository.materialise(AS_OF)
    return repository


@pytest.fixture(scope="module")
def postgres_repository(computed: Path, stores: Stores, tmp_path_factory) -> FeastRepository:
    directory = tmp_path_factory.mktemp("on_valkey")
    (directory / "data").symlink_to(computed / "data")
    repository = FeastRepository(directory, stores.online(), stores.database())
    repository.apply()
    repository.materialise(AS_OF)
    return repository


@pytest.fixture
def now() -> FakeClock:
    return FakeClock(AS_OF + timedelta(hours=1))


def push_nothing(features: FeastFeatures, person: Person) -> None:
    """Leave nothing behind, on a busy machine too, where a server may not answer within the service's patience."""
    for _ in range(50):
        with suppress(FeaturesUnavailable):
            return features.push_recent({person: []})
    raise AssertionError("the online store is away")


@pytest.fixture(params=["fake", *PAIRS])
def source(request, now: FakeClock) -> Iterator[FeatureSource]:
    if request.param != "fake":
        repository = request.getfixturevalue(f"{request.param}_repository")
        yield FeastFeatures(repository, now)
        after = FeastFeatures(repository, FakeClock(AS_OF))
        for person in (ANN, BOB, NOBODY, Person.visitor("ann")):
            push_nothing(after, person)
        return
    fake = FakeFeatures(now)
    traits = {"frequency": 2, "recency_days": 2, "shop_segments": ("vip",)}
    fake.put(ANN, StoredProfile(ACTIONS, (), 40, traits, SHOWN))
    traits = {"coupon_redemptions": 1, "shop_segments": ("vip",)}
    fake.put(ANN, StoredProfile(traits=traits, impressions=ADS_SHOWN), purpose=Purpose.PERSONALISE_ADS)
    fake.put(BOB, StoredProfile(through_sequence=40))
    yield fake


def acted(sequence: int, **changed) -> RecentAction:
    what = {
        "event_id": f"e{sequence}", "type": EventType.PURCHASE, "item_id": "oat", "price": 1.25, "topic": None,
        "occurred_at": AS_OF + timedelta(microseconds=sequence),
    }
    return RecentAction(sequence, **(what | changed))


def test_a_persons_features_come_in_one_read(source):
    profile = source.read(ANN, CONTENT)
    found = profile.actions
    assert (list(found.item_id), list(found.type), list(found.count)) == (ACTIONS.item_id, ACTIONS.type, ACTIONS.count)
    assert (list(found.first_at), list(found.last_at)) == (ACTIONS.first_at, ACTIONS.last_at)
    assert math.isnan(found.last_price[0])
    assert found.last_price[1] == 2.5
    for days in (30, 90, 365):
        fading = [1.0, 1 + math.exp(-7 / days)]
        assert list(getattr(found, f"faded_{days}")) == pytest.approx(fading, rel=1e-6)
    assert profile.through_sequence == 40
    assert (profile.traits["frequency"], profile.traits["recency_days"]) == (2, 2)


@pytest.mark.parametrize(("purposes", "expected"), [
    (CONTENT, [("oat", 2)]), (ADS, [("banner", 1)]), (CONTENT | ADS, [("banner", 1), ("oat", 2)]),
])
def test_what_was_shown_is_read_for_its_own_purpose(source, purposes, expected):
    shown = source.read(ANN, purposes).impressions
    assert sorted(zip(shown.item_id, shown.count, strict=True)) == expected
    assert len(shown.days) == len(shown.last_at) == len(expected)
    assert shown.until == AS_OF
    assert "shown_count" not in source.read(ANN, purposes).traits


def test_without_a_fitting_purpose_there_is_nothing(source):
    source.push_recent({ANN: [acted(41)]})
    others = frozenset(Purpose) - CONTENT - ADS
    for purposes in (frozenset(), others):
        assert source.read(ANN, purposes) == StoredProfile()
        assert list(source.describe(ANN, purposes)) == []


def test_ads_open_what_is_for_ads_alone(source):
    source.push_recent({ANN: [acted(41)]})
    profile = source.read(ANN, ADS)
    assert profile.traits["coupon_redemptions"] == 1
    assert profile.traits["shop_segments"] == ("vip",)
    assert "frequency" not in profile.traits
    assert not profile.actions.item_id
    assert not profile.recent
    assert profile.through_sequence == 0
    assert "coupon_redemptions" not in source.read(ANN, CONTENT).traits


def test_a_customer_who_did_nothing_and_an_unknown_one_are_no_error(source):
    for person in (BOB, NOBODY):
        profile = source.read(person, CONTENT | ADS)
        assert not profile.actions.item_id
        assert not profile.recent
        assert profile.traits.get("frequency") is None
    assert source.read(NOBODY, CONTENT | ADS) == StoredProfile()


def test_what_is_pushed_is_in_the_next_read(source):
    actions = (acted(41), acted(42, price=None, topic="Food > Dairy", type=EventType.VIEW))
    for person in (ANN, NOBODY, Person.visitor("ann")):
        source.push_recent({person: actions})
        assert source.read(person, CONTENT).recent == actions
    assert source.read(ANN, CONTENT).actions.item_id
    assert source.read(Person.visitor("ann"), CONTENT).traits == {}


def test_a_push_replaces_and_an_empty_one_clears(source):
    source.push_recent({ANN: [acted(41), acted(42)]})
    source.push_recent({ANN: [acted(42), acted(43)]})
    assert [action.sequence for action in source.read(ANN, CONTENT).recent] == [42, 43]
    source.push_recent({ANN: []})
    assert list(source.read(ANN, CONTENT).recent) == []


def test_many_peoples_actions_are_pushed_at_once(source):
    visitor = Person.visitor("ann")
    source.push_recent({NOBODY: [acted(50)]})
    source.push_recent({ANN: [acted(41), acted(44)], visitor: [], NOBODY: [acted(43)], BOB: [acted(42)]})
    seen = {one: [action.sequence for action in source.read(one, CONTENT).recent] for one in (ANN, BOB, NOBODY, visitor)}
    assert seen == {ANN: [41, 44], BOB: [42], NOBODY: [50], visitor: []}
    source.push_recent({})


def test_whoever_is_forgotten_has_nothing_left_and_others_all(source):
    dan, eve = Person.customer("dan"), Person.visitor("eve")
    source.push_recent({dan: [acted(41)], eve: [acted(42)], NOBODY: [acted(43)]})
    source.forget([dan, eve])
    source.forget([])
    assert source.read(dan, CONTENT | ADS) == source.read(eve, CONTENT | ADS) == StoredProfile()
    assert [action.sequence for action in source.read(NOBODY, CONTENT).recent] == [43]


def test_a_late_push_of_an_earlier_reading_does_not_win(source):
    source.push_recent({ANN: [acted(41), acted(42)]})
    source.push_recent({ANN: [acted(41)]})
    assert [action.sequence for action in source.read(ANN, CONTENT).recent] == [41, 42]


def test_an_action_that_happened_earlier_but_arrived_later_is_there(source):
    source.push_recent({ANN: [acted(41)]})
    late = acted(42, occurred_at=AS_OF - timedelta(days=3))
    source.push_recent({ANN: [acted(41), late]})
    assert late in source.read(ANN, CONTENT).recent


def test_stale_features_are_not_served(source, now):
    source.push_recent({ANN: [acted(41)]})
    now.advance(timedelta(days=31))
    assert list(source.read(ANN, CONTENT).recent) == []
    assert source.read(ANN, CONTENT).actions.item_id
    now.advance(timedelta(days=30))
    assert source.read(ANN, CONTENT | ADS) == StoredProfile()
    assert list(source.describe(ANN, CONTENT | ADS)) == []


def test_every_feature_is_named_with_its_source_purpose_and_time(source, now):
    described = {feature.name: feature for feature in source.describe(ANN, CONTENT | ADS)}
    assert described["frequency"].value == 2
    assert described["item_id"].value == ["bread", "milk"]
    assert described["coupon_redemptions"].purpose is Purpose.PERSONALISE_ADS
    for feature in described.values():
        json.dumps(feature.value, allow_nan=False)
        assert feature.view
        assert {feature.purpose} <= CONTENT | ADS
        assert set(feature.descriptions) == {"en", "ja"}
        assert all(feature.descriptions.values())
        assert feature.updated_at is not None
        assert feature.updated_at <= now.now()
    assert {feature.purpose for feature in source.describe(ANN, ADS)} == ADS


def test_many_threads_read_and_push_at_once(source):
    people = [Person.customer(f"p{number}") for number in range(8)]
    wrong: list[object] = []

    def visit(person: Person) -> None:
        for sequence in range(41, 56):
            source.push_recent({person: [acted(sequence)]})
            seen = [action.sequence for action in source.read(person, CONTENT).recent]
            if seen != [sequence]:
                wrong.append((person, sequence, seen))

    threads = [threading.Thread(target=visit, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
