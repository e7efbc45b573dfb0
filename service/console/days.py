"""Days as people write them."""

from __future__ import annotations

from calendar import month_name
from datetime import date


def written_day(day: str, language: str) -> str:
    """Write an ISO day in a language.

    >>> written_day("2026-11-05", "en"), written_day("2026-11-05", "ja")
    ('5 November 2026', '2026年11月5日')
    """
    parsed = date.fromisoformat(day)
    if language == "ja":
        return f"{parsed.year}年{parsed.month}月{parsed.day}日"
    return f"{parsed.day} {month_name[parsed.month]} {parsed.year}"
