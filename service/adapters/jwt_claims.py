"""What a token whose signature holds says, and whom that makes of its bearer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from service.recommender.errors import InvalidToken
from service.recommender.events import MOST_ID_BYTES
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person

Claims = Mapping[str, object]
LEEWAY: Final = timedelta(seconds=30)
_CLIENT: Final = ("client_id", "azp", "cid")
"""How issuers name the client that a token was given to."""


def check_origin(claims: Claims, issuer: str, audience: str) -> None:
    """Hold a token against the one issuer it may come from and the audience it must be meant for.

    Raises
    ------
    InvalidToken
    """
    if claims.get("iss") != issuer:
        raise InvalidToken("The token is of another issuer; sign in where this service's tokens come from.")
    meant = claims.get("aud")
    listed = meant if isinstance(meant, list) else [meant]
    if not all(isinstance(one, str) for one in listed) or audience not in listed:
        raise InvalidToken("The token is meant for another service; ask the issuer for one with this audience.")


def check_times(claims: Claims, now: datetime, leeway: timedelta = LEEWAY) -> datetime:
    """Hold `exp`, `iat` and `nbf` against the present; `nbf` may be left out.

    Returns
    -------
    When the token expires.

    Raises
    ------
    InvalidToken
    """
    expires_at = _moment(claims, "exp", now)
    if now >= expires_at + leeway:
        raise InvalidToken("The token has expired; sign in again.")
    starts = [_moment(claims, name, now) for name in ("iat", "nbf") if name == "iat" or name in claims]
    if any(start > now + leeway for start in starts):
        raise InvalidToken("The token is not valid yet; check the clocks.")
    return expires_at


def _moment(claims: Claims, name: str, now: datetime) -> datetime:
    claim = claims.get(name)
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise InvalidToken(f"The token's {name} is missing or no number.")
    try:
        return datetime.fromtimestamp(claim, now.tzinfo)
    except (ValueError, OverflowError, OSError):
        raise InvalidToken(f"The token's {name} is out of range.") from None


def identity_of(claims: Claims) -> Identity:
    """Say who the bearer is: a service where the token was given to a client for itself, else a customer.

    A client's own token (RFC 9068) has the client as its `sub`. Scopes in anybody else's token are what a person let an
    app do for them, and make no service of it.

    Raises
    ------
    InvalidToken
        If the token names nobody.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject.encode("utf-8", "replace")) <= MOST_ID_BYTES:
        raise InvalidToken(f"The token's sub names the bearer with 1 to {MOST_ID_BYTES} bytes.")
    if not any(claims.get(name) == subject for name in _CLIENT):
        if not _writable(subject):
            raise InvalidToken("The token's sub is no customer id: it has a character that no store takes.")
        return Identity(Person.customer(subject))
    known = {scope.value: scope for scope in Scope}
    return Identity(service=subject, scopes=frozenset(known[one] for one in _scopes(claims) if one in known))


def _scopes(claims: Claims) -> list[str]:
    """Scopes as one text (RFC 8693) or as a list; some issuers call them `scp`."""
    given = claims.get("scope", claims.get("scp"))
    if isinstance(given, str):
        return given.split()
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _writable(text: str) -> bool:
    return "\0" not in text and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)  # noqa: PLR2004
