"""Impressions: what tires, how it recovers, and how much advertising is enough for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.catalogue import Catalogue
from service.recommender.consent import Purpose
from service.recommender.events import Impression
from service.recommender.impressions import (
    LONGEST_DAY,
    MOST_ADS_A_DAY,
    MOST_OF_CAMPAIGN,
    NO_IMPRESSIONS,
    REMEMBERED,
    gather,
    since,
    tiredness,
    within_caps,
)
from service.recommender.stored import StoredImpressions
from tests.fakes import START
from tests.recommender.odd_shops import DAY, NOW, bent, the_shop

SHOP = the_shop()
BOTH = frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS})
NOTHING = np.empty(0, np.int64)


def shown(*recent: tuple[str, float], stored=(), until=None, purposes=BOTH, catalogue=SHOP.catalogue):
    """Impressions out of (item, days ago), and stored (item, times, days, last days ago)."""
    heard = [Impression(item_id, START - timedelta(days=days)) for item_id, days in recent]
    columns = zip(*((one[0], one[1], one[2], int(NOW - one[3] * DAY)) for one in stored), strict=True)
    kept = StoredImpressions(*columns, until=until) if stored else StoredImpressions(until=until)
    return gather(kept, heard, purposes, catalogue)


def tired_of(impressions, *taken: tuple[int, float], now=NOW):
    rows = np.array([row for row, _ in taken], np.int64)
    at = np.array([NOW - days * DAY for _, days in taken], np.int64)
    found, weight = tiredness(impressions, rows, at, now)
    return dict(zip(found.tolist(), weight.tolist(), strict=True))


@pytest.mark.parametrize(("days", "tires"), [
    ([0.1, 0.2, 0.3], False), ([0.1, 0.2, 0.3, 0.35], True), ([0.1, 1.1], False), ([0.1, 1.1, 2.1], True),
    ([0.1, 0.2, 1.1], False),
])
def test_what_is_shown_four_times_or_on_three_days_tires(days, tires):
    assert (3 in tired_of(shown(*(("p3", day) for day in days)))) == tires


def test_what_is_stored_counts_with_what_came_since_each_once():
    until = START - timedelta(days=1)
    stored = [("p3", 2, 2, 1.5), ("p4", 3, 1, 1.5), ("p5", 2, 2, 1.2)]
    late = shown(("p3", 0.1), ("p4", 0.1), ("p5", 1.2), stored=stored, until=until)
    assert set(tired_of(late)) == {3, 4}


def test_a_day_that_is_stored_is_not_counted_twice():
    noon = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
    until = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    stored = StoredImpressions(["p3"], [2], [2], [noon], until)
    again = [Impression("p3", datetime(2026, 3, 1, 13, tzinfo=UTC))]
    assert tired_of(gather(stored, again, BOTH, SHOP.catalogue)) == {}
    next_day = [Impression("p3", datetime(2026, 3, 2, 1, tzinfo=UTC))]
    assert set(tired_of(gather(stored, next_day, BOTH, SHOP.catalogue))) == {3}


def test_half_of_it_goes_in_a_week_and_all_of_it_in_time():
    worn = shown(*(("p3", 0) for _ in range(4)))
    assert tired_of(worn) == {3: 1.0}
    assert tired_of(worn, now=NOW + 7 * DAY) == {3: pytest.approx(0.5)}
    assert tired_of(worn, now=NOW + 14 * DAY) == {3: pytest.approx(0.25)}
    assert tired_of(worn, now=NOW + 60 * DAY) == {}


def test_whoever_takes_it_up_is_not_tired_of_it():
    worn = shown(("p3", 4), ("p3", 3), ("p3", 2), ("p3", 1), stored=[("p4", 9, 9, 2)])
    assert set(tired_of(worn)) == {3, 4}
    assert set(tired_of(worn, (3, 0.5))) == {4}
    assert set(tired_of(worn, (3, 2.5))) == {4}
    assert set(tired_of(worn, (3, 9), (4, 1))) == {3}


@given(st.lists(st.tuples(st.sampled_from(["p3", "p4", "a1", "gone"]), st.floats(0, 29)), max_size=30),
       st.lists(st.tuples(st.integers(0, 6), st.floats(0, 29)), max_size=5))
def test_tiredness_is_what_counting_by_hand_says(recent, taken):
    found = tired_of(shown(*recent), *taken)
    for row in (3, 4, SHOP.catalogue.row_of["a1"]):
        at = [int((START - timedelta(days=days)).timestamp()) for item, days in recent
              if SHOP.catalogue.row_of.get(item) == row]
        latest = max((int(NOW - days * DAY) for one, days in taken if one == row), default=0)
        ignored = [one for one in at if one > latest]
        in_vain = len(ignored) >= 4 or len({one // DAY for one in ignored}) >= 3
        weight = 0.5 ** ((NOW - max(ignored)) / (7 * DAY)) if ignored else 0
        if in_vain and abs(weight - 0.05) > 1e-6:
            assert found.get(row, 0) == (pytest.approx(weight, rel=1e-4) if weight > 0.05 else 0)
        elif not in_vain:
            assert row not in found


@pytest.mark.parametrize(("purpose", "opened"), [
    (Purpose.PERSONALISE_CONTENT, ["p3", "c1"]), (Purpose.PERSONALISE_ADS, ["a1"]), (Purpose.TRAIN_MODELS, []),
])
def test_each_purpose_opens_its_own_kinds(purpose, opened):
    seen = [(item, 1.0) for item in ("p3", "c1", "a1")]
    some = shown(*seen, stored=[(item, 1, 1, 1) for item, _ in seen], purposes=frozenset({purpose}))
    rows = sorted(SHOP.catalogue.row_of[item] for item in opened)
    assert sorted(some.recent.tolist()) == sorted(some.item.tolist()) == rows


def test_what_is_sensitive_or_gone_is_remembered_by_nobody():
    sensitive = np.arange(len(SHOP.catalogue)) == 3
    some = shown(("p3", 1), ("gone", 1), ("p4", 1), stored=[("p3", 9, 9, 1)], catalogue=bent(SHOP, sensitive=sensitive).catalogue)
    assert (some.recent.tolist(), some.item.tolist()) == ([4], [])
    assert gather(StoredImpressions(["p3"], [1], [1], [1]), [Impression("p3", START)], BOTH, Catalogue.empty()).recent.size == 0
    assert gather(StoredImpressions(), [], BOTH, Catalogue.empty()) is NO_IMPRESSIONS


def test_the_log_is_asked_for_this_day_and_for_what_the_features_do_not_count():
    for until, expected in [
        (None, START - REMEMBERED), (START - timedelta(hours=1), START - LONGEST_DAY),
        (START - timedelta(days=3), START - timedelta(days=3)), (START - timedelta(days=90), START - REMEMBERED),
    ]:
        assert since(StoredImpressions(until=until), START) == expected


ADS = SHOP.catalogue.of_kind(SHOP.catalogue.kind_of(SHOP.catalogue.row_of["a0"]))
TOKYO = ZoneInfo("Asia/Tokyo")


def open_to(*recent: tuple[str, float], moment=START):
    allowed = within_caps(shown(*recent), SHOP.catalogue.texts.campaign_id, ADS, moment, TOKYO)
    return {SHOP.catalogue.item_ids[row] for row in ADS[allowed]}


def test_a_campaign_is_shown_so_often_a_day_and_not_once_more():
    every = open_to()
    assert len(every) == ADS.size
    assert open_to(*(("a0", 0.1) for _ in range(MOST_OF_CAMPAIGN - 1))) == every
    assert open_to(("a1", 0.1), *(("a0", 0.1) for _ in range(MOST_OF_CAMPAIGN - 1))) == every - {"a0", "a1"}


def test_a_day_ends_at_midnight_of_the_shop():
    before_midnight = (START - datetime(2026, 3, 1, 14, 59, tzinfo=UTC)) / timedelta(days=1)
    after_midnight = (START - datetime(2026, 3, 1, 15, 0, tzinfo=UTC)) / timedelta(days=1)
    assert "a0" in open_to(*(("a0", before_midnight) for _ in range(9)))
    assert "a0" not in open_to(*(("a0", after_midnight) for _ in range(9)))
    tomorrow = START + timedelta(days=1)
    assert "a0" in open_to(*(("a0", 0.01) for _ in range(9)), moment=tomorrow)


def test_of_all_ads_together_there_are_so_many_a_day():
    several = [(f"a{2 * n % 24}", 0.1) for n in range(MOST_ADS_A_DAY)]
    assert open_to(*several[:-1])
    assert open_to(*several) == set()
    assert len(open_to(*(("p3", 0.1) for _ in range(MOST_ADS_A_DAY)))) == ADS.size


def test_nothing_shown_tires_nobody():
    assert tired_of(NO_IMPRESSIONS, (3, 1)) == {}
    assert within_caps(NO_IMPRESSIONS, [], NOTHING, START, TOKYO).size == 0
