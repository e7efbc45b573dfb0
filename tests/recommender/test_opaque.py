from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.opaque import LONGEST, content_of, opaque


@given(st.binary(max_size=200))
def test_what_was_written_is_read_back_and_fits_into_a_url(content):
    text = opaque(content)
    assert content_of(text) == content
    assert not set(text) & set("+/=&?#%")


@pytest.mark.parametrize("text", ["a", "a b", "é", "A" * (LONGEST + 1)])
def test_anything_else_is_none(text):
    assert content_of(text) is None
