"""Profiles: what is known, what came since, and nothing that was forbidden, is sensitive or left the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.actions import FADES_IN_DAYS, stored_actions
from service.recommender.consent import Purpose
from service.recommender.events import EventType, RecentAction
from service.recommender.feedback import ForgottenAction, Restrictions
from service.recommender.profile import assemble
from service.recommender.stored import StoredActions, StoredProfile
from tests.fakes import START
from tests.recommender.odd_shops import DAY, NOW, SOMEBODY, bent, only, the_shop

SHOP = the_shop()
PURPOSES = frozenset({Purpose.PERSONALISE_CONTENT})


def stored(*item_ids, days=5, count=2):
    size = len(item_ids)
    return StoredActions(item_ids, ["PURCHASE"] * size, [count] * size, [NOW - 9 * DAY] * size, [NOW - days * DAY] * size,
                         [2.5] * size)


def recent(sequence, item_id="p1", kind=EventType.PURCHASE, days=0.0, price=3.0, topic=None):
    return RecentAction(sequence, f"e{sequence}", kind, item_id, START - timedelta(days=days), price, topic)


def put_together(actions=None, latest=(), through=0, restrictions=None, shop=SHOP):
    kept = StoredProfile(actions or StoredActions(), latest, through)
    return assemble(SOMEBODY, PURPOSES, kept, restrictions or Restrictions(), shop.catalogue)


def told(profile):
    actions = profile.actions
    return {(str(actions.key(i)[0]), f"p{actions.item[i]}"): float(actions.count[i]) for i in range(len(actions))}


def test_what_came_since_is_added():
    profile = put_together(stored("p1"), [recent(1), recent(2, "p2", EventType.VIEW)])
    assert told(profile) == {("PURCHASE", "p1"): 3, ("VIEW", "p2"): 1}
    assert profile.actions.last_at.max() == NOW
    assert profile.actions.last_price[0] == 3.0


def test_a_repetition_on_the_same_day_counts_once():
    assert told(put_together(latest=[recent(1), recent(2), recent(3, days=1)])) == {("PURCHASE", "p1"): 2}


def test_what_is_part_of_the_stored_features_is_not_added_again():
    later = [recent(7), recent(8, "p2"), recent(9, "p3")]
    assert told(put_together(stored("p1"), later, through=8)) == {("PURCHASE", "p1"): 2, ("PURCHASE", "p3"): 1}


def test_an_old_event_that_comes_late_takes_nothing_back():
    profile = put_together(stored("p1", days=1), [recent(1, days=8, price=9.0)])
    assert int(profile.actions.last_at[0]) == NOW - DAY
    assert profile.actions.last_price[0] == 2.5


def test_what_was_forgotten_counts_nowhere_and_what_came_after_does():
    gone = Restrictions(forgotten=(ForgottenAction(EventType.PURCHASE, "p1", START - timedelta(days=2)),))
    before = [recent(1, days=2), recent(2, kind=EventType.VIEW, days=2)]
    assert told(put_together(stored("p1", "p2"), before, restrictions=gone)) == {("PURCHASE", "p2"): 2, ("VIEW", "p1"): 1}
    assert told(put_together(stored("p1"), [*before[:1], recent(3)], restrictions=gone)) == {("PURCHASE", "p1"): 1}


def test_sensitive_items_and_those_that_left_the_shop_are_no_part_of_it():
    sensitive = SHOP.catalogue.item_ids[int(np.flatnonzero(SHOP.catalogue.sensitive)[0])]
    profile = put_together(stored("p1", sensitive, "gone"), [recent(1, sensitive), recent(2, "gone")])
    assert told(profile) == {("PURCHASE", "p1"): 2}


@pytest.mark.parametrize("shop", [only(SHOP, []), only(SHOP, [5]), bent(SHOP, sensitive=np.ones(len(SHOP.catalogue), bool))])
def test_a_person_whose_items_all_vanished_is_cold(shop):
    profile = put_together(stored("p1", "p2"), [recent(1)], shop=shop)
    assert profile.is_cold
    assert not profile.is_empty


def test_prices_that_are_not_known_are_nan():
    found = stored_actions(StoredActions(["p1"], ["VIEW"], [1], [0], [0], [None]), SHOP.catalogue)
    assert np.isnan(found.last_price).all()


@given(st.lists(st.integers(0, 400), min_size=1, max_size=9, unique=True))
def test_repetitions_fade_exactly_in_whichever_order_they_come(days):
    actions = put_together(latest=[recent(place, days=day) for place, day in enumerate(days, 1)]).actions
    exact = [sum(np.exp(-(day - min(days)) / fades_in) for day in days) for fades_in in FADES_IN_DAYS]
    np.testing.assert_allclose(actions.faded, [exact], rtol=1e-4)


def test_what_is_stored_fades_on_when_something_is_added():
    known = replace(stored("p1", days=2, count=2), faded_30=[1.5], faded_90=[1.6], faded_365=[1.7])
    found = put_together(known, [recent(1)]).actions.faded
    np.testing.assert_allclose(found, [1 + np.array([1.5, 1.6, 1.7]) * np.exp(-2 / FADES_IN_DAYS)], rtol=1e-5)
    known = put_together(known, [recent(1, days=2)]).actions.faded
    np.testing.assert_allclose(known, [[1.5, 1.6, 1.7]], rtol=1e-5)


def test_features_of_an_earlier_release_fade_as_if_evenly_spread():
    found = stored_actions(stored("p1", days=2, count=2), SHOP.catalogue).faded
    np.testing.assert_allclose(found, [1 + np.exp(-7 / FADES_IN_DAYS)], rtol=1e-5)


def test_topics_come_newest_first_and_once():
    latest = [recent(n, topic=topic) for n, topic in enumerate(["tea", "jam", None, "tea", ""], 1)]
    assert put_together(latest=latest).topics == ("tea", "jam")


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(list(EventType)), st.floats(0, 30)), max_size=15))
def test_actions_are_distinct_and_purchases_can_be_searched(entries):
    latest = [recent(n, f"p{item}", kind, days) for n, (item, kind, days) in enumerate(entries, 1)]
    actions = put_together(stored("p1", "p2"), latest).actions
    assert len({actions.key(i) for i in range(len(actions))}) == len(actions)
    assert (np.diff(actions.purchases.item) > 0).all()
    assert (actions.first_at <= actions.last_at).all()


def test_the_order_in_which_events_come_changes_nothing():
    days = (3.0, 3.1, 2.0, 2.2, 1.0, 3.2)
    there = [recent(place, days=day, topic=f"topic {day}") for place, day in enumerate(days, 1)]
    swapped = [recent(place, days=day, topic=f"topic {day}") for place, day in enumerate(reversed(days), 1)]
    for actions in (None, stored("p1", days=5)):
        one, other = put_together(actions, there), put_together(actions, swapped)
        assert told(one) == told(other)
        assert one.topics == other.topics
