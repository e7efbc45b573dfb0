"""Arrivals: a cut of them holds what came in between two moments, newest first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.arrivals import Arrivals
from service.recommender.catalogue import FOREVER, ItemKind
from tests.recommender.odd_shops import the_shop

moments = st.integers(-5, 12)


@given(st.lists(moments | st.just(FOREVER), max_size=20), st.none() | moments, moments)
def test_a_cut_is_what_a_look_at_every_item_finds(seen, after, until):
    seen = np.array(seen, np.int64)
    found = Arrivals.of(np.arange(seen.size), seen).between(after, until)
    came = [row for row in range(seen.size) if seen[row] <= until and (after is None or seen[row] > after)]
    assert found.tolist() == sorted(came, key=lambda row: (-seen[row], row))


def test_each_kind_has_its_own():
    shop = the_shop()
    for kind in ItemKind:
        rows = shop.arrivals[kind].rows
        assert rows.size
        assert {shop.catalogue.kind_of(row) for row in rows} == {kind}
        assert (np.diff(shop.first_seen[rows]) <= 0).all()
