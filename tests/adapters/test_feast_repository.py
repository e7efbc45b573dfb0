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
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from service.adapters import feast_repository
from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_registry import SCHEMA
from service.adapters.feast_repository import FeastRepository
from service.adapters.feast_settings import redis_settings, repository_settings
from service.adapters.sql_database import connect, migrate
from service.adapters.sql_tables import metadata
from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.person import Person
from tests.adapters.feast_shop import EARLIER, SHOP, open_shop
from tests.fakes import FakeClock
from tests.feature_repo.shop_tables import AS_OF
from tests.stores import SQLITE, Stores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

CONTENT = frozenset({Purpose.PERSONALISE_CONTENT})
ANN = Person.customer("ann")
CRASHING = """
import json, sys
from pathlib import Path
from feast.infra.online_stores.redis import RedisOnlineStore
from feast.infra.online_stores.sqlite import SqliteOnlineStore
from service.adapters.feast_repository import FeastRepository
from tests.feature_repo.shop_tables import AS_OF

folder, online, registry = json.loads(sys.argv[1])
store = SqliteOnlineStore if online == "sqlite" else RedisOnlineStore
write = store.online_write_batch
def stop(self, config, table, data, progress):
    if table.name == "person_rfm":
        connection = self._get_conn(config) if online == "sqlite" else None  # its transaction is open
        print("writing", file=sys.__stdout__, flush=True)
        sys.stdin.read()  # until killed
    write(self, config, table, data, progress)

store.online_write_batch = stop
FeastRepository(Path(folder), online, registry).materialise(AS_OF)
"""
APPLYING = """
import json, sys
from pathlib import Path
from service.adapters.feast_import import import_feast
from service.adapters.feast_repository import FeastRepository

import_feast()
folder, online, registry = json.loads(sys.argv[1])
repository = FeastRepository(Path(folder), online, registry)
print("ready", flush=True)
sys.stdin.readline()
repository.apply()
"""


@pytest.fixture(scope="module")
def repository(pair: str, stores: Stores, tmp_path_factory) -> FeastRepository:
    return open_shop(tmp_path_factory.mktemp("features"), *addresses(pair, stores))


def addresses(pair: str, stores: Stores) -> list[str]:
    """Of an online store and a registry, both empty; none where they are files."""
    return [] if pair == SQLITE else [stores.online(), stores.database()]


@pytest.fixture
def copy(repository: FeastRepository, pair: str, stores: Stores, tmp_path: Path) -> FeastRepository:
    """The same shop, for a test that harms it."""
    shutil.copytree(repository.directory, tmp_path / "copy")
    if pair == SQLITE:
        moved = FeastRepository(tmp_path / "copy")
    else:
        moved = FeastRepository(tmp_path / "copy", stores.online(repository._online), stores.database(repository._registry_url))
    moved.apply()
    return moved


def reopened(repository: FeastRepository) -> FeastRepository:
    """As another process has it."""
    return FeastRepository(repository.directory, repository._online, repository._registry_url)


def in_words(repository: FeastRepository) -> str:
    """For a process to open it."""
    return json.dumps([str(repository.directory), repository._online, repository._registry_url])


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
    moved = FeastRepository(copy.directory, "redis://:new-word@cache:6379/3", copy._registry_url)
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
    fresh = reopened(repository)
    assert set(fresh.services["actions_train_models"]) <= set(fresh.views)
    assert read == [repository.directory / "features.py"]


def test_a_view_that_features_py_no_longer_has_leaves_the_registry(copy):
    path = copy.directory / "features.py"
    with_more = path.read_text().replace('service("ads"', 'service("an_old"')
    path.write_text(with_more)
    with copy._opened_store() as store:
        store.apply([one for one in copy._definitions() if getattr(one, "name", "") == "an_old_personalise_ads"])
    reopened(copy).apply()
    with copy._opened_store() as store:
        assert "an_old_personalise_ads" not in {service.name for service in store.list_feature_services()}


def test_a_torn_registry_is_written_anew(copy, pair):
    registry = copy.data / "registry.db"
    assert registry.exists() == (pair == SQLITE)
    if pair != SQLITE:
        pytest.skip("a registry in a database is not torn")
    registry.write_bytes(registry.read_bytes()[:-100])
    copy.apply()
    assert copy.historical("actions_train_models", entity_rows(AS_OF)).num_rows == 1


def test_a_killed_materialisation_is_finished_by_the_next_and_readers_go_on(copy):
    SHOP.compute(copy.directory, [AS_OF], through_sequence=99)
    features = FeastFeatures(copy, FakeClock(AS_OF))
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CRASHING, in_words(copy)],
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


def test_runs_that_begin_at_once_all_leave_the_whole_registry(pair, stores, tmp_path):
    where = addresses(pair, stores)
    words = [json.dumps([str(tmp_path / name), *(where or ("sqlite", None))]) for name in ("one", "two", "three")]
    runs = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", APPLYING, one], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."},  # noqa: TID251
        ) for one in words
    ]
    assert [run.stdout.readline() for run in runs] == ["ready\n"] * 3
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0] * 3, told
    for name in ("one", "two", "three"):
        seen = FeastRepository(tmp_path / name, *where)
        with seen._opened_store() as store:
            assert {view.name for view in store.list_feature_views()} == set(seen.views)
            assert {service.name for service in store.list_feature_services()} == set(seen.services)


def test_a_registry_out_of_reach_is_told(tmp_path):
    with pytest.raises(FeaturesUnavailable, match="did not answer"):
        FeastRepository(tmp_path, registry_url="postgresql://nobody@127.0.0.1:1/none").apply()


@pytest.mark.postgres
def test_no_connection_to_the_registry_stays_behind(stores, tmp_path):
    repository = open_shop(tmp_path / "features", stores.online(), stores.database())
    repository.historical("actions_train_models", entity_rows(AS_OF))
    watching = connect(repository._registry_url)
    with watching.connect() as connection:
        others = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        assert any(connection.execute(others).scalar_one() == 0 for _ in range(1_000)), "a closed one is seen for a moment"
    watching.dispose()


def test_the_registry_in_a_database_is_apart_from_our_tables(repository, pair):
    if pair == SQLITE:
        assert (repository.data / "registry.db").is_file()
        return
    engine = connect(repository._registry_url)
    assert {"feature_views", "projects"} <= set(inspect(engine).get_table_names(SCHEMA))
    assert inspect(engine).get_table_names() == []
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_committed_settings_work_as_they_stand():
    committed = yaml.safe_load(Path("feature_repo/feature_store.yaml").read_text())
    assert repository_settings(committed, "sqlite", None) == committed


def test_settings_for_many_machines():
    settings = repository_settings({"registry": {}}, "redis://cache:6379", "postgresql://shop:pa%24HOME@db/registry")
    assert settings["registry"]["path"] == "postgresql+psycopg://shop:pa%24HOME@db/registry?options=-csearch_path%3Dfeast"
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
