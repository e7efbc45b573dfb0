"""Tokens that were not signed here, or for something else, and bearers that are none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from service.adapters.jwt_identity import AUDIENCE, ISSUER

Secret = bytes
FOREVER = 4_000_000_000
CLAIMS: Mapping[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": "k1", "iat": 1_700_000_000, "exp": FOREVER}


def part(content: object) -> str:
    written = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def signed(secret: Secret, claims: object = CLAIMS, header: Mapping[str, Any] | None = None) -> str:
    """A token as an issuer makes them, of any claims."""
    head = {"alg": "HS256", "typ": "JWT", **(header or {})}
    text = f"{part(head)}.{part(claims)}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name not in names}


FORGED: Mapping[str, Callable[[Secret], str]] = {
    "unsigned": lambda _: f"{part({'alg': 'none'})}.{part(CLAIMS)}.",
    "unsigned, oddly written": lambda _: f"{part({'alg': 'nOnE'})}.{part(CLAIMS)}.",
    "signed with nothing": lambda _: signed(b""),
    "signed with a guess": lambda _: signed(b"secret"),
    "signed with the audience": lambda _: signed(AUDIENCE.encode()),
    "of a key that it brings along": lambda _: signed(b"mine", header={"jwk": {"kty": "oct", "k": part(b"mine")}}),
    "of a key elsewhere": lambda _: signed(b"mine", header={"jku": "http://169.254.169.254/keys", "kid": "../../dev/null"}),
    "that claims another algorithm": lambda secret: signed(secret, header={"alg": "RS256"}),
    "that must be understood": lambda secret: signed(secret, header={"crit": ["b64"], "b64": False}),
    "of another issuer": lambda secret: signed(secret, {**CLAIMS, "iss": "https://evil.example"}),
    "for another audience": lambda secret: signed(secret, {**CLAIMS, "aud": "another"}),
    "for no audience": lambda secret: signed(secret, without("aud")),
    "that has expired": lambda secret: signed(secret, {**CLAIMS, "exp": 1_600_000_000}),
    "that never expires": lambda secret: signed(secret, without("exp")),
    "that expires in words": lambda secret: signed(secret, {**CLAIMS, "exp": "tomorrow"}),
    "of the future": lambda secret: signed(secret, {**CLAIMS, "nbf": FOREVER - 1}),
    "of nobody": lambda secret: signed(secret, without("sub")),
    "of a list of people": lambda secret: signed(secret, {**CLAIMS, "sub": ["k1", "k2"]}),
    "of a name of a kilobyte": lambda secret: signed(secret, {**CLAIMS, "sub": "k" * 1_000}),
    "whose claims are a list": lambda secret: signed(secret, [1, 2]),
    "whose claims are no JSON": lambda secret: signed(secret, b"\xff\xfe"),
    "with claims changed after": lambda secret: signed(secret).replace(part(CLAIMS), part({**CLAIMS, "sub": "k2"})),
    "cut short": lambda secret: signed(secret)[:-5],
    "of one part": lambda _: "a",
    "of seven parts": lambda _: "a.b.c.d.e.f.g",
    "of dots": lambda _: "." * 1_000,
    "of 8 kilobytes": lambda _: "a" * 8_000,
}
