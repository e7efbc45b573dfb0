"""Alembic's entry: migrate on the connection and in the transaction that `sql_database.migrate` opened."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from service.adapters.sql_tables import metadata

LOCK_MS, PAUSE_S, ATTEMPTS = 50, 0.5, 600
"""How long a change of a table waits for those who use it, and how long it then lets them pass, for five minutes."""
LOCK_NOT_AVAILABLE = "55P03"


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


def migrate_while_others_serve(connection: Connection) -> None:
    """Migrate, and never make the version that serves meanwhile wait for longer than it has patience.

    On PostgreSQL, whoever waits for a table to change it keeps everybody waiting who comes after; behind one long
    reading, such as a backup, that is an outage.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SELECT set_config('lock_timeout', %s, true)", (str(LOCK_MS),))
                migrate(connection)
        except OperationalError as fault:
            if attempt == ATTEMPTS or getattr(fault.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            connection.exec_driver_sql("SELECT pg_sleep(%s)", (PAUSE_S,))
        else:
            return


given: Connection = context.config.attributes["connection"]
if given.dialect.name == "postgresql":
    migrate_while_others_serve(given)
else:
    migrate(given)
