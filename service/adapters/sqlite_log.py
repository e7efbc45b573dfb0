"""SQLite's write-ahead log: what was deleted must not stay behind in it."""

from __future__ import annotations

from sqlalchemy import Engine

from service.adapters.sql_faults import faults_as
from service.recommender.errors import EventsUnavailable


def empty_log(engine: Engine) -> bool:
    """Write the log into the database's file, whose deleted pages are zeroed, and cut it to nothing.

    Returns
    -------
    Whether that was done; a reader may still be in it. Another database has none of its own accord.

    Raises
    ------
    EventsUnavailable
    """
    if engine.dialect.name != "sqlite":
        return True
    with faults_as(EventsUnavailable), engine.connect() as connection:
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy
