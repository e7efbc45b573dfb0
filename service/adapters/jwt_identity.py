"""Identity out of signed tokens (JWT, RFC 7519): the issuer for development, on one machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import jwt

from service.adapters.jwt_claims import check_origin, check_times, identity_of
from service.adapters.jwt_header import read_header
from service.adapters.jwt_signature import signed
from service.recommender.errors import InvalidToken
from service.recommender.events import MOST_ID_BYTES
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.ports import Clock

ISSUER = "konomi-development"
AUDIENCE = "konomi"
ALGORITHM = "HS256"
LIFETIME = timedelta(hours=12)


class DevelopmentIssuer:
    """Issues tokens and verifies them with one secret; for demos and tests, never for production.

    A service's token names it as `sub` and, like any client-credentials token (RFC 9068), as `client_id` too; a
    customer's token has the customer id as `sub` alone.

    Parameters
    ----------
    secret : at least 32 bytes, as HS256 asks for
    clock : tells the time that tokens are held against
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        if len(secret) < 32:  # noqa: PLR2004 - said in the message
            raise ValueError("The development issuer needs a secret of 32 bytes or more.")
        self._secret, self._clock = secret, clock

    def customer_token(self, customer_id: str, lifetime: timedelta = LIFETIME) -> str:
        """Sign a token with which somebody is this customer."""
        return self._sign({"sub": customer_id}, lifetime)

    def service_token(self, name: str, scopes: Iterable[Scope], lifetime: timedelta = LIFETIME) -> str:
        """Sign a token for a service that may do what the scopes say."""
        return self._sign({"sub": name, "client_id": name, "scope": " ".join(sorted(scopes))}, lifetime)

    def token(self, bearer: Person | str, scopes: Iterable[Scope] = (), lifetime: timedelta = LIFETIME) -> str:
        """Sign a token for a customer, or for a service by its name.

        Raises
        ------
        ValueError
            If the person is a visitor: visitors have no tokens.
        """
        if isinstance(bearer, str):
            return self.service_token(bearer, scopes, lifetime)
        if not bearer.is_customer:
            raise ValueError("Visitors have no tokens; they name themselves by X-Konomi-Visitor.")
        return self.customer_token(bearer.id, lifetime)

    def _sign(self, claims: dict[str, str], lifetime: timedelta) -> str:
        if not 0 < len(claims["sub"].encode()) <= MOST_ID_BYTES:
            raise ValueError(f"A token names its bearer with 1 to {MOST_ID_BYTES} bytes.")
        now = self._clock.now()
        times = {"iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp())}
        return jwt.encode({"iss": ISSUER, "aud": AUDIENCE, **claims, **times}, self._secret, ALGORITHM)

    async def verify(self, token: str) -> Identity:
        """Check form, signature, issuer, audience and times; see `IdentityVerifier.verify`."""
        read_header(token)
        claims = signed(token, self._secret, ALGORITHM)
        if claims is None:
            raise InvalidToken("The token does not hold: it is torn, forged, or of another state folder.")
        check_origin(claims, ISSUER, AUDIENCE)
        expires_at = check_times(claims, self._clock.now())
        return replace(identity_of(claims), expires_at=expires_at)
