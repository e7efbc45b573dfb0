"""Search over titles, in both scripts and in odd ones."""

# ruff: noqa: RUF001 - full-width letters are what is tested

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.title_search import TitleSearch
from tests.recommender.odd_shops import only, the_shop, with_texts

TITLES = ["Green Tea 50g", "Black tea", "Teapot", "Café au lait", "緑茶 急須", "水", "ｱｲｽ アイス", "STRASSE Straße", "🍵 cup"]
SHOP = with_texts(only(the_shop(), range(len(TITLES))), title=TITLES,
                  titles=[{"ja": "紅茶"} if title == "Black tea" else {} for title in TITLES], brand=[None] * len(TITLES))
SEARCH = TitleSearch(SHOP.catalogue, np.arange(len(TITLES), dtype=np.float32))


@pytest.mark.parametrize(("query", "found"), [
    ("tea", ["Teapot", "Black tea", "Green Tea 50g"]), ("TEA gre", ["Green Tea 50g"]), ("te", ["Teapot", "Black tea", "Green Tea 50g"]),
    ("gre tea", []), ("green teapot", []), ("ｔｅａ　ｇｒｅｅｎ", ["Green Tea 50g"]), ("tea tea", ["Teapot", "Black tea", "Green Tea 50g"]),
    ("café", ["Café au lait"]), ("cafe\u0301", ["Café au lait"]), ("紅茶", ["Black tea"]), ("緑茶", ["緑茶 急須"]), ("急須 緑茶", ["緑茶 急須"]),
    ("茶", ["緑茶 急須", "Black tea"]), ("緑", ["緑茶 急須"]), ("水", ["水"]), ("アイス", ["ｱｲｽ アイス"]), ("ｱｲｽ", ["ｱｲｽ アイス"]),
    ("straße", ["STRASSE Straße"]), ("🍵", ["🍵 cup"]), ("", []), ("!?", []), ("\x00", []), ("50", ["Green Tea 50g"]), ("zzz", []),
])
def test_what_is_found(query, found):
    assert [TITLES[row] for row in SEARCH.find(query)] == found


@given(st.text(st.characters(), max_size=300))
def test_any_query_is_answered(query):
    rows = SEARCH.find(query).tolist()
    assert len(set(rows)) == len(rows)


@given(st.sampled_from(TITLES))
def test_a_whole_title_finds_its_item(title):
    assert TITLES.index(title) in SEARCH.find(title)


def test_a_shop_of_nothing_finds_nothing():
    assert TitleSearch(only(SHOP, []).catalogue, np.empty(0, np.float32)).find("tea").size == 0
