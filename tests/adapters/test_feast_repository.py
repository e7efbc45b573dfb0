"""The working repository: applied, materialised, joined, and mended after a crash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from service.adapters import feast_repository
from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.feast_settings import redis_settings, repository_settings
from service.recommender.consent import Purpose
from service.recommender.person import Person
from tests.adapters.feast_shop import EARLIER, SHOP, open_shop
from tests.fakes import FakeClock
from tests.feature_repo.shop_tables import AS_OF

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

CONTENT = frozenset({Purpose.PERSONALISE_CONTENT})
ANN = Person.customer("ann")
CRASHING = """
import sys, time
from pathlib import Path
from feast.infra.online_stores.sqlite import SqliteOnlineStore
from service.adapters.feast_repository import FeastRepository
from tests.feature_repo.shop_tables import AS_OF

write = SqliteOnlineStore.online_write_batch
def stop(self, config, table, data, progress):
    if table.name == "person_rfm":
        with self._get_conn(config) as connection:
            print("writing", file=sys.__stdout__, flush=True)
            sys.stdin.read()  # until killed
    write(self, config, table, data, progress)

SqliteOnlineStore.online_write_batch = stop
FeastRepository(Path(sys.argv[1])).materialise(AS_OF)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> FeastRepository:
    return open_shop(tmp_path_factory.mktemp("features"))


@pytest.fixture
def copy(repository: FeastRepository, tmp_path: Path) -> FeastRepository:
    """The same shop, for a test that harms it."""
    shutil.copytree(repository.directory, tmp_path / "copy")
    moved = FeastRepository(tmp_path / "copy")
    moved.apply()
    return moved


def entity_rows(*moments, person: str = "c:ann") -> pa.Table:
    times = pa.array(moments, pa.timestamp("us", "UTC"))
    return pa.table({"person_key": [person] * len(moments), "event_timestamp": times})


def test_the_join_is_point_in_time(repository):
    moments = [EARLIER - timedelta(seconds=1), EARLIER, AS_OF - timedelta(seconds=1), AS_OF, AS_OF + timedelta(days=61)]
    joined = repository.historical("actions_train_models", entity_rows(*moments)).to_pylist()
    by_moment = {row["event_timestamp"]: row["item_id"] for row in joined}
    assert [by_moment[moment] for moment in moments] == [None, ["milk"], ["milk"], ["banner", "bread", "milk"], None]


def test_items_join_by_their_own_key(repository):
    rows = pa.table({"item_id": ["milk", "oat"], "event_timestamp": pa.array([AS_OF] * 2, pa.timestamp("us", "UTC"))})
    joined = {row["item_id"]: row for row in repository.historical("items_train_models", rows).to_pylist()}
    assert joined["milk"]["buyers_7"] == 1
    assert joined["oat"]["buyers_7"] is None


def test_an_online_store_that_is_set_later_is_read_without_a_new_feature_run(copy):
    moved = FeastRepository(copy.directory, online="redis://:new-word@cache:6379/3")
    assert moved.config.online_store.connection_string == "cache:6379,db=3,password=new-word"
    assert "new-word" not in (copy.directory / "feature_store.yaml").read_text()


def test_applying_and_materialising_again_changes_nothing(copy):
    before = FeastFeatures(copy, FakeClock(AS_OF)).read(ANN, CONTENT)
    copy.apply()
    copy.materialise(AS_OF)
    assert repr(FeastFeatures(copy, FakeClock(AS_OF)).read(ANN, CONTENT)) == repr(before)


def test_a_later_run_overwrites_what_no_longer_holds(copy):
    shop = type(SHOP)(customers=SHOP.customers)
    shop.compute(copy.directory, [AS_OF + timedelta(days=1)], through_sequence=50)
    copy.materialise(AS_OF + timedelta(days=1))
    profile = FeastFeatures(copy, FakeClock(AS_OF + timedelta(days=1))).read(ANN, CONTENT)
    assert not profile.actions.item_id
    assert "frequency" not in profile.traits
    assert profile.traits["region"] == "Kanto"


def test_what_features_py_declares_is_read_once_for_views_and_services(repository, monkeypatch):
    read, load = [], feast_repository._load
    monkeypatch.setattr(feast_repository, "_load", lambda path: read.append(path) or load(path))
    fresh = FeastRepository(repository.directory)
    assert set(fresh.services["actions_train_models"]) <= set(fresh.views)
    assert read == [repository.directory / "features.py"]


def test_a_view_that_features_py_no_longer_has_leaves_the_registry(copy):
    from feast import FeatureStore  # noqa: PLC0415 - seconds that only this test needs

    path = copy.directory / "features.py"
    with_more = path.read_text().replace('service("ads"', 'service("an_old"')
    path.write_text(with_more)
    old = FeatureStore(repo_path=str(copy.directory))
    old.apply([one for one in copy._definitions() if getattr(one, "name", "") == "an_old_personalise_ads"])
    FeastRepository(copy.directory).apply()
    assert "an_old_personalise_ads" not in {service.name for service in FeatureStore(repo_path=str(copy.directory)).list_feature_services()}


def test_a_torn_registry_is_written_anew(copy):
    registry = copy.data / "registry.db"
    registry.write_bytes(registry.read_bytes()[:-100])
    copy.apply()
    assert copy.historical("actions_train_models", entity_rows(AS_OF)).num_rows == 1


def test_a_killed_materialisation_is_finished_by_the_next_and_readers_go_on(copy):
    SHOP.compute(copy.directory, [AS_OF], through_sequence=99)
    features = FeastFeatures(copy, FakeClock(AS_OF))
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CRASHING, str(copy.directory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."},  # noqa: TID251
    ) as run:
        assert run.stdout
        started = run.stdout.readline()
        assert features.read(ANN, CONTENT).traits["frequency"] == 2
        run.kill()
    assert started == "writing\n"
    assert features.read(ANN, CONTENT).traits["frequency"] == 2
    copy.materialise(AS_OF)
    assert features.read(ANN, CONTENT).through_sequence == 99


def test_the_committed_settings_work_as_they_stand():
    committed = yaml.safe_load(Path("feature_repo/feature_store.yaml").read_text())
    assert repository_settings(committed, "sqlite", None) == committed


def test_settings_for_many_machines():
    settings = repository_settings({"registry": {}}, "redis://cache:6379", "postgresql://db/registry")
    assert settings["online_store"]["connection_string"] == "cache:6379"
    assert settings["registry"]["registry_type"] == "sql"
    assert settings["registry"]["serve_features_while_materializing"] is True


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://cache", ("redis", "cache:6379")),
        ("rediss://me:p%40ss@cache:7000/3", ("redis", "cache:7000,ssl=true,db=3,username=me,password=p@ss")),
        ("redis://a:1,b:2", ("redis_cluster", "a:1,b:2")),
    ],
)
def test_redis_urls(url, expected):
    settings = redis_settings(url)
    assert (settings["redis_type"], settings["connection_string"]) == expected


@pytest.mark.parametrize("url", ["postgres://db", "redis:", "cache:6379", "redis://:a,b@cache"])
def test_other_stores_are_refused_in_words(url):
    with pytest.raises(ValueError, match=r"online store"):
        redis_settings(url)


def test_naming_the_adapters_does_not_import_feast():
    code = "import sys, json, service.adapters.feast_features; print(json.dumps('feast' in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) is False
