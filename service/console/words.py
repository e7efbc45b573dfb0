"""The pages' own texts, by language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "words"
LANGUAGES = tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))
FALLBACK = "en"


class Words:
    """The texts of one language.

    >>> Words("en", {"hello": "Hello {name}", "cats": "{count} cats", "cats.one": "1 cat"})("cats", count=1)
    '1 cat'
    """

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Answer the text of a key, filled in; with `count=1`, that of `key.one` where there is one.

        Raises
        ------
        KeyError
            If the catalogue has no such key, or the text asks for a value that was not given.
        """
        if values.get("count") == 1:
            key = f"{key}.one" if f"{key}.one" in self._texts else key
        return self._texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def section(self, *names: str) -> dict[str, str]:
        """Answer every text, not filled in, whose key begins with one of the section names."""
        return {key: text for key, text in self._texts.items() if key.partition(".")[0] in names}


@cache
def words_in(language: str) -> Words:
    """Read the catalogue of a language; English where there is none."""
    known = language if language in LANGUAGES else FALLBACK
    tree = tomllib.loads((FOLDER / f"{known}.toml").read_text(encoding="utf-8"))
    return Words(known, dict(_flat(tree)))


def _flat(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, texts in tree.items():
        for key, text in texts.items():
            yield f"{section}.{key}", text
