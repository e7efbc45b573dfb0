"""Listings: pages of a frozen order, without what may no longer be shown, filled up from further down."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.recommender.feedback import NO_RESTRICTIONS, Restrictions
from service.recommender.listing import Listing
from service.recommender.paging import Places
from service.recommender.profile import NOBODY
from service.recommender.question import MOST_ITEMS
from service.recommender.signing import Cursor, Showing, Signer
from service.recommender.slate import Slate
from tests.fakes import START
from tests.recommender.odd_shops import NOW, asked, live, the_shop

SHOP = the_shop()
SIGNER = Signer([b"a key for tests alone"])
GOOD = [row for row in range(199) if SHOP.catalogue.in_stock[row] and SHOP.catalogue.available_from[row] <= NOW]
SOLD_OUT = [row for row in range(400) if not SHOP.catalogue.in_stock[row]][:3]


def listing(rows, extra=(), explored=None):
    ids = [SHOP.catalogue.item_ids[row] for row in rows] + list(extra)
    asked_for = asked().as_json()
    slate = Slate("s", "c:3", "home", tuple(ids), START + timedelta(minutes=30), explored or {}, asked_for)
    return Listing(slate, SHOP, NOBODY, live().zone, SIGNER, lambda: None, lambda _: [])


def test_what_may_not_be_shown_is_left_out_and_made_up_for():
    page = listing([*GOOD[:2], *SOLD_OUT, *GOOD[2:6]], ["gone"]).page(Places(4, 0), NO_RESTRICTIONS, NOW)
    assert [entry.row for entry in page.entries] == GOOD[:4]
    assert [entry.position for entry in page.entries] == [1, 2, 6, 7]
    assert page.has_next
    assert not page.has_previous


def test_what_was_hidden_since_is_left_out():
    hidden = Restrictions(hidden=frozenset({SHOP.catalogue.item_ids[GOOD[0]], "gone"}))
    assert [entry.row for entry in listing(GOOD[:4]).page(Places(2, 0), hidden, NOW).entries] == GOOD[1:3]


def test_what_became_sensitive_meanwhile_is_left_out():
    assert SHOP.catalogue.sensitive[199]
    page = listing([*GOOD[:2], 199, *GOOD[2:4]]).page(Places(4, 0), NO_RESTRICTIONS, NOW)
    assert [entry.row for entry in page.entries] == GOOD[:4]


def test_a_place_carries_its_signed_cursor_and_token():
    (entry,) = listing(GOOD[:4], explored={2: 0.1}).page(Places(1, 1), NO_RESTRICTIONS, NOW).entries
    assert SIGNER.read_cursor(entry.cursor, ["c:3"]) == Cursor("s", 2)
    assert SIGNER.read_token(entry.token, ["c:3"]) == Showing("s", 2, "home", entry.item_id)
    assert entry.exploration


@given(st.integers(0, MOST_ITEMS), st.integers(0, 40), st.integers(0, 50))
def test_pages_hold_what_there_is(first, size, after):
    page = listing(GOOD[:size]).page(Places(first, after), NO_RESTRICTIONS, NOW)
    assert [entry.row for entry in page.entries] == GOOD[:size][after : after + first]
    assert page.has_next == (size > after + first)


@given(st.integers(0, MOST_ITEMS), st.integers(0, 40), st.integers(1, 50))
def test_pages_backwards_hold_what_there_is(last, size, before):
    page = listing(GOOD[:size]).page(Places(last, before=before, backwards=True), NO_RESTRICTIONS, NOW)
    there = GOOD[:size][: before - 1]
    assert [entry.row for entry in page.entries] == (there[-last:] if last else [])
    assert page.has_previous == (len(there) > last)
    assert page.has_next == (size > len(there) or (last == 0 and bool(there)))


def test_nothing_lies_before_a_page_whose_predecessors_may_no_longer_be_shown():
    hidden = Restrictions(hidden=frozenset(SHOP.catalogue.item_ids[row] for row in GOOD[:2]))
    assert not listing(GOOD[:4]).page(Places(2, 2), hidden, NOW).has_previous
    assert listing(GOOD[:4]).page(Places(2, 2), NO_RESTRICTIONS, NOW).has_previous
