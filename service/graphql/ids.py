"""Global ids: opaque to clients, the type and the key to us."""

from __future__ import annotations

import base64
import binascii

import strawberry

LONGEST = 1_024


def global_id(kind: str, key: str) -> strawberry.ID:
    """Name an object over all types.

    >>> global_id("Product", "17")
    'UHJvZHVjdDoxNw'
    """
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def read_global_id(text: str) -> tuple[str, str] | None:
    """Read back type and key; None where it is no id of ours.

    >>> read_global_id("UHJvZHVjdDoxNw"), read_global_id("???")
    (('Product', '17'), None)
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    kind, separator, key = said.partition(":")
    return (kind, key) if separator and kind and key else None
