"""What an answer without data looks like in HTTP: its status and its headers."""

from __future__ import annotations

from collections.abc import Mapping

from service.graphql.budgets import Throttled
from service.graphql.caller import challenge
from service.graphql.execution import NotByGet
from service.graphql.limits import BadRequest
from service.graphql.persisted import DocumentNotTrusted, PersistedQueryNotFound
from service.graphql.refusal_status import BAD_REQUEST, OK, RefusalStatus
from service.recommender.errors import DependencyFault, KonomiError, Unauthenticated

RETRY_SECONDS = 5
"""When to come again after a store did not answer."""


_FIXED: Mapping[type[KonomiError], tuple[int, Mapping[str, str]]] = {
    PersistedQueryNotFound: (OK, {}),  # no failure: clients read the body and send the query
    NotByGet: (405, {"Allow": "POST"}),
    DependencyFault: (503, {"Retry-After": str(RETRY_SECONDS)}),
}


def refusal_of(fault: KonomiError, media: str, policy: RefusalStatus) -> tuple[int, Mapping[str, str]]:
    """Choose status and headers of a request that a fault ended."""
    if isinstance(fault, BadRequest):
        return fault.status, {}
    if isinstance(fault, DocumentNotTrusted):
        return policy.status(media), {}
    if isinstance(fault, Throttled):
        return 429, {"Retry-After": str(fault.retry_after)}
    if isinstance(fault, Unauthenticated):
        return 401, {"WWW-Authenticate": challenge(fault)}
    return next((answer for kind, answer in _FIXED.items() if isinstance(fault, kind)), (BAD_REQUEST, {}))
