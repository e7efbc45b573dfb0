"""What only a database can get wrong: order of commits, durability, indexes."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, event, text

from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_database import Turn, connect, writing
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_tables import events
from service.adapters.sqlite_writer import writer_of
from service.recommender.errors import InvalidArgument
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from tests.fakes import START

ALICE = Person.customer("alice")
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
APPEND_UNTIL_KILLED = """
import sys
from itertools import count
from service.adapters.sql_database import connect
from service.adapters.sql_event_log import SqlEventLog
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from datetime import UTC, datetime
now = datetime(2026, 3, 2, tzinfo=UTC)
log = SqlEventLog(connect(sys.argv[1]))
for batch in count():
    log.append([Event(f"{batch}-{n}", Person.customer("alice"), EventType.VIEW, now, "milk") for n in range(20)], now)
    print(batch, flush=True)
"""


def view(event_id: str, **other) -> Event:
    return Event(event_id=event_id, person=ALICE, type=EventType.VIEW, occurred_at=START, item_id="milk", **other)


def wait_until_one_waits(connection: Connection) -> None:
    deadline = time.monotonic() + 1.5
    while connection.execute(WAITING).scalar_one() == 0:
        assert time.monotonic() < deadline, "the second writer never waited for the first"


def test_a_reader_never_passes_an_event_that_commits_late(postgres_engine):
    log = SqlEventLog(postgres_engine)
    row = {"person_key": ALICE.key, "event_id": "slow", "type": "VIEW", "channel": "WEB", "source": "live"}
    row |= {"occurred_at": START, "recorded_at": START}
    with ThreadPoolExecutor(1) as threads, postgres_engine.connect() as watcher:
        with writing(postgres_engine, Turn.EVENTS) as slow:
            slow_sequence = slow.execute(events.insert().returning(events.c.sequence), row).scalar_one()
            quick = threads.submit(log.append, [view("quick")], START)
            wait_until_one_waits(watcher)
            assert list(log.after(0, 10)) == []
            assert not quick.done()
        assert quick.result(timeout=10).sequences[0] > slow_sequence
    assert [event.event_id for _, event in log.after(0, 10)] == ["slow", "quick"]


def test_a_reader_that_follows_eight_writers_misses_nothing(engine):
    log = SqlEventLog(engine)
    batches = [[view(f"{batch}-{n}") for n in range(5)] for batch in range(64)]
    read: list[str] = []
    with ThreadPoolExecutor(8) as threads:
        writes = [threads.submit(log.append, batch, START) for batch in batches]
        sequence = 0
        while True:
            finished = all(write.done() for write in writes)
            page = log.after(sequence, 50)
            read += [event.event_id for _, event in page]
            sequence = page[-1][0] if page else sequence
            if finished and not page:
                break
    assert sorted(read) == sorted(event.event_id for batch in batches for event in batch)


def test_calls_that_come_at_once_share_a_transaction_and_each_learns_what_became_of_its_own(engine):
    log = SqlEventLog(engine)
    commits: list[Connection] = []
    note = commits.append
    writer = writer_of(engine) if engine.dialect.name == "sqlite" else engine
    event.listen(writer, "commit", note)
    with ThreadPoolExecutor(8) as threads:
        with writing(engine, Turn.EVENTS):
            writes = [threads.submit(log.append, [view("of all"), view(f"of {number}")], START) for number in range(8)]
            while len(log._writer._group._waiting) < 7:
                assert not any(write.done() for write in writes)
        appended = [write.result(timeout=10) for write in writes]
    event.remove(writer, "commit", note)
    assert len(commits) == 3, "the turn's, that of the first call, and one of the other seven"
    assert sum(len(one.sequences) for one in appended) == 9
    assert sum(one.duplicates == {0} for one in appended) == 7
    assert log.find(ALICE, [f"of {number}" for number in range(8)]).keys() == {f"of {number}" for number in range(8)}


def test_what_was_acknowledged_survives_a_kill_and_no_batch_is_torn(engine):
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", APPEND_UNTIL_KILLED, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(15)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    kept = [event.event_id for _, event in SqlEventLog(connect(url)).after(0, 100_000)]
    per_batch = {int(one.split("-")[0]) for one in kept}
    assert set(acknowledged) <= per_batch
    assert len(kept) == 20 * len(per_batch)


def test_acknowledged_means_on_disk(sqlite_engine):
    with writing(sqlite_engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2, "FULL"


def test_a_sequence_is_never_given_twice(engine):
    log = SqlEventLog(engine)
    first = log.append([view("one"), view("two")], START).sequences[1]
    with engine.begin() as connection:
        connection.execute(delete(events))
    assert log.append([view("three")], START).sequences[0] > first


@pytest.mark.parametrize("number", ["1e14", "NaN", "Infinity", "99999999999999.99996"])
def test_refuses_numbers_beyond_the_canonical_18_digits(engine, number):
    with pytest.raises(InvalidArgument, match="out of range"):
        SqlEventLog(engine).append([view("big", amount=Decimal(number))], START)


def test_refuses_a_time_without_a_zone(engine):
    with pytest.raises(InvalidArgument, match="no zone"):
        SqlEventLog(engine).append([view("one")], START.replace(tzinfo=None))


def test_money_is_kept_to_four_places_half_to_even(engine):
    log = SqlEventLog(engine)
    log.append([view("a", amount=Decimal("0.00005")), view("b", amount=Decimal("0.00015"))], START)
    kept = log.find(ALICE, ["a", "b"])
    assert (kept["a"].amount, kept["b"].amount) == (Decimal(0), Decimal("0.0002"))


READS = {
    "recent": lambda engine: SqlEventLog(engine).recent(ALICE, 0, 50),
    "find": lambda engine: SqlEventLog(engine).find(ALICE, ["one"]),
    "latest": lambda engine: SqlEventLog(engine).latest(ALICE, [(EventType.VIEW, "milk")]),
    "after": lambda engine: SqlEventLog(engine).after(5, 50),
    "last_sequence": lambda engine: SqlEventLog(engine).last_sequence(),
    "decisions": lambda engine: SqlConsentLedger(engine).decisions(ALICE),
    "restrictions": lambda engine: SqlFeedbackStore(engine).restrictions(ALICE),
}


def statements_of(engine: Engine, read: str) -> list[tuple[str, object]]:
    seen: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    READS[read](engine)
    event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.parametrize("read", READS)
def test_a_read_on_the_request_path_is_one_statement_that_searches_an_index(engine, read):
    [(statement, parameters)] = statements_of(engine, read)
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not on_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # which a table without rows would rather have
        explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        plan = [row[-1].strip(" ->") for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)]
    assert any(step.startswith("SEARCH") or "Index" in step for step in plan), plan
    assert not any(step.startswith(("SCAN", "Seq Scan")) for step in plan), plan


def test_a_folder_that_is_missing_is_made(tmp_path: Path):
    connect(f"sqlite:///{tmp_path}/state/of/shop/konomi.db").connect().close()
    assert (tmp_path / "state/of/shop/konomi.db").exists()


def test_writers_of_one_file_queue_instead_of_trying_again_by_chance(sqlite_engine: Engine) -> None:
    """On connections that never wait for SQLite's own lock, none of eight writers meets it."""
    queueing = [connect(sqlite_engine.url, wait_s=60) for _ in range(2)]

    def hurry(connection, _record) -> None:
        connection.execute("PRAGMA busy_timeout = 0").close()

    for one in queueing:
        event.listen(writer_of(one), "connect", hurry)
    logs = [SqlEventLog(one) for one in queueing]

    def append(writer: int) -> None:
        for batch in range(12):
            logs[writer % 2].append([view(f"{writer}-{batch}-{n}") for n in range(30)], START)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(append, range(8)))
    assert len(logs[0].after(0, 10_000)) == 8 * 12 * 30
    for one in queueing:
        one.dispose()
