"""Which language a browser gets: what the address says, else what the browser prefers, else the shop's own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request


def choose_language(request: Request, languages: Sequence[str]) -> str:
    """Choose one of the shop's languages, of which the first is its own."""
    asked = request.query_params.get("lang")
    if asked in languages:
        return str(asked)
    return preferred_language(request.headers.get("accept-language", ""), languages)


def preferred_language(accepted: str, languages: Sequence[str]) -> str:
    """Choose the language that a header `Accept-Language` ranks highest among those given; the first if none.

    >>> preferred_language("fr, ja-JP;q=0.8, en;q=0.5", ["en", "ja"])
    'ja'
    """
    ranked = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.partition(";")
        language = tag.strip().partition("-")[0].lower()
        if language in languages:
            ranked.append((-_quality(quality), place, language))
    return min(ranked)[2] if ranked else languages[0]


def _quality(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
