"""Where an issuer's keys come from: its discovery document (OpenID Connect Discovery 1.0), then its JWK set."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from http.client import HTTPException
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from service.adapters.oidc_keys import KeySet, read_keys
from service.recommender.errors import IssuerUnavailable

DISCOVERY: Final = "/.well-known/openid-configuration"
MOST_BYTES: Final = 512 << 10
LONGEST_SECONDS: Final = 5.0
_CHUNK: Final = 16 << 10


class IssuerKeys:
    """Reads the keys of one issuer; each read takes at most about ten seconds and 1 MiB.

    Parameters
    ----------
    issuer : as tokens name it
    allowed : names of algorithms
    jwks_url : where the keys are; found by discovery where left out
    """

    def __init__(self, issuer: str, allowed: Collection[str], jwks_url: str | None = None) -> None:
        self._issuer, self._allowed, self._given = issuer, allowed, jwks_url
        self._found: str | None = None

    def read(self) -> KeySet:
        """Read the keys.

        Raises
        ------
        IssuerUnavailable
            If the issuer does not answer, or answers with what holds no key that could be used.
        """
        try:
            keys = read_keys(fetch_json(self._given or self._discovered()), self._allowed)
        except IssuerUnavailable:
            self._found = None  # it may have moved
            raise
        if not keys:
            raise IssuerUnavailable("The issuer's key set has no key that may check a signature here.")
        return keys

    def _discovered(self) -> str:
        if self._found is None:
            told = fetch_json(self._issuer.rstrip("/") + DISCOVERY)
            if told.get("issuer") != self._issuer:
                raise IssuerUnavailable("The issuer's discovery document is of another issuer; check the setting.")
            url = told.get("jwks_uri")
            same_safety = isinstance(url, str) and urlsplit(url).scheme in {"https", urlsplit(self._issuer).scheme}
            if not same_safety:
                raise IssuerUnavailable("The issuer's discovery document names no safe address of its keys.")
            self._found = url
        return str(self._found)


class _NoRedirects(HTTPRedirectHandler):
    """An issuer's address is where its keys are; nobody on the way may send us elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse; the answer then counts as a failure."""


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects())


def fetch_json(url: str) -> dict[str, Any]:
    """Fetch a JSON object; blocks, so never call it on the event loop.

    Raises
    ------
    IssuerUnavailable
        If there is none, it is too long, or it takes too long.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise IssuerUnavailable("The issuer's address is none of http or https.")
    ends = time.monotonic() + LONGEST_SECONDS
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "konomi"})  # noqa: S310 - checked above
    try:
        with _opener().open(request, timeout=LONGEST_SECONDS) as answer:
            said = json.loads(_body(answer, ends))
    except (URLError, HTTPException, OSError, ValueError, RecursionError) as error:
        raise IssuerUnavailable(f"The issuer did not answer with JSON ({_kind(error)}).") from error
    if not isinstance(said, dict):
        raise IssuerUnavailable("The issuer did not answer with a JSON object.")
    return said


def _body(answer: Any, ends: float) -> bytes:
    parts, size = [], 0
    while part := answer.read1(_CHUNK):
        size += len(part)
        if size > MOST_BYTES or time.monotonic() > ends:
            raise IssuerUnavailable("The issuer's answer is too long, or takes too long.")
        parts.append(part)
    return b"".join(parts)


def _kind(error: Exception) -> str:
    reason = getattr(error, "code", None) or getattr(error, "reason", None)
    return f"{type(error).__name__}: {reason}" if reason is not None else type(error).__name__
