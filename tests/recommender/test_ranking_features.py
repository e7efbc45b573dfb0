"""A person without some actions is seen as if they had never done them, however the view comes about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.actions import CODE, Actions, evenly_faded
from service.recommender.events import EventType
from service.recommender.person_view import PersonView
from service.recommender.ranking_features import FEATURE_NAMES, person_item_features
from tests.small_shop import small_snapshot

SNAPSHOT = small_snapshot(7)
NOW = 1_800_000_000
DAY = 86_400
KINDS = (EventType.PURCHASE, EventType.VIEW, EventType.LIKE, EventType.ADD_TO_CART, EventType.DISLIKE)


def actions_of(entries):
    kinds, items, counts, firsts, spans = (np.array(column) for column in zip(*entries, strict=True))
    last = (NOW - DAY * firsts).astype(np.int64)
    first, counts = last - DAY * spans.astype(np.int64), counts.astype(np.float32)
    return Actions(
        items.astype(np.int64), np.array([CODE[kind] for kind in kinds], np.int8), counts, first, last,
        np.where(kinds == EventType.PURCHASE, 2.0 + items % 7, np.nan).astype(np.float32),
        evenly_faded(counts, first, last),
    )


entry = st.tuples(st.sampled_from(KINDS), st.integers(0, 150), st.integers(1, 9), st.integers(0, 120), st.integers(0, 200))
people = st.lists(entry, min_size=1, max_size=40, unique_by=lambda one: (one[0], one[1])).map(actions_of)


def view(actions):
    return PersonView(actions, NOW, SNAPSHOT.catalogue, SNAPSHOT.items, SNAPSHOT.embedding)


@given(people, st.data())
def test_a_view_without_some_actions_equals_one_that_never_had_them(actions, data):
    indices = data.draw(st.lists(st.integers(0, len(actions) - 1), max_size=3, unique=True))
    gone = {actions.key(index) for index in indices}
    rows = np.arange(160)
    derived = person_item_features(view(actions).without(gone), rows)
    afresh = person_item_features(view(actions.without(gone)), rows)
    np.testing.assert_allclose(derived, afresh, rtol=1e-4, atol=1e-4)


def test_the_features_of_nobody_have_no_person_in_them():
    features = person_item_features(view(actions_of([(EventType.PURCHASE, 3, 2, 5, 30)])), np.arange(10))
    nobody = person_item_features(view(actions_of([(EventType.PURCHASE, 3, 2, 5, 30)]).keep(np.array([False]))), np.arange(10))
    own = [FEATURE_NAMES.index(name) for name in ("own_count", "own_decay", "category_count", "retrieval_score")]
    assert features[3, own].all()
    assert not nobody[:, own].any()


@pytest.mark.parametrize(("name", "expected"), [
    ("own_count", np.log1p(4)), ("own_days_since", 5), ("own_gap", 10), ("own_gap_ratio", 0.5), ("own_share", 1.0),
    ("own_on_last_trip", 1), ("person_days_since", 5), ("own_decay", np.exp(-5 / 90)), ("price_over_last_paid", None),
])
def test_a_purchase_every_ten_days_five_days_ago(name, expected):
    features = person_item_features(view(actions_of([(EventType.PURCHASE, 3, 4, 5, 30)])), np.array([3]))
    value = features[0, FEATURE_NAMES.index(name)]
    if expected is None:
        expected = SNAPSHOT.items.price_median[3] / 5.0
    assert value == pytest.approx(expected, rel=1e-5)
