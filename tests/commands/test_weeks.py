"""Weekly cutoffs: as many as a shop has a past for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.commands.weeks import weekly

LAST = datetime(2026, 6, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(("past", "weeks"), [(52, 8), (16, 8), (13, 6), (9, 4), (3, 4), (0, 4)])
def test_weeks_end_with_the_last_purchase(past, weeks):
    found = weekly(LAST - timedelta(weeks=past), LAST)
    assert found == [LAST - timedelta(weeks=back) for back in range(weeks, 0, -1)]
