"""Tokens of the shop's issuer: only what it signed, for us, plainly, and in time; everything else is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.adapters.oidc_cache import KeyCache
from service.adapters.oidc_identity import OidcVerifier
from service.adapters.oidc_keys import ASYMMETRIC
from service.adapters.oidc_source import IssuerKeys
from service.recommender.errors import InvalidToken
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from tests.coroutines import awaited
from tests.fakes import START, FakeClock
from tests.oidc_issuer import AUDIENCE, KINDS, OidcIssuer, public_jwk

NOW = int(START.timestamp())


@pytest.fixture(scope="module")
def issuer() -> Iterator[OidcIssuer]:
    with OidcIssuer(lambda: START) as serving:
        for algorithm in KINDS:
            serving.add_key(algorithm, algorithm)
        yield serving


@pytest.fixture(scope="module")
def keys(issuer: OidcIssuer) -> KeyCache:
    return KeyCache(IssuerKeys(issuer.url, ASYMMETRIC).read, FakeClock())


def verified(issuer: OidcIssuer, keys: KeyCache, token: str, clock: FakeClock | None = None, **settings: Any) -> Identity:
    verifier = OidcVerifier(issuer.url, AUDIENCE, keys, clock or FakeClock(), **settings)
    return awaited(verifier.verify(token))


def refused(issuer: OidcIssuer, keys: KeyCache, token: str, **settings: Any) -> str:
    with pytest.raises(InvalidToken) as caught:
        verified(issuer, keys, token, **settings)
    said = str(caught.value)
    assert said.endswith(".")
    assert said.isascii() and '"' not in said, "it stands in a header"  # noqa: PT018
    assert not token or token[:60] not in said
    return said


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_customer_is_who_the_issuer_says(issuer, keys, algorithm):
    assert verified(issuer, keys, issuer.token(algorithm)) == Identity(Person.customer("3"))


@pytest.mark.parametrize(("claims", "scopes"), [
    ({"client_id": "crm", "scope": "customers:read events:write unknown:scope"}, {Scope.CUSTOMERS_READ, Scope.EVENTS_WRITE}),
    ({"azp": "crm", "scope": "customers:read"}, {Scope.CUSTOMERS_READ}),
    ({"cid": "crm", "scp": ["customers:read", 7, None]}, {Scope.CUSTOMERS_READ}), ({"client_id": "crm"}, set()),
    ({"client_id": "crm", "scope": 17}, set()),
])
def test_a_service_is_a_client_with_a_token_of_its_own(issuer, keys, claims, scopes):
    assert verified(issuer, keys, issuer.token("RS256", sub="crm", **claims)) == Identity(service="crm", scopes=frozenset(scopes))


def test_a_person_gets_no_scopes_by_the_app_they_use(issuer, keys):
    token = issuer.token("RS256", client_id="shop-app", azp="shop-app", scope="openid customers:read privacy:erase")
    assert verified(issuer, keys, token) == Identity(Person.customer("3"))


@pytest.mark.parametrize("claims", [
    {"aud": ["another", AUDIENCE]}, {"aud": [AUDIENCE]}, {"nbf": NOW}, {"exp": NOW - 29}, {"iat": NOW + 29},
    {"exp": NOW + 0.5},
])
def test_what_holds_is_taken(issuer, keys, claims):
    assert verified(issuer, keys, issuer.token("ES256", **claims)).person == Person.customer("3")


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/at+jwt", "AT+JWT", None])
def test_an_access_token_is_taken_by_each_of_its_names(issuer, keys, typ):
    assert verified(issuer, keys, issuer.token("RS256", {"typ": typ})).person


@pytest.mark.parametrize(("claims", "told"), [
    ({"iss": "https://evil.example"}, "another issuer"), ({"iss": None}, "another issuer"), ({"iss": ["x"]}, "another issuer"),
    ({"aud": "another"}, "another service"), ({"aud": None}, "another service"), ({"aud": []}, "another service"),
    ({"aud": [AUDIENCE, 7]}, "another service"), ({"aud": {AUDIENCE: 1}}, "another service"),
    ({"aud": f"{AUDIENCE}s"}, "another service"), ({"aud": AUDIENCE[:-1]}, "another service"),
    ({"exp": NOW - 30}, "expired"), ({"exp": None}, "exp"), ({"exp": "soon"}, "exp"), ({"exp": True}, "exp"),
    ({"exp": 1e300}, "out of range"), ({"exp": -1e300}, "out of range"), ({"iat": NOW + 31}, "not valid yet"), ({"iat": None}, "iat"),
    ({"nbf": NOW + 31}, "not valid yet"), ({"nbf": None, "iat": "x"}, "iat"), ({"nbf": "x"}, "nbf"),
    ({"sub": None}, "sub"), ({"sub": ""}, "sub"), ({"sub": "x" * 129}, "sub"), ({"sub": 3}, "sub"), ({"sub": ["3"]}, "sub"),
    ({"sub": "nul\0"}, "sub"), ({"sub": "\ud800"}, "sub"),
])
def test_claims_that_do_not_hold_are_refused(issuer, keys, claims, told):
    if isinstance(claims.get("sub"), int | list) or isinstance(claims.get("iss"), list):
        key, _ = issuer.keys["RS256"]  # PyJWT itself would not write it
        token = jwt.api_jws.encode(json.dumps(issuer.claims(**claims)).encode(), key, "RS256", {"kid": "RS256"})
    else:
        token = issuer.token("RS256", **claims)
    assert told in refused(issuer, keys, token)


def test_the_leeway_is_a_setting_and_the_clock_is_injected(issuer, keys, clock):
    clock.advance(timedelta(minutes=5, seconds=10))
    token = issuer.token("RS256")
    assert verified(issuer, keys, token, clock)
    assert "expired" in refused(issuer, keys, token, clock=clock, leeway=timedelta(seconds=5))


def _part(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _hmac(issuer: OidcIssuer, header: dict[str, Any], secret: bytes) -> str:
    body = f"{_part(header)}.{_part(issuer.claims())}"
    mac = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def forgeries(issuer: OidcIssuer) -> dict[str, str]:
    """Attacks on JWT verifiers that are known by name; none may be taken."""
    key, _ = issuer.keys["RS256"]
    own = rsa.generate_private_key(65_537, 2_048)
    own_jwk = public_jwk(own, "RS256", "RS256")
    good = issuer.token("RS256")
    header, claims, signature = good.split(".")
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    named = {"kid": "RS256", "typ": "JWT"}
    sign = lambda **headers: jwt.encode(issuer.claims(), own, "RS256", {"kid": "RS256", **headers})  # noqa: E731
    return {
        "nothing": "", "dots": "..", "words": "a.b.c", "not ascii": "日本.日本.日本", "huge": f"{header}.{claims}.{'A' * 9_000}",
        "one part": header, "two parts": f"{header}.{claims}", "four parts": f"{good}.x", "encrypted": f"{good}.x.y",
        "unsigned": f"{header}.{claims}.", "torn": good[:-8], "turned around": f"{header}.{claims}.{signature[::-1]}",
        "other claims": f"{header}.{_part({**issuer.claims(), 'sub': '4'})}.{signature}",
        **{f"none as {name}": f"{_part({**named, 'alg': name})}.{claims}." for name in ("none", "None", "NONE", "nOnE", "")},
        "none with a signature": f"{_part({**named, 'alg': 'none'})}.{claims}.{signature}",
        "no algorithm": f"{_part(named)}.{claims}.{signature}",
        "a list of algorithms": f"{_part({**named, 'alg': ['RS256']})}.{claims}.{signature}",
        "HS256 with the public key as PEM": _hmac(issuer, {**named, "alg": "HS256"}, pem),
        "HS256 with the public key as DER": _hmac(issuer, {**named, "alg": "HS256"}, der),
        "HS256 with an empty secret": _hmac(issuer, {**named, "alg": "HS256"}, b""),
        "HS256 with the modulus": _hmac(issuer, {**named, "alg": "HS256"}, own_jwk["n"].encode()),
        "an EC token under an RSA key's name": issuer.token("ES256", {"kid": "RS256"}),
        "an RSA token under an EC key's name": issuer.token("RS256", {"kid": "ES256"}),
        "another algorithm than the key's": issuer.token("RS256", algorithm="PS256"),
        "another length than the key's": issuer.token("RS256", algorithm="RS512"),
        "a key of one's own under a known name": sign(),
        "jwk": sign(jwk=own_jwk), "jku": sign(jku=f"{issuer.url}/evil"), "x5u": sign(x5u=f"{issuer.url}/evil"),
        "x5c": sign(x5c=["MIIB"]), "jku with a good signature": issuer.token("RS256", {"jku": f"{issuer.url}/keys"}),
        "jwk with a good signature": issuer.token("RS256", {"jwk": public_jwk(key, "RS256", "RS256")}),
        "crit": issuer.token("RS256", {"crit": ["exp"], "exp": 0}), "crit that is empty": issuer.token("RS256", {"crit": []}),
        "b64": f"{_part({**named, 'alg': 'RS256', 'b64': False, 'crit': ['b64']})}..{signature}",
        "zip": issuer.token("RS256", {"zip": "DEF"}), "enc": issuer.token("RS256", {"enc": "A256GCM"}),
        "a token in a token": issuer.token("RS256", {"cty": "JWT"}),
        "a logout token": issuer.token("RS256", {"typ": "logout+jwt"}), "an odd type": issuer.token("RS256", {"typ": 7}),
        **{
            f"kid {kid!r:.30}": f"{_part({'alg': 'RS256', 'kid': kid})}.{claims}.{signature}"
            for kid in ("", "../../etc/passwd", "' OR 1=1 --", "\0", "x" * 257, 7, None, ["RS256"], {"a": 1}, "rs256", "RS256 ",
                        "http://127.0.0.1/evil", "$(id)")
        },
        "a header that is a list": f"{_part(['RS256'])}.{claims}.{signature}",
        "a header that is nested deeply": f"{base64.urlsafe_b64encode(b'[' * 5_000).decode().rstrip('=')}.{claims}.{signature}",
        "claims that are no object": jwt.api_jws.encode(b"[1]", key, "RS256", {"kid": "RS256"}),
        "claims that are no JSON": jwt.api_jws.encode(b"sub=3", key, "RS256", {"kid": "RS256"}),
        "claims that are nested deeply": jwt.api_jws.encode(b"[" * 4_000, key, "RS256", {"kid": "RS256"}),
        "white space": f" {good}", "a line break": good.replace(".", ".\n", 1), "padding": f"{header}=.{claims}.{signature}==",
    }


def test_every_known_forgery_is_refused_and_none_makes_a_fetch_of_its_own(issuer, keys):
    assert verified(issuer, keys, issuer.token("RS256"))
    before = issuer.asked.copy()
    for name, token in forgeries(issuer).items():
        try:
            refused(issuer, keys, token)
        except pytest.fail.Exception:
            raise AssertionError(f"taken: {name}") from None
    assert issuer.asked == before


def test_only_allowed_algorithms_are_taken(issuer, keys):
    assert "does not take" in refused(issuer, keys, issuer.token("RS256"), algorithms=["ES256"])
    assert verified(issuer, keys, issuer.token("ES256"), algorithms=["ES256"])


@pytest.mark.parametrize("name", ["HS256", "none", "ES256K", "RS1"])
def test_algorithms_that_are_not_asymmetric_cannot_be_allowed(issuer, keys, name):
    with pytest.raises(ValueError, match="signed with one of"):
        OidcVerifier(issuer.url, AUDIENCE, keys, FakeClock(), algorithms=["RS256", name])
