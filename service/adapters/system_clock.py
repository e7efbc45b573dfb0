"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """A `Clock` that tells the real time."""

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock that everything else is given
