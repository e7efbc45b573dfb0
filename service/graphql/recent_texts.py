"""Documents kept in this process: the latest used, within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict

MOST_BYTES = 16 << 20
_OVERHEAD_BYTES = 256
"""Of an entry beside its text."""


class RecentTexts:
    """Texts by a key; what was not asked for the longest goes first.

    >>> texts = RecentTexts(most_bytes=600)
    >>> texts.keep("a", "{ a }"), texts.keep("b", "{ b }"), texts.find("a"), texts.keep("c", "{ c }")
    (None, None, '{ a }', None)
    >>> texts.find("a"), texts.find("b"), texts.find("c")
    ('{ a }', None, '{ c }')
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._most, self._bytes = most_bytes, 0

    def find(self, key: str) -> str | None:
        """Find a text."""
        if key in self._texts:
            self._texts.move_to_end(key)
        return self._texts.get(key)

    def keep(self, key: str, text: str) -> None:
        """Keep a text that there is room for, and as many of the others."""
        if key in self._texts or _size(text) > self._most:
            return
        self._texts[key] = text
        self._bytes += _size(text)
        while self._bytes > self._most:
            _, oldest = self._texts.popitem(last=False)
            self._bytes -= _size(oldest)

    def drop(self, key: str) -> None:
        """Forget a text."""
        text = self._texts.pop(key, None)
        if text is not None:
            self._bytes -= _size(text)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + _OVERHEAD_BYTES
