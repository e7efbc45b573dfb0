"""Bytes as text that clients carry about without reading it: base64 for URLs, without padding."""

from __future__ import annotations

import base64
import binascii

LONGEST = 1_024


def opaque(content: bytes) -> str:
    """Write bytes as text.

    >>> opaque(b"Product:17")
    'UHJvZHVjdDoxNw'
    """
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def content_of(text: str) -> bytes | None:
    """Read back what `opaque` wrote; None where it is no such text, or one longer than any of ours.

    >>> content_of("UHJvZHVjdDoxNw"), content_of("???")
    (b'Product:17', None)
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
