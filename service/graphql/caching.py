"""Who may keep an answer: nobody one about a person, everybody for a moment one that is the same for all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from service.graphql.caller import ROUTER_HEADER, VISITOR_HEADER

PRIVATE = "private, no-store"
VARY = f"Accept, Accept-Encoding, Accept-Language, Authorization, {VISITOR_HEADER}, {ROUTER_HEADER}"


@dataclass(frozen=True, slots=True)
class Caching:
    """What the headers of an answer say about keeping it; `etag` is None where nobody may."""

    control: str
    etag: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers, which go with a 304 as well."""
        named = {"ETag": self.etag} if self.etag is not None else {}
        return {"Cache-Control": self.control, "Vary": VARY, **named}

    def is_held_by(self, request: Request) -> bool:
        """Say whether the client has this very answer already (If-None-Match, compared weakly)."""
        known = request.headers.get("if-none-match")
        if self.etag is None or known is None:
            return False
        return known.strip() == "*" or self.etag in (one.strip() for one in known.split(","))


NOBODY = Caching(PRIVATE)


def caching_of(request: Request, body: Mapping[str, object], content: bytes, seconds: int) -> Caching:
    """Decide on an answer: everybody's is what was asked by GET, by nobody in particular, and has no errors.

    Nothing in it names anybody: with neither a token nor a visitor's name there is nobody to name, and its cursors and
    tokens are signed for everyone.

    Parameters
    ----------
    seconds : how long it may be kept without asking again
    """
    names_somebody = any(name in request.headers for name in ("authorization", VISITOR_HEADER, ROUTER_HEADER))
    if request.method != "GET" or names_somebody or "errors" in body or "data" not in body:
        return NOBODY
    control = f"public, max-age={seconds}" if seconds else "public, no-cache"
    return Caching(control, f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')
