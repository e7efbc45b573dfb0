"""Weekly cutoffs: a small shop learns from more weeks, as far as it has a past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.commands.training_inputs import MANY_SHOPPERS, weekly

LAST = datetime(2026, 6, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(("past", "shoppers", "weeks"), [
    (52, MANY_SHOPPERS, 4), (52, MANY_SHOPPERS - 1, 8), (52, 1, 8), (16, 1, 8), (13, 1, 6), (9, 1, 4), (0, 1, 4), (3, 10**6, 4),
])
def test_weeks_end_with_the_last_purchase(past, shoppers, weeks):
    found = weekly(LAST - timedelta(weeks=past), LAST, shoppers)
    assert found == [LAST - timedelta(weeks=back) for back in range(weeks, 0, -1)]
