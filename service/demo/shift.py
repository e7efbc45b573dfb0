"""Moving a recorded year next to the present by a whole number of weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

SHOP_ZONE = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
FIRST_HOUR = datetime(2016, 1, 1, tzinfo=UTC)
LAST_HOUR = datetime(2019, 1, 1, tzinfo=UTC)

Times = NDArray[np.datetime64]
Spans = NDArray[np.timedelta64]


@dataclass(frozen=True)
class Shift:
    """A move of wall-clock time in the shop's zone by whole weeks.

    Weekday and wall-clock hour stay what they were in the shop. The distance in UTC therefore differs by an hour
    where one side has daylight saving time and the other has not. A wall-clock time that the new date skips in
    spring becomes the same instant counted in the old offset (02:30 becomes 03:30); one that it has twice in autumn
    becomes the first.
    """

    weeks: int

    @classmethod
    def until(cls, last: datetime, now: datetime) -> Shift:
        """Choose the largest number of weeks that leaves the last event at or before now.

        Parameters
        ----------
        last : the source's last event, with zone
        now : the present, with zone
        """
        days = now.astimezone(SHOP_ZONE).date() - last.astimezone(SHOP_ZONE).date()
        shift = cls(days.days // 7)
        return shift if shift.moved(last) <= now else cls(shift.weeks - 1)

    def moved(self, moment: datetime) -> datetime:
        """Move one instant; the answer is in UTC."""
        wall = moment.astimezone(SHOP_ZONE).replace(tzinfo=None) + timedelta(weeks=self.weeks)
        return wall.replace(tzinfo=SHOP_ZONE).astimezone(UTC)

    def day(self, day: date) -> datetime:
        """Move a calendar day and return the UTC instant at which it begins in the shop."""
        return datetime.combine(day + timedelta(weeks=self.weeks), time(), tzinfo=SHOP_ZONE).astimezone(UTC)

    def moved_all(self, moments: NDArray[Any]) -> Times:
        """Move many instants.

        Parameters
        ----------
        moments : datetime64, shape (n,)
            UTC, between 2016 and 2019.

        Returns
        -------
        datetime64[us], shape (n,)
            UTC.
        """
        recorded: Times = moments.astype("datetime64[us]")
        return recorded + self._by_hour[_hour_index(recorded)]

    @cached_property
    def _by_hour(self) -> Spans:
        # The zone's offset changes on whole UTC hours only, and so does the distance of the move.
        return np.array([self.moved(hour) - hour for hour in _hours()], dtype="timedelta64[us]")


def wall_clock(moments: NDArray[Any]) -> Times:
    """Tell what the clock in the shop said at each UTC instant of the source; datetime64[us], shape (n,)."""
    recorded: Times = moments.astype("datetime64[us]")
    return recorded + _offsets()[_hour_index(recorded)]


def _hours() -> list[datetime]:
    return [FIRST_HOUR + HOUR * i for i in range((LAST_HOUR - FIRST_HOUR) // HOUR)]


@cache
def _offsets() -> Spans:
    return np.array([hour.astimezone(SHOP_ZONE).utcoffset() for hour in _hours()], dtype="timedelta64[us]")


def _hour_index(moments: Times) -> NDArray[np.int64]:
    origin = np.datetime64(FIRST_HOUR.replace(tzinfo=None), "us")
    return (moments - origin) // np.timedelta64(1, "h")
