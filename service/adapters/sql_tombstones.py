"""Tombstones: who was erased, by a keyed hash alone, so that nothing brings them back.

Every transaction that writes something about people asks here before it commits, while it holds the turn that the
erasure takes too: what it wrote before the tombstone is erased with the rest, and after it nothing is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, select

from service.adapters.sql_tables import tombstones

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
_OPTION: Final = "pseudonym_key"
_BARRED = select(tombstones.c.pseudonym, tombstones.c.welcomed_at).where(
    tombstones.c.pseudonym.in_(bindparam("pseudonyms", expanding=True))
)
_ANY = select(tombstones.c.pseudonym).limit(1)


def protect(engine: Engine, key: bytes) -> Engine:
    """Give an engine the key of its pseudonyms, before any store is made of it; all replicas have the same."""
    engine.update_execution_options(**{_OPTION: key})
    return engine


def pseudonym(connection: Connection, text: str) -> str:
    """Name a person, or another secret, so that only whoever has the key can tell whom it means."""
    key: bytes = connection.get_execution_options().get(_OPTION, b"")
    return hashlib.blake2b(text.encode(), key=key[:64], digest_size=16, person=b"konomi.privacy").hexdigest()


def barred(connection: Connection, person_keys: Collection[str]) -> Mapping[str, datetime]:
    """Find who of some people was erased, each with the moment up to which nothing of theirs may be kept.

    Whoever has not come back since is barred for ever.
    """
    if not person_keys or connection.execute(_ANY).first() is None:
        return {}
    named = {pseudonym(connection, key): key for key in person_keys}
    rows = connection.execute(_BARRED, {"pseudonyms": list(named)}).all()
    return {named[row.pseudonym]: row.welcomed_at or FOREVER for row in rows}


def gone(connection: Connection, person_keys: Collection[str]) -> frozenset[str]:
    """Find who of some people was erased and has not come back."""
    return frozenset(key for key, until in barred(connection, person_keys).items() if until == FOREVER)
