"""Signed strings that clients carry: cursors and recommendation tokens. Whoever changes one is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from service.recommender.errors import InvalidCursor
from service.recommender.opaque import content_of, opaque

_MAC_BYTES = 16
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a slate; positions count from 1."""

    slate_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Showing:
    """One showing of one item: what a recommendation token says."""

    slate_id: str
    position: int
    placement: str
    item_id: str


class Signer:
    """Signs with the newest key and accepts all of them, so that keys can be changed without a break.

    Parameters
    ----------
    keys : at least one, newest first, each of 16 bytes or more
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < 16 for key in keys):  # noqa: PLR2004 - said in the message
            raise ValueError("Signing needs at least one key of 16 bytes or more.")
        self._keys = tuple(hashlib.sha256(key).digest() for key in keys)

    def cursor(self, slate_id: str, position: int, owner: str) -> str:
        """Sign a place in a slate for its owner (a person's key; empty for everybody)."""
        return self._sign("cursor", owner, [slate_id, position])

    def read_cursor(self, text: str, owners: Sequence[str]) -> Cursor:
        """Read a cursor given to one of the owners.

        Raises
        ------
        InvalidCursor
            If it is torn or forged, or was given to somebody else.
        """
        match self._read("cursor", text, owners):
            case [str(slate_id), int(position)]:
                return Cursor(slate_id, position)
            case _:
                raise InvalidCursor("This cursor was not given to you for this list; start again without it.")

    def token(self, showing: Showing, owner: str) -> str:
        """Sign one showing."""
        said = [showing.slate_id, showing.position, showing.placement, showing.item_id]
        return self._sign("token", owner, said)

    def read_token(self, text: str, owners: Sequence[str]) -> Showing | None:
        """Read a token given to one of the owners; None where it does not hold."""
        return _showing(self._read("token", text, owners))

    @staticmethod
    def showing_of(text: str) -> Showing | None:
        """Read a token that was checked before, as those in the log were, also once its key is no longer accepted."""
        raw = content_of(text)
        return None if raw is None else _showing(json.loads(raw[_MAC_BYTES:]))

    def _sign(self, use: str, owner: str, said: list[object]) -> str:
        body = _compact(said).encode()
        return opaque(self._mac(self._keys[0], use, owner, body) + body)

    def _read(self, use: str, text: str, owners: Sequence[str]) -> object:
        raw = content_of(text)
        if raw is None:
            return None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        right = [
            hmac.compare_digest(mac, self._mac(key, use, owner, body)) for key in self._keys for owner in {*owners, ""}
        ]
        return json.loads(body) if any(right) else None

    @staticmethod
    def _mac(key: bytes, use: str, owner: str, body: bytes) -> bytes:
        said = b"\0".join([use.encode(), owner.encode(), body])
        return hashlib.blake2b(said, key=key, digest_size=_MAC_BYTES).digest()


def _showing(said: object) -> Showing | None:
    match said:
        case [str(slate_id), int(position), str(placement), str(item_id)]:
            return Showing(slate_id, position, placement, item_id)
        case _:
            return None
