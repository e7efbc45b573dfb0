"""The page's content: two queries, run side by side, of which each may fail by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.console.cards import Card, Shelf
from service.console.desk import Desk
from service.console.documents import DOCUMENTS, Asked
from service.console.visit import Visit
from service.console.words import Words


@dataclass(frozen=True)
class Home:
    """What one visit sees; `failures` are sentences in its language."""

    asked: Asked
    hero: Card | None
    shelves: tuple[Shelf, ...]
    profiled: bool
    degraded: tuple[Mapping[str, str], ...]
    segments: tuple[Mapping[str, Any], ...]
    failures: tuple[str, ...]


async def load_home(desk: Desk, visit: Visit, token: str | None, words: Words) -> Home:
    """Ask for the home of a visit, and for the household's segments where it is personal."""
    asked = Asked("home", {"profiling": visit.personal})
    questions = [desk.execute(asked.query, asked.variables, token, visit.language, visit.privacy_control)]
    if visit.personal:
        questions.append(desk.execute(DOCUMENTS["segments"], {}, token, visit.language, visit.privacy_control))
    answers = await asyncio.gather(*questions)
    home = _part(answers[0], "home")
    segments = _part(answers[1], "segments") if visit.personal else []
    failures = []
    if home is None:
        failures.append(words("page.failed.home", reason=_reason(answers[0], words)))
    if segments is None:
        failures.append(words("page.failed.segments", reason=_reason(answers[1], words)))
    home = home or {"hero": None, "shelves": [], "profiled": False, "degraded": []}
    return Home(
        asked=asked,
        hero=Card(home["hero"]) if home["hero"] else None,
        shelves=tuple(shelf for node in home["shelves"] if (shelf := Shelf.of(node)).cards),
        profiled=home["profiled"],
        degraded=tuple(home["degraded"]),
        segments=tuple(segments or ()),
        failures=tuple(failures),
    )


def _part(answer: Mapping[str, Any], name: str) -> Any:
    return ((answer.get("data") or {}).get("viewer") or {}).get(name)


def _reason(answer: Mapping[str, Any], words: Words) -> str:
    errors = answer.get("errors") or [{}]
    code = (errors[0].get("extensions") or {}).get("code", "INTERNAL")
    return words(f"fault.{code}") if f"fault.{code}" in words else words("fault.other", code=code)
