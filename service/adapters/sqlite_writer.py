"""SQLite's writers: one connection of each engine writes, and the threads of a process queue for their file.

SQLite has one writer at a time, and lets those that wait for it try again by chance, so that of eight one may wait for
seconds. And what a connection has cached of a file it drops once another has written there: one that alone writes finds
the pages again that its last transaction changed. While somebody else holds the file, writing has a breaker of its own:
what is there can still be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event, exc

from service.adapters.fair_lock import FairLock

CACHE_KIB = 32_000

_queues: dict[str, FairLock] = {}
_writers: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()


def let_write(writer: Engine, engine: Engine) -> None:
    """Let an engine with a single connection write for another of the same file; both end together."""
    _writers[engine] = writer
    event.listen(writer, "connect", _prepare)
    event.listen(engine, "engine_disposed", lambda _: writer.dispose())


def writer_of(engine: Engine) -> Engine:
    """Give the engine that writes for one."""
    return _writers[engine]


@contextmanager
def turn_to_write(engine: Engine, *, lasting: bool) -> Iterator[Connection]:
    """Wait for those before, and open a transaction that holds the file; commit at the end, or roll back.

    Parameters
    ----------
    lasting : whether it is waited for on its way to the disk

    Raises
    ------
    sqlalchemy.exc.TimeoutError
        If those before did not end in time, or others hold the file for long.
    sqlalchemy.exc.OperationalError
        If others hold it now.
    """
    queue = _queues.setdefault(str(engine.url), FairLock())
    if not queue.acquire(timeout=engine.pool.timeout()):  # type: ignore[attr-defined]
        raise exc.TimeoutError("other writers of this process did not end in time")
    try:
        with writer_of(engine).connect() as connection:
            connection.execution_options(**engine.get_execution_options())
            with connection.begin():
                _sync(connection, lasting=lasting)
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
    finally:
        queue.release()


def _sync(connection: Connection, *, lasting: bool) -> None:
    # Past SQLAlchemy: a breaker would take it for an answer of a file that somebody else holds.
    driver: SqliteConnection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}").close()


def _prepare(connection: SqliteConnection, _record: object) -> None:
    # Batches of events change the same pages of an index again and again: after 16 MB of log each is copied once.
    for pragma in (f"cache_size = -{CACHE_KIB}", "wal_autocheckpoint = 4000"):
        connection.execute(f"PRAGMA {pragma}").close()
