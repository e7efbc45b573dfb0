"""Real servers for the whole session, migrated databases for each test, and time that stands still."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, make_url, text

from service.adapters.sql_database import connect, migrate
from service.adapters.sql_tables import metadata
from tests.fakes import FakeClock
from tests.servers import Servers
from tests.stores import PAIRS, POSTGRES, SQLITE, Stores

DATABASES = PAIRS
SERVERS = pytest.StashKey[Servers]()
ALONE = {SQLITE: {"sqlite_engine"}, POSTGRES: {"postgres_engine", "postgres_url", "valkey_url"}}
"""Fixtures of one kind of store, by whose name a test asks for it alone."""

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_configure(config: pytest.Config) -> None:
    shared = getattr(config, "workerinput", {}).get("servers")
    config.stash[SERVERS] = Servers(Path(shared)) if shared else Servers.of_a_new_run()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let a worker of pytest-xdist use the servers of the whole run."""
    node.workerinput["servers"] = str(node.config.stash[SERVERS].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS].stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what depends on the pair of stores, and on what makes stores of either, on both."""
    if "pair" in metafunc.fixturenames and {"stores", "standing"} & set(metafunc.fixturenames):
        metafunc.parametrize("pair", PAIRS, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for one kind of store by itself; what runs on both is marked where it says so."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ())) - set(getattr(getattr(item, "callspec", None), "params", ()))
        for kind in (SQLITE, POSTGRES):
            if wanted & ALONE[kind]:
                item.add_marker(kind)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    """PostgreSQL and Valkey, started when somebody asks for their address."""
    return request.config.stash[SERVERS]


@pytest.fixture(scope="session")
def stores_of_worker(servers: Servers) -> Iterator[Stores]:
    """Stores that stay until this worker ends."""
    with Stores(servers) as made:
        yield made


@pytest.fixture(scope="module")
def stores(servers: Servers) -> Iterator[Stores]:
    """Stores that stay until this module ends."""
    with Stores(servers) as made:
        yield made


@pytest.fixture(scope="session")
def pair(request: pytest.FixtureRequest) -> str:
    """SQLite twice, or PostgreSQL and Valkey; a test that can be given either runs on both."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture(scope="session")
def postgres_url(servers: Servers) -> str:
    """Address of a PostgreSQL on which databases may be made."""
    return servers.postgres_url


@pytest.fixture(scope="session")
def valkey_url(stores_of_worker: Stores) -> str:
    """Address of a Valkey that nobody but this worker writes to."""
    return stores_of_worker.online()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    return file


@pytest.fixture
def sqlite_engine(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite file of this test alone."""
    file = shutil.copy(migrated_sqlite, tmp_path / "konomi.db")
    engine = connect(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def empty_postgres(stores_of_worker: Stores) -> URL:
    """A database of this session alone, not migrated."""
    return make_url(stores_of_worker.database())


@pytest.fixture(scope="session")
def migrated_postgres(empty_postgres: URL) -> Iterator[Engine]:
    engine = connect(empty_postgres)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(migrated_postgres: Engine) -> Engine:
    """A migrated PostgreSQL database, emptied for this test."""
    tables = ", ".join(metadata.tables)
    with migrated_postgres.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    return migrated_postgres


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database of each kind."""
    return request.getfixturevalue(f"{request.param}_engine")
