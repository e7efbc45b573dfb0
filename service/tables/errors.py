"""What can stop the work on the shop's tables as a whole.

::

    TablesError
    ├── SourceUnusable   the folder to import is missing, empty, ambiguous or names no items
    ├── BatchUnusable    rows handed over to be appended are not canonical events
    ├── CorrectionRefused  a value of a customer cannot be corrected so
    ├── WorkFailed       the work could not be done, for want of disk or memory
    ├── StoreBusy        another process is writing the tables right now
    └── StoreDamaged     the manifest, or a file that it names, cannot be read

A single bad row, column or file never raises: it is refused with its reason (see `rules`).
"""

from __future__ import annotations


class TablesError(Exception):
    """The tables cannot be read or written; the message is one line that says what, where and what to do."""


class SourceUnusable(TablesError):
    """The folder to import cannot be imported at all."""


class BatchUnusable(TablesError):
    """Rows to append are not canonical events."""


class CorrectionRefused(TablesError):
    """There is no such customer or column, or the value breaks a rule."""


class WorkFailed(TablesError):
    """DuckDB could not finish, for want of disk or memory."""


class StoreBusy(TablesError):
    """Another process holds the tables for writing."""


class StoreDamaged(TablesError):
    """The manifest, or a file that it names, cannot be read."""
