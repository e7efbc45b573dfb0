"""Dates move by whole weeks, keep the shop's weekday and hour, and end just before now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.demo.shift import SHOP_ZONE, Shift, wall_clock

LAST = datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)
NOWS = st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
RECORDED = st.datetimes(datetime(2016, 12, 1), datetime(2018, 2, 28), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


def wall(moment: datetime) -> datetime:
    return moment.astimezone(SHOP_ZONE).replace(tzinfo=None)


@given(now=NOWS)
@example(now=datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
@example(now=datetime(2026, 3, 8, 7, 0, tzinfo=UTC))
def test_the_last_event_lies_within_the_seven_days_before_now(now: datetime) -> None:
    moved = Shift.until(LAST, now).moved(LAST)
    assert moved <= now
    assert wall(now) - wall(moved) < timedelta(days=7)


def test_an_event_at_this_very_moment_is_not_after_now() -> None:
    now = datetime(2026, 6, 15, 3, 1, 20, tzinfo=UTC)
    assert Shift.until(LAST, now).moved(LAST) == now
    assert Shift.until(LAST, now - timedelta(seconds=1)).moved(LAST) == now - timedelta(weeks=1)


@given(recorded=RECORDED, now=NOWS)
@settings(max_examples=300)
def test_weekday_and_wall_clock_stay_what_they_were(recorded: datetime, now: datetime) -> None:
    moved = Shift.until(LAST, now).moved(recorded)
    before, after = wall(recorded), wall(moved)
    assert (after - before) % timedelta(weeks=1) in {timedelta(), timedelta(hours=1)}
    if after.time() != before.time():
        assert (before.hour, after.hour) == (2, 3), "only the hour that spring skips may move"
    assert after.weekday() == before.weekday()


def test_the_skipped_hour_of_spring_becomes_the_next() -> None:
    recorded = datetime(2017, 4, 9, 6, 30, tzinfo=UTC)
    shift = Shift((date(2026, 3, 8) - date(2017, 4, 9)).days // 7)
    assert wall(shift.moved(recorded)) == datetime(2026, 3, 8, 3, 30)  # noqa: DTZ001 - what the clock said


def test_many_instants_move_as_each_alone() -> None:
    drawn = np.random.default_rng(3).integers(0, 365 * 86_400, 5_000)
    moments = np.datetime64("2017-01-01", "us") + drawn.astype("timedelta64[s]")
    shift = Shift(463)
    alone = [shift.moved(moment.replace(tzinfo=UTC)).replace(tzinfo=None) for moment in moments.tolist()]
    assert shift.moved_all(moments).tolist() == alone
    assert wall_clock(moments).tolist() == [wall(moment.replace(tzinfo=UTC)) for moment in moments.tolist()]


def test_a_day_begins_at_midnight_in_the_shop() -> None:
    assert Shift(1).day(date(2017, 3, 8)) == datetime(2017, 3, 15, 4, tzinfo=UTC)
    assert Shift(0).day(date(2017, 3, 8)) == datetime(2017, 3, 8, 5, tzinfo=UTC)
