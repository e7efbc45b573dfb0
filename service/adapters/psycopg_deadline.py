"""Connections to PostgreSQL that give up by themselves: a server that hangs enforces no timeout of its own."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import Connection, errors
from sqlalchemy import Engine, event

_T = TypeVar("_T")
_Steps = Generator[Any, int, _T]
_CHECK_S = 0.05
"""How often a wait is held against its deadline."""


def bound(engine: Engine, statement_s: float, connect_s: float) -> None:
    """Let an engine open connections that give up; see `deadlined`."""
    kind = deadlined(statement_s, connect_s)

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Connection[Any]:
        return kind.connect(*arguments, **options)


def deadlined(statement_s: float, connect_s: float) -> type[Connection[Any]]:
    """Make a class of connections.

    Parameters
    ----------
    statement_s : how long any one exchange with the server may take; the connection is closed where it takes longer
    connect_s : how long connecting may take; libpq's own `connect_timeout` knows no less than two seconds
    """

    class Deadlined(Connection[Any]):
        """A connection that waits so long and no longer."""

        @classmethod
        def _connect_gen(cls, conninfo: str = "") -> _Steps[Any]:
            # There is no public way in: psycopg rounds every timeout of connecting up to two seconds.
            return (yield from _bounded(super()._connect_gen(conninfo), connect_s, errors.ConnectionTimeout))

        def wait(self, gen: _Steps[_T], *_: object, **__: object) -> _T:
            """Carry out an exchange with the server."""
            try:
                return super().wait(_bounded(gen, statement_s, LateAnswer), interval=min(_CHECK_S, statement_s))
            except LateAnswer:
                self.close()  # an answer that came after all would be taken for that of the next statement
                raise

    return Deadlined


class LateAnswer(errors.OperationalError):
    """The server did not answer in time, and was not in a state to say so."""


def _bounded(steps: _Steps[_T], seconds: float, late: type[errors.OperationalError]) -> _Steps[_T]:
    """Drive a generator of psycopg's until a deadline; it is sent 0 whenever nothing came for a while."""
    until = time.monotonic() + seconds
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= until:
                raise late("it did not answer in time")
            wanted = steps.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
