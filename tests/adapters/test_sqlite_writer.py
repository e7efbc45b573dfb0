"""One connection of each engine writes to SQLite, with what the engine was given, and ends with it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

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


def test_a_connection_drops_what_it_has_cached_once_another_has_written(tmp_path: Path) -> None:
    """A fact of SQLite, for which one connection alone writes: what is changed in the file behind it shows it."""
    file = tmp_path / "any.db"
    one, other = (sqlite3.connect(file, isolation_level=None) for _ in range(2))
    for connection in (one, other):
        connection.execute("PRAGMA journal_mode = WAL").close()
    one.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT)").close()
    one.executemany("INSERT INTO texts (text) VALUES (?)", [("x" * 1_000,)] * 20).close()
    one.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def changed() -> int:
        """How many texts the connection reads anew, out of a file that no SQLite has changed."""
        return int(one.execute("SELECT count(*) FROM texts WHERE text LIKE 'z%'").fetchone()[0])

    assert changed() == 0
    file.write_bytes(file.read_bytes().replace(b"x" * 1_000, b"z" * 1_000))
    assert changed() == 0
    one.execute("CREATE TABLE mine (number INTEGER)").close()
    assert changed() == 0, "it knows what it wrote itself"
    other.execute("CREATE TABLE another (number INTEGER)").close()
    assert changed() > 0
    one.close()
    other.close()


def test_while_another_holds_the_file_writing_is_refused_at_once_and_reading_goes_on(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/konomi.db", wait_s=0.05)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
    holder = sqlite3.connect(tmp_path / "konomi.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE").close()
    for _ in range(3):
        with pytest.raises(OperationalError, match="locked"), writing(engine):
            pass
    with pytest.raises(PoolTimeout, match="did not answer lately"), writing(engine):
        pass
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0
    holder.close()
    engine.dispose()
