"""The demo's dictionaries: readable names, in English and Japanese, for the source's upper-case shorthand."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

WORDS = Path(__file__).parent / "words"
SMALL_WORDS = frozenset({"and", "or", "of", "with", "in", "for", "the", "to", "on", "a"})


@cache
def words(name: str) -> Any:
    """Read one dictionary of the ``words`` folder, once."""
    return json.loads((WORDS / f"{name}.json").read_text(encoding="utf-8"))


class Named(NamedTuple):
    """A name in English and, where the dictionary has one, in Japanese."""

    en: str
    ja: str | None


def bilingual(column: str, english: str, japanese: str) -> dict[str, str]:
    """Fill a column of text and those of its languages; the shop's own is English.

    >>> bilingual("title", "Tea", "お茶")
    {'title': 'Tea', 'title_en': 'Tea', 'title_ja': 'お茶'}
    """
    return {column: english, f"{column}_en": english, f"{column}_ja": japanese}


def department(raw: str) -> Named:
    """Name a department."""
    return Named(*words("departments")[raw])


def category(raw: str) -> Named:
    """Name a product category."""
    return Named(*words("categories")[raw])


@cache
def product_type(raw_category: str, raw_type: str) -> Named:
    """Name a product type; a name for the type within its category goes before one for the type everywhere."""
    known = _known_type(raw_category, raw_type)
    return Named(*known) if known else Named(spelled_out(raw_type) or category(raw_category).en, None)


@cache
def product_kind(raw_category: str, raw_type: str) -> Named:
    """Say what a product is, for its title: its type, and its category where the type alone would not tell."""
    named, group = product_type(raw_category, raw_type), category(raw_category)
    if _known_type(raw_category, raw_type):
        return named
    shared = {_stem(word) for word in named.en.split()} & {_stem(word) for word in group.en.split()}
    return Named(named.en if shared else f"{named.en} ({group.en})", group.ja)


def spelled_out(raw: str) -> str:
    """Expand the source's shorthand and set it in title case.

    >>> spelled_out("FRZN BRD STICK/PORTON")
    'Frozen Breaded Stick & Porton'
    >>> spelled_out("PENS/PAPER/GLUE (EXCP")
    'Pens, Paper & Glue'
    """
    text = re.sub(r"\([^)]*\)?", " ", raw).replace("&", " and ").replace("/", " and ")
    tokens = [token for token in (part.strip(".'") for part in re.split(r"[^A-Z0-9.'%]+", text.upper())) if token]
    expanded = " ".join(words("abbreviations").get(token, token.lower()) for token in tokens).split()
    while expanded and expanded[-1].lower() in SMALL_WORDS:
        expanded.pop()
    while expanded and expanded[0].lower() in SMALL_WORDS:
        expanded.pop(0)
    cased = " ".join(word if word in SMALL_WORDS else word[:1].upper() + word[1:] for word in expanded)
    *front, last = re.sub(r"(?: and)+ ", " and ", cased).split(" and ")
    return f"{', '.join(front)} & {last}" if front else last


def _known_type(raw_category: str, raw_type: str) -> list[str] | None:
    types: dict[str, list[str]] = words("types")
    return types.get(f"{raw_category}|{raw_type}") or types.get(raw_type)


def _stem(word: str) -> str:
    return word.lower().removesuffix("s").removesuffix("'")
