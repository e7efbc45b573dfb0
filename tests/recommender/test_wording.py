"""Words: both languages say the same, and no header confuses the choice."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender import shelf_reasons
from service.recommender.wording import LANGUAGES, Days, ItemTitles, Message, Times, language_of, say, texts
from tests.recommender.odd_shops import the_shop

CATALOGUE = the_shop().catalogue


def slots(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts():
    assert set(texts("en")) == set(texts("ja"))


@pytest.mark.parametrize("key", sorted(texts("en")))
def test_a_text_has_the_same_slots_in_every_language(key):
    assert slots(texts("en")[key]) == slots(texts("ja")[key])
    assert all(texts(language)[key].strip() for language in LANGUAGES)


@pytest.mark.parametrize("key", shelf_reasons._CODES)
@pytest.mark.parametrize("personal", [True, False])
def test_every_shelf_has_its_words(key, personal):
    title, reason = shelf_reasons.heading(key, personal=personal, anchor=3 if key == "because" else None)
    assert all(say(one, language, CATALOGUE) for one in (title, reason.message) for language in LANGUAGES)


@pytest.mark.parametrize(("header", "language"), [
    ("ja", "ja"), ("JA_jp", "ja"), ("en-GB,ja;q=0.9", "en"), ("en;q=0.1, ja;q=0.9", "ja"), ("fr, ja;q=0.1", "ja"),
    ("ja;q=0", "en"), ("ja;q=-1", "en"), ("ja;q=abc", "en"), ("*", "en"), ("", "en"), (None, "en"), (",;,=", "en"),
    ("fr;q=nan, en;q=0.1, ja;q=0.9", "ja"), ("en;q=0.1, fr;q=nan, ja;q=0.9", "ja"), ("ja;q=nan", "en"),
    ("en;q=0.2;x=y", "en"), ("x" * 10_000 + ",ja", "en"), ("ja;Q=1", "ja"),
])
def test_the_language_of_a_header(header, language):
    assert language_of(header, ("en", "ja")) == language


@given(st.text(max_size=80), st.lists(st.sampled_from(["en", "ja", "fr", ""]), max_size=3))
def test_any_header_has_a_language_of_the_house(header, offered):
    assert language_of(header, offered) in LANGUAGES


@pytest.mark.parametrize(("value", "en", "ja"), [
    (Times(1), "once", "1回"), (Times(2), "twice", "2回"), (Times(3), "3 times", "3回"), (Days(1), "1 day", "1日"),
    (Days(0), "0 days", "0日"), (date(2026, 2, 28), "February 28", "2月28日"), (1.5, "1.50", "1.50"), (7, "7", "7"),
    ({"en": "Club", "ja": "会"}, "Club", "会"), ({"fr": "Le club"}, "Le club", "Le club"), ({}, "", ""),
    (ItemTitles(()), "", ""), (ItemTitles((0,)), "Tea 0", "紅茶 0"), ("{oops}", "{oops}", "{oops}"),
    (ItemTitles((0, 1, 2)), "Tea 0, Coffee 1 and Juice 2", "紅茶 0」「コーヒー 1」と「ジュース 2"),
])
def test_values_are_said_in_each_language(value, en, ja):
    message = Message("reason.YOUR_ACTION.VIEW", {"items": value})
    assert say(message, "en", CATALOGUE) == f"Because you looked at {en}."
    assert say(message, "ja", CATALOGUE) == f"「{ja}」をご覧になったからです。"


def test_a_language_that_the_house_does_not_speak_is_english():
    assert texts("fr") == texts("en")
