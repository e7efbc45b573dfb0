"""One engine for SQLite and PostgreSQL: connecting, reading, writing one at a time, migrating."""

from __future__ import annotations

import logging
import zlib
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
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import Table

from service.adapters.sql_breaker import GuardedPool, guard
from service.adapters.sql_faults import OUTAGES, faults_as
from service.adapters.sqlite_writer import let_write, turn_to_write
from service.recommender.errors import EventsUnavailable, InvalidArgument
from service.recommender.person import Person

MIGRATIONS = Path(__file__).with_name("migrations")
LONGEST_WAIT_S = 2.0
"""How long a change waits for a connection, a lock or a statement before the port says that it is unavailable."""
HASTE_S = 0.05
"""How long an answer waits for PostgreSQL: longer, and it is made from what else there is."""
_QUEUE = 2
"""It waits so many times as long for SQLite, whose writers queue for one file."""
_GRACE = 2
"""A server is given so many times as long to say itself that it took too long."""
LONGEST_MIGRATION_WAIT_S = 300
EXPECTED = "write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
LOCK_SPACE = 0x6B6F6E6F  # "kono": apart from the advisory locks of others in the same database

_log = logging.getLogger(__name__)


class Turn(IntEnum):
    """What only one transaction at a time may write."""

    MIGRATION = 1
    EVENTS = 2
    CONSENTS = 3
    CHANGES = 4
    """Taken after all of those above, so that no two ever wait for each other."""
    SLATES = 5
    AUDIT = 6
    PROJECTIONS = 7


def connect_hastily(url: str | URL, wait_s: float = HASTE_S) -> Engine:
    """Make an engine for what answers wait for, with connections of its own; see `connect`.

    Raises
    ------
    InvalidArgument
        If the address is of another form.
    """
    return connect(url, _QUEUE * wait_s if str(url).startswith("sqlite") else wait_s, is_hasty=True)


def connect(url: str | URL, wait_s: float = LONGEST_WAIT_S, *, is_hasty: bool = False) -> Engine:
    """Make the engine for a database; the connections are opened on first use.

    What does not answer in time a few times in a row is not asked for a moment: see `Breaker`.

    Parameters
    ----------
    url : `sqlite:///FILE` (the folder is made) or `postgresql+psycopg://…`
    wait_s : how long to wait for a free connection, a lock or a statement, in seconds
    is_hasty : whether a connection is taken as it is, without a look whether it still lives

    Raises
    ------
    InvalidArgument
        If the address is of another form.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # which may quote a part of the password, taken for the port
        raise InvalidArgument(
            f"The database URL cannot be read; {EXPECTED} What is no letter or digit in a password is percent-encoded.",
        ) from None
    match address.get_backend_name(), address.database:
        case "sqlite", str(file) if file and file != ":memory:":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            waiting: dict[str, Any] = {"timeout": wait_s}
        case "postgresql", _:
            address = address.set(drivername="postgresql+psycopg")
            options = f"-c statement_timeout={1000 * wait_s:.0f} -c idle_in_transaction_session_timeout=60s"
            waiting = {"options": options}
        case other, _:
            raise InvalidArgument(f"No state can be kept in {other!r} of this form; {EXPECTED}")
    is_remote = address.get_backend_name() != "sqlite"
    pooling: dict[str, Any] = {
        "connect_args": waiting,
        "hide_parameters": True,  # they are people's data, and errors are logged
        # A ping may hang as long as a statement; in haste, a dead connection costs one answer what it would bring.
        "pool_pre_ping": is_remote and not is_hasty,
        "poolclass": GuardedPool,
        "pool_timeout": wait_s,
    }
    try:
        engine = create_engine(address, pool_size=8, max_overflow=8, **pooling)
    except ImportError as error:
        raise InvalidArgument("The driver of PostgreSQL is not installed; install konomi[postgres].") from error
    if is_remote:
        from service.adapters.psycopg_deadline import bound  # noqa: PLC0415 - an optional extra

        bound(engine, _GRACE * wait_s, min(_GRACE * wait_s, LONGEST_WAIT_S))
        return guard(engine)
    writer = create_engine(address, pool_size=1, max_overflow=0, **pooling)
    for one in (engine, writer):
        event.listen(one, "connect", _prepare_sqlite)
        guard(one)
    let_write(writer, engine)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    # FULL: in WAL mode, NORMAL may lose the last commits when the power fails; an acknowledged event must not be lost.
    # What is deleted is zeroed: whom it was about may have been erased.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def reader(engine: Engine) -> Engine:
    """Return the same pool for single reading statements, sparing PostgreSQL a BEGIN and a ROLLBACK around each."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine  # sqlite3 begins a transaction before a change only


@contextmanager
def writing(engine: Engine, turn: Turn | None = None, *, lasting: bool = True) -> Iterator[Connection]:
    """Open a transaction; commit at the end, or roll back.

    One that is not `lasting` is not waited for on its way to the disk: the process may be killed, but a power cut may
    undo it.

    No other of the same turn overlaps it. Sequences are thus given and become visible in one order: on PostgreSQL the
    lock is let go after the commit is visible, so a reader of `after(sequence)` never passes an event that commits
    late. It costs parallel writes, which batches make up for.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            if not lasting:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            if turn is not None:
                take_turn(connection, turn)
            yield connection
        return
    with turn_to_write(engine, lasting=lasting) as connection:
        yield connection


def take_turn(connection: Connection, turn: Turn) -> None:
    """Keep others of this turn waiting until the transaction ends."""
    _lock(connection, LOCK_SPACE, int(turn))


def take_turn_for(connection: Connection, person: Person) -> None:
    """Keep others who write about this person waiting until the transaction ends, where they ask for it."""
    _lock(connection, LOCK_SPACE + 1, zlib.crc32(person.key.encode()) - 2**31)


def _lock(connection: Connection, space: int, what: int) -> None:
    if connection.dialect.name != "sqlite":  # where one writes at a time anyway
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (space, what))


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
    with faults_as(EventsUnavailable), reader(engine).connect() as connection:
        revision = _revision(connection)
    if revision is not None and (revision == _scripts().get_current_head() or _is_ahead(revision)):
        return revision  # also where nothing may be written, as on a replica of the database
    patient = connect(engine.url, LONGEST_MIGRATION_WAIT_S)
    try:
        with faults_as(EventsUnavailable), writing(patient, Turn.MIGRATION) as connection:
            if not _is_ahead(_revision(connection)):
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return _revision(connection) or ""
    finally:
        patient.dispose()


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
