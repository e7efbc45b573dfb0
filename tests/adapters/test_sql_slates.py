from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from service.adapters import sql_slates
from service.adapters.sql_database import connect
from service.adapters.sql_slates import SWEEP_EVERY, SqlSlateStore
from service.adapters.sql_tables import slates
from service.adapters.sqlite_writer import writer_of
from service.recommender.errors import SlatesUnavailable
from service.recommender.slate import LIFETIME, Slate
from tests.contracts.test_slate_store import SLATE
from tests.fakes import START


@pytest.fixture
def replicas(engine, clock):
    both = SqlSlateStore(engine, clock), SqlSlateStore(engine, clock)
    yield both
    for store in both:
        store.close()


def numbered(number: int) -> Slate:
    return replace(SLATE, id=f"s{number}")


def count(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(slates)).scalar_one()


def test_another_replica_goes_on_with_the_slate(replicas):
    here, there = replicas
    here.put(SLATE)
    assert here.flush()
    assert there.get("s1", START) == SLATE
    assert there.get("s1", SLATE.expires_at) is None


def test_closing_writes_what_waits(engine, clock):
    store = SqlSlateStore(engine, clock)
    for number in range(350):
        store.put(numbered(number))
    store.close()
    store.close()
    assert (count(engine), store.lost_writes) == (350, 0)
    store.put(numbered(350))
    assert store.get("s350", START) == numbered(350)
    assert store.flush()
    assert (count(engine), store.lost_writes) == (350, 1)


@contextmanager
def held_up(engine: Engine) -> Iterator[None]:
    """Let the background thread wait at its first batch."""
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE slates IN EXCLUSIVE MODE")
        yield
        writer.rollback()


def test_many_slates_are_written_in_few_transactions(engine, clock):
    commits = []
    note = commits.append
    writer = writer_of(engine) if engine.dialect.name == "sqlite" else engine
    event.listen(writer, "commit", note)
    store = SqlSlateStore(engine, clock)
    with held_up(engine):
        for number in range(300):
            store.put(numbered(number))
    store.close()
    event.remove(writer, "commit", note)
    assert count(engine) == 300
    assert 1 <= len(commits) <= 4


def test_memory_is_bounded_and_the_database_remembers(monkeypatch, replicas):
    monkeypatch.setattr(sql_slates, "KEPT_IN_PROCESS", 3)
    store, _ = replicas
    for number in range(10):
        store.put(numbered(number))
    assert store.flush()
    assert list(store._recent) == ["s7", "s8", "s9"]
    assert store.get("s0", START) == numbered(0)
    assert list(store._recent) == ["s8", "s9", "s0"]


def test_a_slate_in_use_stays_in_memory(monkeypatch, replicas):
    monkeypatch.setattr(sql_slates, "KEPT_IN_PROCESS", 2)
    store, _ = replicas
    store.put(numbered(0))
    store.put(numbered(1))
    store.get("s0", START)
    store.put(numbered(2))
    assert list(store._recent) == ["s0", "s2"]


def test_a_full_queue_costs_other_replicas_the_slate_and_is_counted(monkeypatch, engine, clock):
    monkeypatch.setattr(sql_slates, "MOST_WAITING", 5)
    monkeypatch.setattr(sql_slates, "MOST_PER_WRITE", 1)
    store = SqlSlateStore(engine, clock)
    with held_up(engine):
        for number in range(20):
            store.put(numbered(number))
        lost = store.lost_writes
        assert 14 <= lost <= 15, "five wait, one may be on its way"
        assert store.get("s19", START) == numbered(19)
    store.close()
    assert store.lost_writes == lost
    assert count(engine) == 20 - lost


def test_a_database_that_is_away_loses_the_write_and_not_the_answer(tmp_path, clock):
    store = SqlSlateStore(connect(f"sqlite:///{tmp_path}/not-migrated.db"), clock)
    store.put(SLATE)
    assert store.flush()
    assert store.lost_writes == 1
    assert store.get("s1", START) == SLATE
    with pytest.raises(SlatesUnavailable):
        store.get("s2", START)
    store.close()


def test_a_slate_that_json_cannot_say_is_lost_alone(engine, clock):
    store = SqlSlateStore(engine, clock)
    with held_up(engine):  # so that what follows the first becomes one batch
        store.put(numbered(0))
        store.put(replace(SLATE, id="odd", request={"when": START}))
        store.put(SLATE)
    store.close()
    assert store.lost_writes == 1
    assert count(engine) == 2


def test_sweeping_removes_what_has_expired(engine, replicas):
    store, _ = replicas
    store.put(SLATE)
    store.put(replace(SLATE, id="later", expires_at=START + 2 * LIFETIME))
    assert store.flush()
    assert store.sweep(START) == 0
    assert store.sweep(SLATE.expires_at) == 1
    assert list(store._recent) == ["later"]
    assert count(engine) == 1


def test_the_background_thread_sweeps_now_and_then(engine, clock, replicas):
    store, _ = replicas
    store.put(replace(SLATE, expires_at=START + timedelta(minutes=1)))
    assert store.flush()
    clock.advance(SWEEP_EVERY)
    store.put(replace(SLATE, id="next", expires_at=clock.now() + LIFETIME))
    store.close()
    assert count(engine) == 1
