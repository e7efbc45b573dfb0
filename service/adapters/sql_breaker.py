"""A breaker before a database: its pool hands out no connection while the database does not answer."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, QueuePool, event, exc
from sqlalchemy.engine import ExceptionContext

from service.recommender.breaker import Breaker

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY = 0xFF
_AWAY = ("08", "53300", "55P03", "57")
"""SQLSTATE: connections that fail, too many of them, a lock not had in time, what an operator or a timeout ended."""


class GuardedPool(QueuePool):
    """A pool that asks a breaker first, and tells it of what fails here; `guard` tells it the rest."""

    def __init__(self, creator: Any, **options: Any) -> None:
        super().__init__(creator, **options)
        self.breaker = Breaker("database")

    def connect(self) -> PoolProxiedConnection:
        """Hand out a connection.

        Raises
        ------
        sqlalchemy.exc.TimeoutError
            If none is free in time, or the database did not answer lately.
        """
        if not self.breaker.admits():
            raise exc.TimeoutError("it did not answer lately, and is asked again soon")
        try:
            return super().connect()
        except exc.TimeoutError:
            self.breaker.failed()
            raise

    def recreate(self) -> QueuePool:
        """Make an empty pool like this one."""
        fresh = super().recreate()
        if isinstance(fresh, GuardedPool):
            fresh.breaker = self.breaker
        return fresh


def guard(engine: Engine) -> Engine:
    """Tell the breaker of an engine's pool, a `GuardedPool`, how its statements end."""
    breaker: Breaker = engine.pool.breaker  # type: ignore[attr-defined]

    @event.listens_for(engine, "after_cursor_execute")
    def _answered(*_: object) -> None:
        breaker.succeeded()

    @event.listens_for(engine, "handle_error")
    def _failed(context: ExceptionContext) -> None:
        if context.is_pre_ping:  # a connection that lay idle too long; the next one is tried at once
            return
        if context.is_disconnect or context.connection is None or is_away(context.original_exception):
            breaker.failed()
        else:
            breaker.succeeded()

    return engine


def is_away(error: BaseException) -> bool:
    """Whether a database did not answer, or not in time; one that says no, as when it may only be read, did answer."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _LOCKED
    if "OperationalError" not in {kind.__name__ for kind in type(error).__mro__}:
        return False
    state = getattr(error, "sqlstate", None)
    return state is None or str(state).startswith(_AWAY)
