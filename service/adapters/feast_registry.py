"""Feast's registry in PostgreSQL: in a schema of its own, apart from our tables, and changed by one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, make_url

SCHEMA = "feast"
LOCK = (0x6B6F6E6F, 0x66656173)  # "kono", "feas"


def registry_url(url: str) -> str:
    """Point an address of PostgreSQL at the registry's schema, unless it chooses options itself.

    >>> registry_url("postgresql://shop@db/konomi")
    'postgresql+psycopg://shop@db/konomi?options=-csearch_path%3Dfeast'
    >>> registry_url("sqlite:////var/registry.db")
    'sqlite:////var/registry.db'
    """
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        return url
    address = address.set(drivername="postgresql+psycopg")
    if "options" not in address.query:
        address = address.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    return address.render_as_string(hide_password=False)


@contextmanager
def changing(url: str | None) -> Iterator[None]:
    """Make the registry's tables where they are not there yet, and keep others from changing it meanwhile.

    Feast looks and then writes, without a transaction: two feature runs that begin at once would fail one another.
    Whoever only reads the registry waits for nobody.
    """
    if url is None or make_url(url).get_backend_name() != "postgresql":
        yield
        return
    from feast.infra.registry.sql import metadata  # noqa: PLC0415 - its imports are Feast's

    engine = create_engine(registry_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", LOCK)
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        metadata.create_all(connection)
        yield  # the lock goes with the connection, also where the process dies
