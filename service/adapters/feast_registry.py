"""Feast's registry in PostgreSQL: in a schema of its own, apart from our tables, and changed by one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url
from sqlalchemy.schema import CreateSchema

from service.adapters.sql_database import LOCK_SPACE
from service.adapters.sql_faults import faults_as
from service.recommender.errors import FeaturesUnavailable

SCHEMA = "feast"
LOCK = (LOCK_SPACE, 0x66656173)  # "feas"


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

    Raises
    ------
    FeaturesUnavailable
        If the database does not answer, or does not let us make the schema.
    """
    if url is None or make_url(url).get_backend_name() != "postgresql":
        yield
        return
    engine = create_engine(registry_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with faults_as(FeaturesUnavailable):
        connection = engine.connect()
    with connection:
        with faults_as(FeaturesUnavailable):
            _prepare(connection)
        yield  # the lock goes with the connection, also where the process dies


def _prepare(connection: Connection) -> None:
    from feast.infra.registry.sql import metadata  # noqa: PLC0415 - its imports are Feast's

    connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", LOCK)
    if not inspect(connection).has_schema(SCHEMA):  # whoever made it for us may have kept the right to make others
        connection.execute(CreateSchema(SCHEMA))
    metadata.create_all(connection)
