"""How errors reach clients: the caller's own as they are, everything else as an incident that only the log explains."""

from __future__ import annotations

import logging
import secrets
from enum import StrEnum

from graphql import GraphQLError, GraphQLSyntaxError

from service.graphql.redaction import without_values
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault, DependencyFault

_log = logging.getLogger("konomi")
_OUR_FAULT = "Something went wrong on our side."
MOST_CHARACTERS = 500
"""Of a message; names in a document may be as long as it."""


class Stage(StrEnum):
    """How far a request came."""

    REQUEST = "REQUEST"
    """Something is wrong with the document or its variables; nothing ran."""
    EXECUTION = "EXECUTION"


def present(error: GraphQLError, stage: Stage) -> dict[str, object]:
    """Write an error for the client: message, code, place; never a driver's words, a stack or a hint at the schema."""
    code, message = _told(error, stage)
    shown: dict[str, object] = {"message": message}
    if error.locations:
        shown["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        shown["path"] = error.path
    return {**shown, "extensions": {"code": code}}


def fault_body(message: str, code: ErrorCode) -> dict[str, object]:
    """Write the answer to a request of which nothing ran."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def incident_body(fault: Exception) -> dict[str, object]:
    """Write the answer to a request that failed on our side before anything ran; what happened is in the log alone."""
    if isinstance(fault, DependencyFault):
        return fault_body(_incident(fault, _unanswered(fault)), ErrorCode.INTERNAL)
    return fault_body(_incident(fault, _OUR_FAULT), ErrorCode.INTERNAL)


def _told(error: GraphQLError, stage: Stage) -> tuple[ErrorCode, str]:
    cause = _cause(error)
    if isinstance(cause, CallerFault):
        return cause.code, str(cause) if stage is Stage.EXECUTION else _plain(error.message)
    if isinstance(cause, DependencyFault):
        return ErrorCode.INTERNAL, _incident(cause, _unanswered(cause))
    if stage is Stage.REQUEST and isinstance(cause, RecursionError):
        return ErrorCode.GRAPHQL_PARSE_FAILED, "The document is nested too deeply."
    if cause is not None or (stage is Stage.EXECUTION and error.path):
        return ErrorCode.INTERNAL, _incident(cause or error, _OUR_FAULT)
    return _code_of_request(error, stage), _plain(error.message)


def _code_of_request(error: GraphQLError, stage: Stage) -> ErrorCode:
    """Name what is wrong with a request itself: its syntax, its names and types, or the values of its variables."""
    if stage is Stage.EXECUTION:
        return ErrorCode.BAD_USER_INPUT
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    return ErrorCode.GRAPHQL_VALIDATION_FAILED


def _cause(error: GraphQLError) -> BaseException | None:
    """Find what a resolver or a scalar really raised."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return None if isinstance(cause, GraphQLError) else cause


def _plain(message: str) -> str:
    """Leave out graphql-core's guesses at names, which tell the schema to whoever may not ask for it, and all values.

    >>> _plain("Unknown type 'Prodct'. Did you mean 'Product'?"), len(_plain("a" * 9_000))
    ("Unknown type 'Prodct'.", 501)
    """
    told = without_values(message.partition(" Did you mean ")[0])
    return told if len(told) <= MOST_CHARACTERS else f"{told[:MOST_CHARACTERS]}…"


def _unanswered(fault: DependencyFault) -> str:
    return f"A part of the service ({fault.part}) did not answer; try again later."


def _incident(error: BaseException, message: str) -> str:
    """Log what happened under an id, and tell the id alone."""
    incident = secrets.token_hex(6)
    _log.error("incident %s: %s", incident, type(error).__name__, exc_info=error)
    return f"{message} Incident {incident}."
