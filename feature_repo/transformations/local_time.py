"""The shop's wall clock, without asking the engine for a time zone database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import DAY

_MONDAY = 4 * DAY
"""1970-01-05, a Monday, in epoch seconds."""


def offsets(time_zone: str, since: datetime, until: datetime) -> list[tuple[int, int]]:
    """List when the zone's distance from UTC changes within a period.

    Returns
    -------
    (from, offset) in epoch seconds and seconds, ascending; the first holds at `since`.

    >>> [offset // 3600 for _, offset in offsets("America/New_York", datetime(2026, 1, 1, tzinfo=UTC),
    ...                                          datetime(2026, 12, 31, tzinfo=UTC))]
    [-5, -4, -5]
    """
    zone, hour = ZoneInfo(time_zone), timedelta(hours=1)
    moment = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found: list[tuple[int, int]] = []
    while moment <= until:
        offset = int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())
        if not found or found[-1][1] != offset:
            found.append((int(moment.timestamp()), offset))
        moment += hour
    return found


def hour_of_week(at: ir.IntegerColumn, changes: list[tuple[int, int]]) -> ir.IntegerColumn:
    """Hour of the week by the shop's clock: 0 is Monday 00:00 to 01:00, 167 Sunday 23:00 to 24:00."""
    offset = ibis.literal(changes[0][1], "int64")
    for since, seconds in changes[1:]:
        offset = (at >= since).ifelse(ibis.literal(seconds, "int64"), offset)
    return ((at + offset - _MONDAY) // 3_600) % 168
