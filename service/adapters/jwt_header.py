"""The header of a signed token: the only part that is read before the signature holds, so nothing in it is believed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final

from service.recommender.errors import InvalidToken

LONGEST: Final = 8_192
"""Bytes of a token."""
LONGEST_KEY_ID: Final = 256
ACCESS_TOKENS: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""What `typ` may say (RFC 9068); a logout token or another kind of signed statement is no key to this service."""
BROUGHT_KEYS: Final = frozenset({"jku", "x5u", "jwk", "x5c"})
"""Headers by which a token would say which key it is to be checked with."""
UNDERSTOOD_BY_NONE: Final = frozenset({"crit", "b64", "zip", "enc"})
"""Headers that change how a token is read; this service knows no such extension."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its signature."""

    algorithm: str
    key_id: str | None


def read_header(token: str) -> Header:
    """Read the header of a compact JWS (RFC 7515), without believing it.

    Raises
    ------
    InvalidToken
        If it is no signed token, or would be checked in another way than by the issuer's own keys (RFC 8725).
    """
    if len(token) > LONGEST:
        raise InvalidToken("The token is too long; send the access token alone.")
    if not token.isascii() or token.count(".") != 2:  # noqa: PLR2004 - header, claims, signature; JWE has five parts
        raise InvalidToken("This is no signed token (JWS); send the access token as the issuer gave it.")
    said = _said(token.partition(".")[0])
    if BROUGHT_KEYS & said.keys() or UNDERSTOOD_BY_NONE & said.keys():
        raise InvalidToken("The token brings a key or an extension of its own; send one that is plainly signed.")
    if str(said.get("cty", "")).lower() in {"jwt", "application/jwt"}:
        raise InvalidToken("A token within a token is not taken; send the inner access token.")
    if str(said.get("typ", "jwt")).lower() not in ACCESS_TOKENS:
        raise InvalidToken("The token is no access token; sign in again.")
    algorithm, key_id = said.get("alg"), said.get("kid")
    if not isinstance(algorithm, str):
        raise InvalidToken("The token does not say how it is signed.")
    if key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= LONGEST_KEY_ID):
        raise InvalidToken("The token's key id is no name of a key.")
    return Header(algorithm, key_id)


def _said(segment: str) -> dict[str, object]:
    try:
        said = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise InvalidToken("The token's header cannot be read; send the access token as the issuer gave it.")
    return said
