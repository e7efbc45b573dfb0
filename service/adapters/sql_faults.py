"""What a database's failure means to the core: one mapping from SQLAlchemy's errors to those of the ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from service.recommender.errors import DependencyFault, InvalidArgument

OUTAGES: tuple[type[Exception], ...] = (
    exc.OperationalError,  # out of reach, locked, timed out, disk full
    exc.InterfaceError,
    exc.InternalError,
    exc.ProgrammingError,  # a table is missing: not migrated yet
    exc.IntegrityError,
    exc.NotSupportedError,
    exc.DatabaseError,  # the file is damaged
    exc.DBAPIError,
    exc.TimeoutError,  # no connection became free
    exc.DisconnectionError,
    exc.InvalidatePoolError,
)
"""The database did not do its part; the operator mends it."""

REFUSED_VALUES: tuple[type[Exception], ...] = (exc.DataError,)
"""A value that no column can hold; the caller mends it. `StatementError` is one where a column type raised it."""


@contextmanager
def faults_as(fault: type[DependencyFault]) -> Iterator[None]:
    """Raise the port's own fault where the database fails.

    Raises
    ------
    DependencyFault
        The given one, where the database did not do its part.
    InvalidArgument
        Where a value cannot be kept: NUL in a text, more digits than money has.
    """
    try:
        yield
    except REFUSED_VALUES as error:
        raise InvalidArgument("The database cannot hold one of the values; check texts and numbers.") from error
    except OUTAGES as error:
        raise fault(f"The database did not answer: {_cause(error)}") from error
    except exc.StatementError as error:
        if isinstance(error.orig, ValueError):
            raise InvalidArgument(str(error.orig)) from error
        raise


def _cause(error: Exception) -> str:
    # Only the kind and the first line: the rest may quote a person's values.
    vendor = getattr(error, "orig", None) or error
    lines = str(vendor).splitlines() or [""]
    return f"{type(vendor).__name__}: {lines[0]}"
