from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Engine, inspect, make_url, text

from service.adapters.sql_database import _scripts, connect, is_migrated, migrate
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_tables import metadata
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from tests.conftest import DATABASES
from tests.fakes import START
from tests.stores import Stores

MIGRATE = """
import sys
from service.adapters.sql_database import connect, migrate
print(migrate(connect(sys.argv[1])))
"""


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> URL:
    return make_url(f"sqlite:///{tmp_path}/a folder with 100%/konomi.db")


@pytest.fixture
def own_postgres(stores: Stores) -> URL:
    return make_url(stores.database())


@pytest.fixture(params=DATABASES)
def empty(request) -> URL:
    return request.getfixturevalue({"sqlite": "empty_sqlite", "postgres": "own_postgres"}[request.param])


def put_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_migrates_an_empty_database_once(empty):
    engine = connect(empty)
    assert not is_migrated(engine)
    revision = migrate(engine)
    assert is_migrated(engine)
    SqlEventLog(engine).append([Event("one", Person.customer("a"), EventType.VIEW, START, "milk")], START)
    assert migrate(engine) == revision
    assert SqlEventLog(engine).last_sequence() == 1
    engine.dispose()


def test_the_migrations_make_what_the_tables_say(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_database_of_a_newer_release_serves_on_and_is_left_alone(empty):
    engine = connect(empty)
    migrate(engine)
    put_revision(engine, "9999")
    assert is_migrated(engine)
    assert migrate(engine) == "9999"
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(empty, monkeypatch):
    engine = connect(empty)
    before = set(inspect(engine).get_table_names())

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("alembic.op.create_index", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(engine)
    assert set(inspect(engine).get_table_names()) == before
    monkeypatch.undo()
    migrate(engine)
    assert is_migrated(engine)
    engine.dispose()


def test_processes_that_start_at_once_all_end_up_migrated(empty):
    url = empty.render_as_string(hide_password=False)
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60) for process in starts]
    assert [process.returncode for process in starts] == [0] * 3, outputs
    assert {output for output, _ in outputs} == {f"{_scripts().get_current_head()}\n"}
    engine = connect(empty)
    assert is_migrated(engine)
    engine.dispose()
