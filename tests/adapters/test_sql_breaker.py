"""A database that does not answer is not asked; one that says no is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import exc, text

from service.adapters.psycopg_deadline import LateAnswer
from service.adapters.sql_breaker import is_away
from service.adapters.sql_database import connect, connect_hastily
from service.recommender.breaker import TOLERANCE

AWAY = [
    LateAnswer(), errors.ConnectionTimeout(), errors.OperationalError("refused"), errors.QueryCanceled(),
    errors.AdminShutdown(), errors.CannotConnectNow(), errors.TooManyConnections(), errors.LockNotAvailable(),
]
SAID_NO = [
    errors.DiskFull(), errors.ReadOnlySqlTransaction(), errors.UndefinedTable(), errors.UniqueViolation(),
    errors.ProgrammingError("no such type"), errors.DataError(), sqlite3.OperationalError("no such table"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda one: type(one).__name__)
def test_what_did_not_answer_in_time_is_away(error):
    assert is_away(error)


@pytest.mark.parametrize("error", SAID_NO, ids=lambda one: type(one).__name__)
def test_what_said_no_is_there(error):
    assert not is_away(error)


def is_open(engine) -> bool:
    return engine.pool.breaker.is_open


def test_what_nobody_listens_on_is_soon_asked_no_more():
    engine = connect_hastily("postgresql://nobody@127.0.0.1:1/none")
    for _ in range(TOLERANCE):
        assert not is_open(engine)
        with pytest.raises(exc.OperationalError):
            engine.connect()
    with pytest.raises(exc.TimeoutError, match="lately"):
        engine.connect()


def test_a_sqlite_file_that_another_writes_is_away_and_one_that_lacks_a_table_is_not(tmp_path: Path):
    engine = connect(f"sqlite:///{tmp_path}/konomi.db", 0.05)
    with engine.connect() as connection:
        for _ in range(TOLERANCE):
            with pytest.raises(exc.OperationalError):
                connection.execute(text("SELECT * FROM nothing"))
    assert not is_open(engine)
    other = sqlite3.connect(tmp_path / "konomi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(TOLERANCE):
        with engine.connect() as connection, pytest.raises(exc.OperationalError, match="locked"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    assert is_open(engine)
    other.close()


def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_counts(postgres_engine):
    engine = connect_hastily(postgres_engine.url)
    for _ in range(TOLERANCE):
        with engine.connect() as connection, pytest.raises(exc.OperationalError) as caught:
            connection.execute(text("SELECT pg_sleep(60)"))
        assert isinstance(caught.value.orig, errors.QueryCanceled)
    assert is_open(engine)
    engine.dispose()


def test_an_answer_sets_the_count_back_and_a_new_pool_keeps_its_breaker(postgres_engine):
    engine = connect_hastily(postgres_engine.url)
    breaker = engine.pool.breaker
    for _ in range(TOLERANCE - 1):
        breaker.failed()
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    breaker.failed()
    assert not is_open(engine)
    engine.dispose()
    assert engine.pool.breaker is breaker
    engine.dispose()
