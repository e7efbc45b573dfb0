"""Identity by OpenID Connect: access tokens that the shop's own issuer signed for this service (RFC 9068, RFC 8725)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from service.adapters.jwt_claims import LEEWAY, check_origin, check_times, identity_of
from service.adapters.jwt_header import read_header
from service.adapters.jwt_signature import signed
from service.adapters.oidc_cache import KeyCache
from service.adapters.oidc_keys import ASYMMETRIC
from service.recommender.errors import InvalidToken
from service.recommender.identity import Identity
from service.recommender.ports import Clock


class OidcVerifier:
    """Verifies bearer tokens of one issuer.

    Parameters
    ----------
    issuer, audience : what tokens must say
    keys : of the issuer
    clock : tells the time that tokens are held against
    algorithms : names out of `ASYMMETRIC` that signatures may have
    leeway : by how much clocks may differ
    """

    def __init__(
        self, issuer: str, audience: str, keys: KeyCache, clock: Clock, algorithms: Collection[str] = ASYMMETRIC,
        leeway: timedelta = LEEWAY,
    ) -> None:
        if not set(algorithms) <= set(ASYMMETRIC):
            raise ValueError(f"Tokens are signed with one of {', '.join(ASYMMETRIC)}.")
        self._issuer, self._audience, self._algorithms = issuer, audience, frozenset(algorithms)
        self._keys, self._clock, self._leeway = keys, clock, leeway

    async def verify(self, token: str) -> Identity:
        """Check form, algorithm, signature, issuer, audience, times, in this order; see `IdentityVerifier.verify`."""
        header = read_header(token)
        if header.algorithm not in self._algorithms:
            raise InvalidToken("The token is signed in a way that this service does not take.")
        keys = await self._keys.find(header)
        claims = next(filter(None, (signed(token, key, header.algorithm) for key in keys)), None)
        if claims is None:
            raise InvalidToken("The token does not hold: it is torn or forged; sign in again.")
        check_origin(claims, self._issuer, self._audience)
        expires_at = check_times(claims, self._clock.now(), self._leeway)
        return replace(identity_of(claims), expires_at=expires_at)

    def is_ready(self) -> bool:
        """Whether the issuer's keys are there."""
        return self._keys.is_ready()
