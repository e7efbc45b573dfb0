"""One engine for SQLite and PostgreSQL: connecting, reading, writing one at a time, migrating."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import Table

from service.adapters.sql_faults import OUTAGES, faults_as
from service.recommender.errors import EventsUnavailable, InvalidArgument

MIGRATIONS = Path(__file__).with_name("migrations")
LONGEST_WAIT_S = 2
"""How long a request waits for a connection, a lock or a statement before the port says that it is unavailable."""
LONGEST_MIGRATION_WAIT_S = 300
POOL = {"pool_size": 8, "max_overflow": 8, "pool_timeout": LONGEST_WAIT_S}
LOCK_SPACE = 0x6B6F6E6F  # "kono": apart from the advisory locks of others in the same database

_log = logging.getLogger(__name__)


class Turn(IntEnum):
    """What only one transaction at a time may write."""

    MIGRATION = 1
    EVENTS = 2
    CONSENTS = 3


def connect(url: str) -> Engine:
    """Make the engine for a database; the connections are opened on first use.

    Parameters
    ----------
    url : `sqlite:///FILE` (the folder is made) or `postgresql+psycopg://…`

    Raises
    ------
    InvalidArgument
        If the address is of another form.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise InvalidArgument(
            "The database URL cannot be read; write sqlite:///FILE or postgresql+psycopg://…"
        ) from error
    match address.get_backend_name():
        case "sqlite" if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(address, hide_parameters=True, connect_args={"timeout": LONGEST_WAIT_S}, **POOL)
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        case "postgresql":
            milliseconds = LONGEST_WAIT_S * 1000
            options = f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout=60000"
            arguments: dict[str, Any] = {"connect_timeout": LONGEST_WAIT_S, "options": options}
            driver = address.set(drivername="postgresql+psycopg")
            return create_engine(driver, hide_parameters=True, pool_pre_ping=True, connect_args=arguments, **POOL)
        case other:
            raise InvalidArgument(f"No database for {other!r}; write sqlite:///FILE or postgresql+psycopg://…")


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    # FULL: in WAL mode NORMAL may lose the last commits when the power fails, and an acknowledged event must not be lost.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def reader(engine: Engine) -> Engine:
    """Return the same pool for single reading statements, sparing PostgreSQL a BEGIN and a ROLLBACK around each."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine  # sqlite3 begins a transaction before a change only


@contextmanager
def writing(engine: Engine, turn: Turn, wait_s: int = LONGEST_WAIT_S) -> Iterator[Connection]:
    """Open a transaction that no other of the same turn overlaps; commit at the end, or roll back.

    Sequences are thus given and become visible in one order: on PostgreSQL the lock is let go after the commit is
    visible, so a reader of `after(sequence)` never passes an event that commits late. It costs parallel writes, which
    batches make up for.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_s * 1000:d}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait_s * 1000:d}")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_SPACE, int(turn)))
        yield connection


def insert_into(engine: Engine, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say ON CONFLICT, which both databases share and SQLAlchemy keeps in their dialects."""
    return sqlite.insert(table) if engine.dialect.name == "sqlite" else postgresql.insert(table)


def migrate(engine: Engine) -> str:
    """Bring the tables up to date; several processes may start at once, one migrates and the others wait.

    Returns
    -------
    The revision that the database has now.

    Raises
    ------
    EventsUnavailable
        If the database does not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with faults_as(EventsUnavailable), writing(engine, Turn.MIGRATION, LONGEST_MIGRATION_WAIT_S) as connection:
        if not _is_ahead(_revision(connection)):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return _revision(connection) or ""


def is_migrated(engine: Engine) -> bool:
    """Say whether the database answers and has the tables that this release needs."""
    try:
        with reader(engine).connect() as connection:
            revision = _revision(connection)
    except OUTAGES as error:
        _log.warning("The database did not answer whether it is migrated: %s", type(error).__name__)
        return False
    return revision == _scripts().get_current_head() or _is_ahead(revision)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_ahead(revision: str | None) -> bool:
    # A newer release has migrated already and this one is still serving beside it: migrations only add.
    return revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))
