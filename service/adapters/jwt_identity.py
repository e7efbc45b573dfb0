"""Identity out of signed tokens (JWT, RFC 7519): the issuer for development, on one machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import jwt

from service.recommender.errors import Unauthenticated
from service.recommender.events import MOST_ID_BYTES
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.ports import Clock

ISSUER = "konomi-development"
AUDIENCE = "konomi"
ALGORITHMS = ("HS256",)
REQUIRED = ("iss", "aud", "sub", "iat", "exp")
LEEWAY = timedelta(seconds=30)
LONGEST = 8_192
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
        return jwt.encode({"iss": ISSUER, "aud": AUDIENCE, **claims, **times}, self._secret, ALGORITHMS[0])

    def verify(self, token: str) -> Identity:
        """Check signature, issuer, audience and times.

        Raises
        ------
        Unauthenticated
            If the token does not hold; the text never repeats it.
        """
        if len(token) > LONGEST:
            raise Unauthenticated("The token is too long.")
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=list(ALGORITHMS), issuer=ISSUER, audience=AUDIENCE,
                # times are held against the injected clock below
                options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError:
            raise Unauthenticated("The token does not hold: torn, forged, or meant for another service.") from None
        self._check_times(claims)
        return _identity(claims)

    def _check_times(self, claims: dict[str, object]) -> None:
        now = self._clock.now()
        if now >= _moment(claims["exp"], now) + LEEWAY:
            raise Unauthenticated("The token has expired; sign in again.")
        if any(_moment(claims[name], now) > now + LEEWAY for name in ("iat", "nbf") if name in claims):
            raise Unauthenticated("The token is not valid yet; check the clocks.")


def _moment(claim: object, now: datetime) -> datetime:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise Unauthenticated("The token's times are not numbers.")
    try:
        return datetime.fromtimestamp(claim, now.tzinfo)
    except (ValueError, OverflowError, OSError):
        raise Unauthenticated("The token's times are out of range.") from None


def _identity(claims: dict[str, object]) -> Identity:
    name = claims["sub"]
    if not isinstance(name, str) or not 0 < len(name.encode()) <= MOST_ID_BYTES:
        raise Unauthenticated(f"The token's sub names the bearer with 1 to {MOST_ID_BYTES} bytes.")
    if claims.get("client_id") != name:
        return Identity(Person.customer(name))
    known = {scope.value: scope for scope in Scope}
    scopes = str(claims.get("scope", "")).split()
    return Identity(service=name, scopes=frozenset(known[scope] for scope in scopes if scope in known))
