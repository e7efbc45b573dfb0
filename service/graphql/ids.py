"""Global ids: opaque to clients, the type and the key to us."""

from __future__ import annotations

import strawberry

from service.recommender.opaque import content_of, opaque


def global_id(kind: str, key: str) -> strawberry.ID:
    """Name an object over all types.

    >>> global_id("Product", "17")
    'UHJvZHVjdDoxNw'
    """
    return strawberry.ID(opaque(f"{kind}:{key}".encode()))


def read_global_id(text: str) -> tuple[str, str] | None:
    """Read back type and key; None where it is no id of ours.

    >>> read_global_id("UHJvZHVjdDoxNw"), read_global_id("???")
    (('Product', '17'), None)
    """
    content = content_of(text)
    try:
        said = "" if content is None else content.decode()
    except UnicodeDecodeError:
        return None
    kind, separator, key = said.partition(":")
    return (kind, key) if separator and kind and key else None
