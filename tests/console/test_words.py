"""Both catalogues say the same things, and everything that the pages say is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import service.console
from service.console.words import LANGUAGES, words_in
from service.recommender.reasons import EvidenceKind

CONSOLE = Path(service.console.__file__).parent
PAGES = [*CONSOLE.glob("templates/*.html"), *CONSOLE.glob("static/*.js"), *CONSOLE.glob("*.py")]


def texts(language: str) -> dict[str, str]:
    return words_in(language)._texts


def test_there_are_two_languages():
    assert LANGUAGES == ("en", "ja")


def test_both_languages_have_the_same_texts_with_the_same_values():
    names = {language: {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts(language).items()} for language in LANGUAGES}
    assert names["en"] == names["ja"]


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_every_text_that_a_page_asks_for_is_there(file):
    asked = re.findall(r"""(?:\bwords|\btext|\bother)\(["'`]([a-z_]+\.[\w.]*\w)["'`]""", file.read_text(encoding="utf-8"))
    assert [key for key in asked if key not in texts("en")] == []


def test_every_text_is_asked_for_somewhere():
    everything = "\n".join(file.read_text(encoding="utf-8") for file in PAGES)
    built = ("fault.", "error.", "why.kind.", "act.done.", "item.form.", "moves.badge.", "graphql.made.", "moves.moved", "moves.new", "moves.gone")
    unused = [key for key in texts("en") if not key.startswith(built) and not key.endswith(".one") and f'"{key}"' not in everything and f"'{key}'" not in everything]
    assert unused == []


@pytest.mark.parametrize("kind", EvidenceKind)
def test_every_kind_of_evidence_has_a_name(kind):
    assert f"why.kind.{kind.name}" in words_in("en")
