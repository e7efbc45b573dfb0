"""The claims of a token, where its signature holds."""

from __future__ import annotations

import json

import jwt
from jwt import PyJWK

from service.adapters.jwt_claims import Claims


def signed(token: str, key: PyJWK | bytes, algorithm: str) -> Claims | None:
    """Give the claims that a key signed by one algorithm; None where it did not, or where they are no claims."""
    try:
        claims = json.loads(jwt.api_jws.decode(token, key, algorithms=[algorithm]))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None
