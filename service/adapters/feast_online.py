"""Feast's online store, read and written in process, without a detour."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feast.errors import FeastError
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _redis_key, get_online_store_from_config
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from google.protobuf.message import DecodeError

from service.adapters import sql_breaker
from service.recommender.breaker import Breaker
from service.recommender.errors import FeaturesUnavailable

if TYPE_CHECKING:
    from feast import FeatureView
    from feast.repo_config import RepoConfig

    from service.adapters.feast_redis import RedisPlan

WRITER_SECONDS = 5.0
"""How long a push waits on SQLite for a materialisation, which holds the file for a batch at a time."""
_AWAY = frozenset({"ConnectionError", "TimeoutError", "BusyLoadingError", "ClusterDownError", "MaxConnectionsError"})
_TABLES = (
    "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'entity_key'"
)

Row = tuple[datetime | None, Mapping[str, Any]]
"""Time of a person's row in a view, and its `Value`s by name; (None, {}) where there is none."""

Columns = Mapping[str, tuple[str, Sequence[Any]]]
"""Lists of a row: feature name → (field of `Value`, entries)."""


def failures() -> tuple[type[Exception], ...]:
    """Every way in which a store fails to answer: SQLite, the network, Feast, protobuf, and Redis where installed."""
    found: tuple[type[Exception], ...] = (sqlite3.Error, OSError, FeastError, DecodeError)
    try:
        from redis import exceptions  # noqa: PLC0415 - an optional extra
    except ImportError:
        return found
    # Not all of them descend from RedisError: those of a cluster do not.
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*found, *kinds)


class OnlineViews:
    """Feature views in the online store, which is given up after `wait_s` seconds.

    Feast's own `get_online_features` resolves names through the registry and fills a response message; for one person
    that costs several times the read itself. This asks the same store for the same rows, and a test holds both equal.

    While the store does not answer, it is asked now and then alone: see `Breaker`.

    Each thread has a store of its own: on SQLite, Feast shares one connection among threads, and then one thread's
    commit ends another's transaction.
    """

    def __init__(self, config: RepoConfig, wait_s: float) -> None:
        self._breaker = Breaker("online feature store")
        self._wait_s = wait_s
        self._config = _impatient(config, wait_s)
        self._on_redis = config.online_store.type == "redis"
        self._failures = failures()
        self._threads = threading.local()
        self._plans: dict[tuple[str, ...], RedisPlan] = {}

    def read(self, views: Sequence[FeatureView], person_key: str) -> list[Row]:
        """Read one person's rows of some views, in their order.

        Raises
        ------
        FeaturesUnavailable
        """
        key = _entity_key(person_key)
        with self._answering():
            if self._on_redis:
                return self._plan(views).read(self._store()._get_client(self._config.online_store), key)  # noqa: SLF001
            answers = [self._store().online_read(self._config, view, [key])[0] for view in views]
        return [(written_at, values or {}) for written_at, values in answers]

    def read_many(self, view: FeatureView, person_keys: Sequence[str]) -> list[Row]:
        """Read the rows of many people in one view, in their order.

        Raises
        ------
        FeaturesUnavailable
        """
        with self._answering():
            answers = self._store().online_read(self._config, view, [_entity_key(key) for key in person_keys])
        return [(written_at, values or {}) for written_at, values in answers]

    def write(self, view: FeatureView, rows: Mapping[str, Columns], at: datetime) -> None:
        """Replace people's rows of a view, at once.

        Parameters
        ----------
        rows : by person key
        at : event timestamp of the rows

        Raises
        ------
        FeaturesUnavailable
        """
        written = [(_entity_key(key), _values(columns), at, None) for key, columns in rows.items()]
        if written:
            with self._answering(), self._patiently():
                self._store().online_write_batch(self._config, view, written, None)

    def erase(self, person_key: str) -> int:
        """Delete one person's rows of every view, also of views that are no more; tell how many.

        Feast itself has no way to delete one of them.

        Raises
        ------
        FeaturesUnavailable
        """
        key, version = _entity_key(person_key), self._config.entity_key_serialization_version
        with self._answering():
            if self._on_redis:
                client = self._store()._get_client(self._config.online_store)  # noqa: SLF001
                name = _redis_key(self._config.project, key, entity_key_serialization_version=version)
                return int(client.delete(name))
            encoded = serialize_entity_key(key, entity_key_serialization_version=version)
            return _erase_on_sqlite(self._config.repo_path / self._config.online_store.path, encoded)

    def _plan(self, views: Sequence[FeatureView]) -> RedisPlan:
        from service.adapters.feast_redis import RedisPlan  # noqa: PLC0415 - its Feast module wants the redis extra

        names = tuple(view.name for view in views)
        if names not in self._plans:
            self._plans[names] = RedisPlan(self._config, views)
        return self._plans[names]

    def _store(self) -> Any:
        if not hasattr(self._threads, "store"):
            store = get_online_store_from_config(self._config.online_store)
            _tune(store, self._config, self._wait_s)
            self._threads.store = store
        return self._threads.store

    @contextmanager
    def _patiently(self) -> Iterator[None]:
        """Wait for another writer, on SQLite."""
        if self._on_redis:
            yield
            return
        connection = self._store()._get_conn(self._config)  # noqa: SLF001
        _wait_for_lock(connection, WRITER_SECONDS)
        try:
            yield
        finally:
            _wait_for_lock(connection, self._wait_s)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        if not self._breaker.admits():
            raise FeaturesUnavailable("the online feature store did not answer lately, and is asked again soon")
        try:
            yield
        except self._failures as failure:
            (self._breaker.failed if _is_away(failure) else self._breaker.succeeded)()
            raise FeaturesUnavailable(f"the online feature store did not answer: {failure}") from failure
        self._breaker.succeeded()


def _is_away(failure: Exception) -> bool:
    """Whether a store did not answer, or not in time; one that says no, as when its memory is full, did answer."""
    if isinstance(failure, sqlite3.Error):
        return sql_breaker.is_away(failure)
    # Redis' own errors of connecting and of time are no descendants of Python's.
    return isinstance(failure, OSError) or type(failure).__name__ in _AWAY


def _wait_for_lock(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {1000 * seconds:.0f}").close()


def _values(columns: Columns) -> dict[str, Value]:
    values = {}
    for name, (kind, entries) in columns.items():
        value = Value()
        entered = getattr(value, kind)
        entered.SetInParent()  # an empty list must be there, or it would read as null
        entered.val.extend(entries)
        values[name] = value
    return values


def _entity_key(person_key: str) -> EntityKey:
    return EntityKey(join_keys=["person_key"], entity_values=[Value(string_val=person_key)])


def _erase_on_sqlite(file: Path, encoded_key: bytes) -> int:
    if not file.exists():
        return 0
    connection = sqlite3.connect(file, timeout=2, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete = ON").close()
        connection.execute("BEGIN IMMEDIATE")
        gone = sum(
            connection.execute(f'DELETE FROM "{table}" WHERE entity_key = ?', (encoded_key,)).rowcount  # noqa: S608
            for (table,) in connection.execute(_TABLES).fetchall()
        )
        connection.execute("COMMIT")
        if gone:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return gone


def _impatient(config: RepoConfig, wait_s: float) -> RepoConfig:
    """Give up on Redis soon: a dead one would hold each request for seconds."""
    if config.online_store.type != "redis":
        return config
    limits = f"socket_timeout={wait_s},socket_connect_timeout={wait_s}"
    store = config.online_store.model_copy(
        update={"connection_string": f"{config.online_store.connection_string},{limits}"},
    )
    hasty = config.model_copy()
    hasty.online_config = store.model_dump()
    hasty._online_store = store  # noqa: SLF001 - RepoConfig has no public way to replace the parsed settings
    return hasty


def _tune(store: Any, config: RepoConfig, wait_s: float) -> None:
    """Set what Feast's settings do not reach."""
    if config.online_store.type == "sqlite":
        # What a power cut takes is pushed again from the event log; a sync to disk for each push would cost 3 ms.
        connection = store._get_conn(config)  # noqa: SLF001
        connection.execute("PRAGMA synchronous=NORMAL")
        _wait_for_lock(connection, wait_s)
        return
    from redis.backoff import NoBackoff  # noqa: PLC0415 - an optional extra
    from redis.retry import Retry  # noqa: PLC0415

    store._get_client(config.online_store).set_retry(Retry(NoBackoff(), 0))  # noqa: SLF001
