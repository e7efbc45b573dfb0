"""The codes of errors: all that `extensions.code` of an answer's top-level errors can say."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """What went wrong, for programs; the message says it for people. `docs/errors.md` tells clients what to do."""

    BAD_REQUEST = "BAD_REQUEST"
    """It is not GraphQL over HTTP."""
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    """The document's syntax does not hold."""
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    """The document does not fit the schema."""
    BAD_USER_INPUT = "BAD_USER_INPUT"
    """A value is out of its range or form."""
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    """A hash whose query is not known here."""
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    """A document that was not registered, where only registered ones run."""
    UNAUTHENTICATED = "UNAUTHENTICATED"
    """No identity, or one that does not hold."""
    FORBIDDEN = "FORBIDDEN"
    """An identity without the right."""
    NOT_FOUND = "NOT_FOUND"
    """No such address."""
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    """The operation is beyond a bound."""
    THROTTLED = "THROTTLED"
    """The client's budget is spent."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """A cursor that was not given to this person for this list."""
    SLATE_EXPIRED = "SLATE_EXPIRED"
    """The frozen list behind a cursor is gone."""
    TIMEOUT = "TIMEOUT"
    """The request did not arrive in time."""
    INTERNAL = "INTERNAL"
    """Something failed on this side."""
