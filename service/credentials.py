"""Whose tokens are believed, and with which keys this service signs its own: made out of the settings."""

from __future__ import annotations

from datetime import timedelta

from service.adapters.jwt_identity import DevelopmentIssuer
from service.adapters.oidc_cache import KeyCache
from service.adapters.oidc_identity import OidcVerifier
from service.adapters.oidc_source import IssuerKeys
from service.adapters.state_secret import state_secret
from service.adapters.system_clock import SystemClock
from service.recommender.identity import IdentityVerifier
from service.recommender.ports import Clock
from service.recommender.signing import Signer
from service.settings import Settings


def development_issuer(settings: Settings, clock: Clock | None = None) -> DevelopmentIssuer:
    """Make the issuer whose key lies in the state folder."""
    return DevelopmentIssuer(state_secret(settings.state.dir, "development"), clock or SystemClock())


def verifier_of(settings: Settings, clock: Clock) -> IdentityVerifier | None:
    """Make what reads bearer tokens: the shop's issuer, or, on loopback, the development issuer."""
    auth = settings.auth
    if auth.development:
        return development_issuer(settings, clock)
    if auth.issuer is None or auth.audience is None:
        return None
    algorithms = auth.algorithms.split(",")
    keys = KeyCache(IssuerKeys(auth.issuer, algorithms, auth.jwks_url).read, clock)
    return OidcVerifier(auth.issuer, auth.audience, keys, clock, algorithms, timedelta(seconds=auth.leeway_seconds))


def signer_of(settings: Settings) -> Signer:
    """Make the signer of cursors and tokens."""
    given = settings.security.signing_keys
    if given is None:
        return Signer([state_secret(settings.state.dir, "signing")])
    return Signer([key.strip().encode() for key in given.get_secret_value().split(",")])
