"""What a table of a shop is: its columns, its rules, and how its canonical columns follow from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from service.tables.columns import Column
from service.tables.rules import Rule

_IN_LANGUAGE: Final = re.compile(r"(?P<text>[a-z]+)_(?P<language>[a-z]{2,3})")


@dataclass(frozen=True)
class Table:
    """A table of a shop."""

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    identifier: str
    """SQL for what a refused row is called by."""
    lookups: Mapping[str, str] = field(default_factory=dict)
    """Conditions on other tables by a name that rules may use; each is evaluated once a row."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """SQL by canonical column, for those that are not simply the parsed column of that name."""
    in_languages: Mapping[str, str] = field(default_factory=dict)
    """Canonical map column by the name whose `_ja`, `_en`, … columns it collects."""

    @property
    def known(self) -> frozenset[str]:
        """Names of the columns that have a meaning of their own."""
        return frozenset(column.name for column in self.columns)

    def language_of(self, extra: str) -> tuple[str, str] | None:
        """Split a column such as `title_ja` into the map that collects it and its language; None for other columns."""
        match = _IN_LANGUAGE.fullmatch(extra.strip().casefold())
        if match is None or match["text"] not in self.in_languages:
            return None
        return self.in_languages[match["text"]], match["language"]
