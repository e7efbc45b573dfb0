"""One process at a time: a lock that ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from service.adapters.sql_database import LOCK_SPACE, reader
from service.adapters.sql_faults import faults_as
from service.recommender.errors import EventsUnavailable

SPACE = LOCK_SPACE + 2
"""Of advisory locks that last as long as a connection."""
RETENTION = 1


@contextmanager
def alone(engine: Engine, what: int = RETENTION) -> Iterator[bool]:
    """Do something that no other process does meanwhile, wherever it shares the database.

    Returns
    -------
    Whether this one may: False where another is at it.

    Raises
    ------
    EventsUnavailable
    """
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.{what}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        return
    with faults_as(EventsUnavailable), reader(engine).connect() as connection:
        if not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s, %s)", (SPACE, what)).scalar_one():
            yield False
            return
        try:
            yield True
        finally:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(%s, %s)", (SPACE, what))
