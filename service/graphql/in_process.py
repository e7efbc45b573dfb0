"""The same execution without HTTP, for the pages that this process serves itself."""

from __future__ import annotations

from collections.abc import Mapping

from service.graphql.caller import Caller
from service.graphql.errors import fault_body
from service.graphql.execution import Operation
from service.graphql.execution import execute as execute_operation
from service.graphql.services import Services
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault, IssuerUnavailable


async def execute(
    services: Services, query: str, variables: Mapping[str, object] | None = None, token: str | None = None,
    language: str | None = None, visitor: str | None = None, privacy_control: str | None = None,
) -> dict[str, object]:
    """Execute an operation.

    Parameters
    ----------
    token : bearer token of the caller; None for a visitor
    language : as in Accept-Language; the shop's where left out
    visitor : name of a visitor without a token
    privacy_control : as in Sec-GPC

    Returns
    -------
    The response as a client gets it, with `data`, `errors` or both.
    """
    caller = Caller.with_token(token, language, visitor, privacy_control)
    try:
        return await execute_operation(services, Operation(query, variables), caller)
    except CallerFault as fault:
        return fault_body(str(fault), fault.code)
    except IssuerUnavailable as fault:
        return fault_body(str(fault), ErrorCode.INTERNAL)
