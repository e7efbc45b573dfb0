"""The circumstances of a request that its person did not choose: part of the day, day of the week, channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from service.recommender.events import Channel

DAYPART_HOURS = 4
DAYPARTS, WEEKDAYS = 24 // DAYPART_HOURS, 7
CHANNELS = tuple(Channel)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Part of the day from midnight, weekday from Monday, both by the shop's clock, and channel; None is not known."""

    daypart: int | None = None
    weekday: int | None = None
    channel: int | None = None


UNKNOWN = Circumstances()


def circumstances(at: int, zone: ZoneInfo, channel: str | None = None) -> Circumstances:
    """Tell the circumstances of a moment.

    Parameters
    ----------
    at : epoch seconds
    zone : the shop's
    channel : a `Channel`; another one is not known

    >>> circumstances(1_767_225_600, ZoneInfo("Asia/Tokyo"), "APP")  # 2026-01-01 09:00, a Thursday
    Circumstances(daypart=2, weekday=3, channel=1)
    """
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    code = CHANNELS.index(channel) if channel in CHANNELS else None
    return Circumstances(local.hour // DAYPART_HOURS, local.weekday(), code)


def channel_of(device: str | None) -> str | None:
    """Tell by which channel a device asks: the shop's app, or the web; None where nothing was said.

    >>> channel_of("APP"), channel_of("MOBILE"), channel_of(None)
    ('APP', 'WEB', None)
    """
    if device is None:
        return None
    return "APP" if device == "APP" else "WEB"
