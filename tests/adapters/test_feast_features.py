"""Reading through Feast: only what is granted, the same as Feast's own call, and every failure told."""

from __future__ import annotations

import math
import socket
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest

from service.adapters.feast_features import SERVICES, FeastFeatures
from service.adapters.feast_online import OnlineViews, failures
from service.adapters.feast_repository import FeastRepository
from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.person import Person
from tests.adapters.feast_shop import open_shop
from tests.fakes import FakeClock
from tests.feature_repo.shop_tables import AS_OF
from tests.stores import SQLITE, Stores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

ALL = frozenset(Purpose)
CONTENT, ADS = frozenset({Purpose.PERSONALISE_CONTENT}), frozenset({Purpose.PERSONALISE_ADS})
ANN, VISITOR = Person.customer("ann"), Person.visitor("ann")


@pytest.fixture(scope="module")
def repository(pair: str, stores: Stores, tmp_path_factory) -> FeastRepository:
    addresses = [] if pair == SQLITE else [stores.online(), stores.database()]
    return open_shop(tmp_path_factory.mktemp("features"), *addresses)


@pytest.fixture
def features(repository: FeastRepository) -> FeastFeatures:
    return FeastFeatures(repository, FakeClock(AS_OF))


@pytest.fixture
def requested(monkeypatch) -> list[tuple[str, str]]:
    """Every (view, person key) that the store is asked for."""
    seen: list[tuple[str, str]] = []
    read = OnlineViews.read

    def spy(self, views, person_key):
        seen.extend((view.name, person_key) for view in views)
        return read(self, views, person_key)

    monkeypatch.setattr(OnlineViews, "read", spy)
    return seen


@pytest.mark.parametrize("purposes", [frozenset(), ALL - CONTENT - ADS])
def test_without_a_purpose_nothing_is_requested(features, requested, purposes):
    features.read(ANN, purposes)
    features.describe(ANN, purposes)
    assert requested == []


OF_CONTENT = {"actions", "rfm", "affinity", "price", "rhythm", "traits", "segments", "recent", "impressions"}


@pytest.mark.parametrize(
    ("purposes", "views"),
    [
        (CONTENT, OF_CONTENT),
        (ADS, {"ads", "segments", "ad_impressions"}),
        (ALL, OF_CONTENT | {"ads", "ad_impressions"}),
    ],
)
def test_only_what_is_granted_is_requested_and_each_view_once(features, requested, purposes, views):
    features.read(ANN, purposes)
    assert sorted(requested) == sorted((f"person_{view}", "c:ann") for view in views)


def test_of_a_visitor_only_recent_actions_are_requested(features, requested):
    features.read(VISITOR, ALL)
    assert requested == [("person_recent", "v:ann")]


def test_the_services_exist_and_open_only_views_of_their_purpose(repository):
    for purpose, services in SERVICES.items():
        for service in services:
            for view in repository.services[service]:
                tags = repository.views[view].tags
                assert purpose.value in tags["purpose"].split(), (service, view)
                assert tags["sensitive"] == "no"


def test_the_same_as_feasts_own_call(features, repository):
    with repository._opened_store() as store:
        hold_equal(features, store)


def hold_equal(features, store):
    for name in ("ann", "bob", "cyd", "nobody"):
        for purpose, services in SERVICES.items():
            described = {one.name: one.value for one in features.describe(Person.customer(name), frozenset({purpose}))}
            for service in services:
                answer = store.get_online_features(store.get_feature_service(service), [{"person_key": f"c:{name}"}])
                official = {key: value for key, (value,) in answer.to_dict().items() if key != "person_key"}
                mine = {key: described.get(key) for key in official}
                assert mine == {key: _without_nan(value) for key, value in official.items()}, (name, service)


def _without_nan(value):
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def test_scalars_keep_their_types(features):
    traits = features.read(ANN, ALL).traits
    assert traits["frequency"] == 2
    assert isinstance(traits["frequency"], int)
    assert traits["categories"] == ("Food > Bakery", "Food > Dairy")
    assert traits["responded_campaigns"] == ("spring",)
    assert (traits["region"], traits["age_band"]) == ("Kanto", "35-44")
    assert "is_minor" not in traits


def test_every_error_of_every_vendor_is_mapped():
    import feast.errors  # noqa: PLC0415
    import redis.exceptions  # noqa: PLC0415

    mapped = failures()
    for module in (sqlite3, redis.exceptions, feast.errors):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, Exception) and kind is not sqlite3.Warning:
                assert issubclass(kind, mapped), (module.__name__, name)


@pytest.mark.sqlite
@pytest.mark.parametrize("harm", ["missing", "garbage"])
def test_a_broken_sqlite_is_told(tmp_path, harm):
    FeastRepository(tmp_path / "copy").apply()
    broken = FeastFeatures(FeastRepository(tmp_path / "copy"), FakeClock(AS_OF))
    for path in (tmp_path / "copy" / "data").glob("online.db*"):
        path.unlink()
    if harm == "garbage":
        (tmp_path / "copy" / "data" / "online.db").write_bytes(b"no database " * 999)
    for call in (lambda: broken.read(ANN, ALL), lambda: broken.describe(ANN, ALL), lambda: broken.push_recent({ANN: []})):
        with pytest.raises(FeaturesUnavailable):
            call()


def test_a_dead_redis_is_told_within_its_time(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        repository = FeastRepository(tmp_path, online=f"redis://127.0.0.1:{port}")
        repository.render()
        features = FeastFeatures(repository, FakeClock(AS_OF))
        with pytest.raises(FeaturesUnavailable):
            features.read(ANN, CONTENT)
        started = time.monotonic()
        with pytest.raises(FeaturesUnavailable):
            features.read(ANN, CONTENT)
        assert time.monotonic() - started < 1


def test_rows_past_their_time_are_left_out_although_feast_serves_them(repository):
    clock = FakeClock(AS_OF + timedelta(days=60))
    features = FeastFeatures(repository, clock)
    assert features.read(ANN, CONTENT).traits
    clock.advance(timedelta(seconds=1))
    assert features.read(ANN, CONTENT).traits == {}


def test_the_folder_is_what_the_feast_command_expects(repository):
    assert {"features.py", "feature_store.yaml", "data"} <= {path.name for path in Path(repository.directory).iterdir()}
