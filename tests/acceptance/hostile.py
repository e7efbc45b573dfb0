"""What a hostile request is, and how it is written down: a table line each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
TOO_COMPLEX, INVALID, UNPARSED = "QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"
BAD, INPUT, NOBODY, FORBIDDEN = "BAD_REQUEST", "BAD_USER_INPUT", "UNAUTHENTICATED", "FORBIDDEN"
CURSOR, EXPIRED, NOT_HELD = "INVALID_CURSOR", "SLATE_EXPIRED", "PERSISTED_QUERY_NOT_FOUND"


@dataclass(frozen=True)
class Attack:
    """A request and the codes of its errors; none where it is answered, with nothing in the answer."""

    name: str
    codes: frozenset[str]
    content: bytes = b""
    method: str = "POST"
    target: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def sends(
    name: str, codes: str, content: bytes | str, *, method: str = "POST", target: str = "/graphql", **headers: str,
) -> Attack:
    """Any bytes; `codes` are separated by spaces, and headers written with underscores."""
    written = {"content-type": JSON, **{key.replace("_", "-"): value for key, value in headers.items()}}
    sent = content.encode() if isinstance(content, str) else content
    return Attack(name, frozenset(codes.split()), sent, method, target, written)


def asks(name: str, codes: str, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> Attack:
    """A query in a body as it should be."""
    return sends(name, codes, json.dumps({"query": query, "variables": variables}), **headers)
