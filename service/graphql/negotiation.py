"""What a client accepts: media types and encodings with their weights (RFC 9110, section 12.5)."""

from __future__ import annotations

from collections.abc import Iterator

JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
MOST_CHARACTERS = 4_096
"""Of a header that is looked at; browsers and libraries send a tenth of it."""


def negotiated(accept: str | None) -> str | None:
    """Choose the media type of the answer: the one of greater weight; None where none of ours is accepted.

    Of equal weight, the newer type is chosen only by who names it, since only they know what its statuses mean.

    >>> negotiated("*/*"), negotiated("text/csv"), negotiated("application/graphql-response+json, */*")
    ('application/json', None, 'application/graphql-response+json')
    >>> negotiated("application/json;q=0, */*")
    'application/graphql-response+json'
    """
    if not accept or not accept.strip():
        return JSON
    weights = dict(_weights(accept))
    wildcard = weights.get("application/*", weights.get("*/*", 0.0))
    json, graphql = weights.get(JSON, wildcard), weights.get(GRAPHQL_JSON, wildcard)
    if not json and not graphql:
        return None
    named = GRAPHQL_JSON in weights
    return GRAPHQL_JSON if graphql > json or (named and graphql == json) else JSON


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Say whether the answer may be compressed.

    >>> accepts_gzip("br, gzip;q=0.5"), accepts_gzip("gzip;q=0, *"), accepts_gzip("*"), accepts_gzip(None)
    (True, False, True, False)
    """
    weights = dict(_weights(accept_encoding or ""))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weights(header: str) -> Iterator[tuple[str, float]]:
    """Read `a;q=0.5, b` as names with their weights; what cannot be read weighs nothing."""
    for part in header[:MOST_CHARACTERS].split(","):
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        if name:
            said = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
            yield name, _weight(said)


def _weight(said: str) -> float:
    whole, _, fraction = said.partition(".")
    if whole in {"0", "1"} and (not fraction or (fraction.isdecimal() and fraction.isascii())):
        return min(float(f"{whole}.{fraction[:3] or 0}"), 1.0)
    return 0.0
