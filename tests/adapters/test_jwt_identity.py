"""Development tokens: only what this issuer signed, for us, and in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest

from service.adapters.jwt_identity import AUDIENCE, ISSUER, DevelopmentIssuer
from service.recommender.errors import Unauthenticated
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from tests.coroutines import awaited
from tests.fakes import START, FakeClock

SECRET = b"a secret for tests alone, long enough even for the longest of hashes."


def verified(issuer: DevelopmentIssuer, token: str) -> Identity:
    return awaited(issuer.verify(token))


@pytest.fixture
def issuer(clock: FakeClock) -> DevelopmentIssuer:
    return DevelopmentIssuer(SECRET, clock)


def _claims(**changed: Any) -> dict[str, Any]:
    now = int(START.timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "3", "iat": now, "exp": now + 60, **changed}
    return {name: value for name, value in claims.items() if value is not None}


def _signed(key: bytes | str = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(_claims(**changed), key, algorithm)


def test_a_customer_is_who_the_token_says(issuer: DevelopmentIssuer) -> None:
    assert verified(issuer, issuer.token(Person.customer("3"))) == Identity(Person.customer("3"))


def test_a_service_may_what_its_scopes_say(issuer: DevelopmentIssuer) -> None:
    identity = verified(issuer, issuer.token("crm", (Scope.CUSTOMERS_READ, Scope.EVENTS_WRITE)))
    assert identity == Identity(service="crm", scopes=frozenset({Scope.CUSTOMERS_READ, Scope.EVENTS_WRITE}))


def test_a_service_without_scopes_is_no_customer(issuer: DevelopmentIssuer) -> None:
    assert verified(issuer, issuer.token("3")) == Identity(service="3")


def test_a_customer_gets_no_scopes_by_claiming_them(issuer: DevelopmentIssuer) -> None:
    assert verified(issuer, _signed(scope="customers:read")) == Identity(Person.customer("3"))


def test_scopes_that_nobody_knows_are_left_out(issuer: DevelopmentIssuer) -> None:
    identity = verified(issuer, _signed(client_id="3", scope="everything events:write"))
    assert identity.scopes == {Scope.EVENTS_WRITE}


def test_a_token_ends_with_its_lifetime(issuer: DevelopmentIssuer, clock: FakeClock) -> None:
    token = issuer.token(Person.customer("3"), lifetime=timedelta(minutes=5))
    clock.advance(timedelta(minutes=5))
    assert verified(issuer, token).person == Person.customer("3"), "clocks may differ by half a minute"
    clock.advance(timedelta(seconds=31))
    with pytest.raises(Unauthenticated, match="expired"):
        verified(issuer, token)


@pytest.mark.parametrize("token", [
    "", "a.b.c", "日本", "x" * 9_000, _signed(b"another secret of at least 32 bytes!"), _signed(algorithm="HS512"),
    jwt.encode(_claims(), None, "none"), _signed(iss="somebody"), _signed(aud="another"), _signed(sub=None),
    _signed(exp=None), _signed(iat=None), _signed(aud=None), _signed(iss=None), _signed()[:-2],
    _signed(sub=""), _signed(sub="x" * 129), _signed(exp="soon"), _signed(exp=True), _signed(exp=1e300),
    _signed(iat=int(START.timestamp()) + 3_600), _signed(nbf=int(START.timestamp()) + 3_600),
])
def test_anything_else_does_not_hold(issuer: DevelopmentIssuer, token: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verified(issuer, token)
    assert not token or token not in str(caught.value)


def test_visitors_have_no_tokens(issuer: DevelopmentIssuer) -> None:
    with pytest.raises(ValueError, match="X-Konomi-Visitor"):
        issuer.token(Person.visitor("tab-1"))


@pytest.mark.parametrize("name", ["", "x" * 129])
def test_a_bearer_has_a_name_of_bounded_length(issuer: DevelopmentIssuer, name: str) -> None:
    with pytest.raises(ValueError, match="1 to 128 bytes"):
        issuer.token(Person.customer(name))


def test_a_short_secret_is_refused(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DevelopmentIssuer(b"short", clock)
