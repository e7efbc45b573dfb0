"""One person's features go, online and offline, on both stores; everybody else's stay to the last byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_personal import OfflineFeatures, OnlineFeatures, exclusive
from service.adapters.feast_repository import FeastRepository
from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.events import EventType, RecentAction
from service.recommender.person import Person
from tests.adapters.feast_shop import open_shop
from tests.fakes import FakeClock
from tests.feature_repo.shop_tables import AS_OF
from tests.stores import SQLITE, Stores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

ANN, BOB, CYD = (Person.customer(name) for name in ("ann", "bob", "cyd"))


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Path:
    return open_shop(tmp_path_factory.mktemp("features")).directory


@pytest.fixture
def repository(pair: str, stores: Stores, opened: Path, tmp_path: Path) -> FeastRepository:
    shutil.copytree(opened, tmp_path / "features")
    if pair == SQLITE:
        return FeastRepository(tmp_path / "features")
    made = FeastRepository(tmp_path / "features", stores.online(), stores.database())
    made.apply()
    made.materialise(AS_OF)
    return made


def test_online_one_person_goes_and_everybody_else_stays(repository: FeastRepository):
    features, online = FeastFeatures(repository, FakeClock(AS_OF)), OnlineFeatures(repository)
    features.push_recent({ANN: [RecentAction(41, "e", EventType.VIEW, "milk", AS_OF)]})
    everything = frozenset(Purpose)
    others = {one: (features.describe(one, everything), online.kept([one])) for one in (BOB, CYD)}
    assert {row["view"] for row in online.kept([ANN])} >= {"person_actions", "person_recent", "person_traits"}
    assert online.erase([ANN]) > 0
    assert (online.kept([ANN]), online.erase([ANN])) == ([], 0)
    assert features.describe(ANN, everything) == []
    assert {one: (features.describe(one, everything), online.kept([one])) for one in (BOB, CYD)} == others


def test_offline_one_person_goes_and_everybody_else_stays(opened: Path, tmp_path: Path):
    shutil.copytree(opened, tmp_path / "features")
    repository = FeastRepository(tmp_path / "features")
    offline, data = OfflineFeatures(repository), tmp_path / "features" / "data"

    def others() -> dict[str, list[object]]:
        tables = {path.name: pq.read_table(path) for path in sorted(data.glob("*.parquet"))}
        return {name: [row for row in rows.to_pylist() if row.get("person_key") != ANN.key] for name, rows in tables.items()}

    before = others()
    assert ANN.key in offline.people()
    with exclusive(data), pytest.raises(FeaturesUnavailable):  # features are being computed
        offline.erase([ANN])
    assert offline.erase([ANN]) > 0
    assert (offline.kept([ANN]), offline.erase([ANN])) == ([], 0)
    assert others() == before
    assert offline.people() == {BOB.key, CYD.key}


def test_a_shop_without_features_has_none_to_erase(tmp_path: Path):
    repository = FeastRepository(tmp_path / "nothing")
    for store in (OnlineFeatures(repository), OfflineFeatures(repository)):
        assert (list(store.kept([ANN])), store.erase([ANN])) == ([], 0)
