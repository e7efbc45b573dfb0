"""Texts for people, in every language of the house, from message catalogues beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

from service.recommender.catalogue import Catalogue

LANGUAGES: tuple[str, ...] = ("en", "ja")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")


@dataclass(frozen=True, slots=True)
class ItemTitles:
    """Titles of one or more items, filled in when the language is known."""

    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Words or messages one after the other."""

    parts: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A number of repetitions."""

    count: int


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days."""

    count: int


@dataclass(frozen=True, slots=True)
class Message:
    """A text yet without language: a key of the catalogues and what fills it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@cache
def texts(language: str) -> Mapping[str, str]:
    """All texts of a language by dotted key; English where the language is not one of the house."""
    known = language if language in LANGUAGES else "en"
    tables = tomllib.loads((files(__package__) / f"{known}.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, entries in tables.items() for key, text in entries.items()}


def language_of(wanted: str | None, offered: Sequence[str]) -> str:
    """Choose a language of the shop for an Accept-Language header or a locale; the shop's first where none fits.

    >>> language_of("ja-JP, en;q=0.8", ("en", "ja")), language_of("fr", ("en", "ja")), language_of(None, ("ja", "en"))
    ('ja', 'en', 'ja')
    """
    spoken = [one for one in offered if one in LANGUAGES] or ["en"]
    ranked = []
    for order, part in enumerate((wanted or "")[:200].split(",")):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().lower().removeprefix("q=")) if quality else 1.0
        except ValueError:
            weight = 0.0
        if not weight > 0:  # so that NaN, which has no order, is left out too
            continue
        ranked.append((-weight, order, tag.strip().lower().replace("_", "-").split("-")[0]))
    return next((tag for _, _, tag in sorted(ranked) if tag in spoken), spoken[0])


def say(message: Message, language: str, catalogue: Catalogue | None = None) -> str:
    """Put a message into a language.

    >>> say(Message("reason.ON_SALE", {"percent": 20}), "en"), say(Message("reason.ON_SALE", {"percent": 20}), "ja")
    ('20 % off now.', 'ただいま20%引きです。')
    """
    words = texts(language)
    filled = {name: _word(value, language, catalogue) for name, value in message.values.items()}
    return words[message.key].format_map(filled)


def _word(value: object, language: str, catalogue: Catalogue | None) -> str:  # noqa: C901, PLR0911 - one case each
    words = texts(language)
    match value:
        case ItemTitles(rows):
            return _joined([catalogue.title(row, language) for row in rows] if catalogue else [], words)
        case Listed(parts):
            return _joined([_word(part, language, catalogue) for part in parts], words)
        case Times(1):
            return words["words.once"]
        case Times(2):
            return words["words.twice"]
        case Times(count):
            return words["words.times"].format(count=count)
        case Days(count):
            return words["words.day_one" if count == 1 else "words.day_many"].format(count=count)
        case date():
            return f"{value.month}月{value.day}日" if language == "ja" else f"{_MONTHS[value.month - 1]} {value.day}"
        case Message():
            return say(value, language, catalogue)
        case Mapping():
            return str(value.get(language) or next(iter(value.values()), ""))
        case float():
            return f"{value:.2f}"
        case _:
            return str(value)


def _joined(parts: Sequence[str], words: Mapping[str, str]) -> str:
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return words["words.comma"].join(parts[:-1]) + words["words.and"] + parts[-1]
