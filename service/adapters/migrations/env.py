"""Alembic's entry: migrate on the connection and in the transaction that `sql_database.migrate` opened."""

from __future__ import annotations

from alembic import context

from service.adapters.sql_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
