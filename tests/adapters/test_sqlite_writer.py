"""One connection of each engine writes to SQLite, with what the engine was given, and ends with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.adapters.sql_database import connect, writing
from service.adapters.sqlite_writer import writer_of

pytestmark = pytest.mark.sqlite


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return connect(f"sqlite:///{tmp_path}/konomi.db")


def test_all_that_is_written_goes_through_one_connection(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE counted (number INTEGER PRIMARY KEY)")

    def write(_: int) -> object:
        with engine.connect() as reading, writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO counted DEFAULT VALUES")
            assert reading.exec_driver_sql("SELECT count(*) FROM counted").scalar_one() >= 0
            return connection.connection.dbapi_connection

    with ThreadPoolExecutor(4) as threads:
        used = set(threads.map(write, range(20)))
    assert len(used) == 1
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM counted").scalar_one() == 20


def test_the_writer_has_the_options_of_its_engine(engine: Engine) -> None:
    engine.update_execution_options(mine="kept")
    with writing(engine) as connection:
        assert connection.get_execution_options()["mine"] == "kept"


def test_both_end_together_and_begin_again(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
    assert writer_of(engine).pool.checkedin() == 1  # type: ignore[attr-defined]
    engine.dispose()
    assert writer_of(engine).pool.checkedin() == 0  # type: ignore[attr-defined]
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO one VALUES (1)")
    engine.dispose()
