"""Logs that tell where something broke and of what kind it was, and repeat nothing that a person sent.

Drivers and libraries quote values in what their exceptions say ("Key (customer_id, text)=(…) already exists"). Lines of
code and kinds of exceptions are enough to mend a fault, so that reaches the log, with what our own faults say and what
the operating system says of files and addresses.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from copy import copy
from types import TracebackType
from typing import Any

from index.errors import ArtefactError
from service.recommender.errors import DependencyFault

SPEAKING: tuple[type[BaseException], ...] = (DependencyFault, ArtefactError, OSError)
"""Exceptions whose text holds no value of a request."""


def told(error: BaseException) -> str:
    """Name an exception; with what it says, where that is ours.

    >>> told(ValueError("no number: '+81 90 1234 5678'")), told(TimeoutError("after 2 s"))
    ('ValueError', 'TimeoutError: after 2 s')
    """
    kind = type(error).__qualname__
    return f"{kind}: {error}" if isinstance(error, SPEAKING) and str(error) else kind


class DiscreetFormatter(logging.Formatter):
    """One line for what happened, and the lines of code that led to it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, exceptions among its arguments by name alone."""
        discreet = copy(record)
        discreet.exc_text = None  # another handler may have kept the whole text there
        if isinstance(record.args, tuple):
            discreet.args = tuple(told(one) if isinstance(one, BaseException) else one for one in record.args)
        if record.name == "asyncio":  # it goes on with the task, whose exception it quotes
            discreet.msg, discreet.args = discreet.getMessage().partition("\n")[0], ()
        return super().format(discreet)

    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Write the lines of code and the kinds of an exception and of those before it."""
        return "".join(_lines(ei[1], set())).rstrip() if ei[1] is not None else ""


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:  # two exceptions may name each other as their cause
        return
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before, seen)
        yield "which led to\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _lines(one, seen)
            yield "which is one of\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{told(error)}\n"


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": f"{__name__}.{DiscreetFormatter.__name__}"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}
"""For `logging.config.dictConfig`: warnings and worse of everybody, on stderr."""
