"""Features without some purchases, derived from those with them, equal features computed from the beginning."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommender.actions import CODE, Actions, evenly_faded
from service.recommender.counterfactual import Counterfactual
from service.recommender.events import EventType
from service.recommender.person_view import PersonView
from service.recommender.ranking_features import FEATURE_NAMES, person_item_features
from tests.small_shop import small_snapshot

SNAPSHOT = small_snapshot(7)
NOW = 1_800_000_000
DAY = 86_400


def actions_of(entries):
    kinds, items, counts, firsts, spans, prices = (np.array(column) for column in zip(*entries, strict=True))
    last = (NOW - DAY * firsts).astype(np.int64)
    first, counts = last - DAY * spans.astype(np.int64), counts.astype(np.float32)
    return Actions(
        items.astype(np.int64), np.array([CODE[kind] for kind in kinds], np.int8), counts, first, last,
        np.where(kinds == EventType.PURCHASE, prices, np.nan).astype(np.float32), evenly_faded(counts, first, last),
    )


bought = st.tuples(
    st.just(EventType.PURCHASE), st.integers(0, 120), st.integers(1, 9), st.integers(0, 60), st.integers(0, 200),
    st.sampled_from([np.nan, 0.5, 1.0, 2.5, 7.0, 19.0]),
)
looked = st.tuples(
    st.sampled_from([EventType.VIEW, EventType.LIKE]), st.integers(0, 120), st.integers(1, 3), st.integers(0, 60),
    st.integers(0, 30), st.just(np.nan),
)
people = st.tuples(
    st.lists(bought, min_size=1, max_size=30, unique_by=lambda one: one[1]),
    st.lists(looked, max_size=5, unique_by=lambda one: one[:2]),
).map(lambda parts: actions_of([*parts[0], *parts[1]]))


@settings(max_examples=150)
@given(people, st.data())
def test_they_equal_those_computed_from_the_beginning(actions, data):
    person = PersonView(actions, NOW, SNAPSHOT.catalogue, SNAPSHOT.items, SNAPSHOT.embedding)
    rows = np.array(data.draw(st.lists(st.integers(0, 140), min_size=1, max_size=6)), np.int64)
    rows = np.concatenate([rows, actions.item[:3]])
    gone = [
        {actions.key(index) for index in data.draw(st.sets(st.integers(0, len(actions) - 1), max_size=3))} for _ in rows
    ]
    derived = Counterfactual(person).features(rows, person_item_features(person, rows), gone)
    for index, keys in enumerate(gone):
        afresh = PersonView(actions.without(keys), NOW, SNAPSHOT.catalogue, SNAPSHOT.items, SNAPSHOT.embedding)
        expected = person_item_features(afresh, rows[index : index + 1])[0]
        for name, have, want in zip(FEATURE_NAMES, derived[index], expected, strict=True):
            np.testing.assert_allclose(have, want, rtol=1e-3, atol=1e-3, err_msg=name)
