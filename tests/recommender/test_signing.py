"""Signed strings: whoever changes one, or was not given it, is refused; old keys hold until they are taken away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.errors import InvalidCursor
from service.recommender.signing import Cursor, Showing, Signer

OLD, NEW = b"an older key, 16+", b"a newer key, 16 +"
SIGNER = Signer([NEW])
SHOWING = Showing("slate-1", 7, "home 🍵", 'p"1')
GIVEN = SIGNER.token(SHOWING, "c:3")
CURSOR = SIGNER.cursor("slate-1", 7, "c:3")
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(names, st.integers(1, 240), names, names, names)
def test_what_was_signed_is_read_back(slate_id, position, placement, item_id, owner):
    showing = Showing(slate_id, position, placement, item_id)
    assert SIGNER.read_token(SIGNER.token(showing, owner), [owner]) == showing
    assert SIGNER.read_cursor(SIGNER.cursor(slate_id, position, owner), [owner]) == Cursor(slate_id, position)


@given(st.integers(0, len(GIVEN) - 2), st.characters(codec="ascii"))
def test_any_change_is_refused(at, letter):
    changed = GIVEN[:at] + letter + GIVEN[at + 1 :]
    assert SIGNER.read_token(changed, ["c:3"]) == (SHOWING if changed == GIVEN else None)


@given(st.text(max_size=60))
def test_anything_else_is_refused(text):
    assert SIGNER.read_token(text, ["c:3"]) is None
    with pytest.raises(InvalidCursor, match="start again without it"):
        SIGNER.read_cursor(text, ["c:3"])


@pytest.mark.parametrize("text", [GIVEN[:-1], GIVEN[1:], GIVEN + "A" * 4, GIVEN * 9, "é" + GIVEN, CURSOR, ""])
def test_torn_long_and_foreign_strings_are_refused(text):
    assert SIGNER.read_token(text, ["c:3"]) is None


def test_a_token_is_no_cursor():
    with pytest.raises(InvalidCursor):
        SIGNER.read_cursor(GIVEN, ["c:3"])


def test_it_is_for_its_owner_and_what_is_everybodys_is_for_everybody():
    assert SIGNER.read_token(GIVEN, ["c:4"]) is None
    assert SIGNER.read_token(GIVEN, [""]) is None
    assert SIGNER.read_token(GIVEN, ["c:4", "c:3"]) == SHOWING
    assert SIGNER.read_token(SIGNER.token(SHOWING, ""), ["c:4"]) == SHOWING


def test_keys_are_changed_without_a_break():
    both, before = Signer([NEW, OLD]), Signer([OLD])
    assert both.read_token(before.token(SHOWING, "c:3"), ["c:3"]) == SHOWING
    assert both.token(SHOWING, "c:3") == GIVEN
    assert SIGNER.read_token(before.token(SHOWING, "c:3"), ["c:3"]) is None


@pytest.mark.parametrize("keys", [[], [b"short"], [NEW, b""]])
def test_weak_keys_are_refused(keys):
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(keys)
