"""One way to execute an operation, over HTTP and from within."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from service.graphql.caller import Caller, identify
from service.graphql.context import Context
from service.graphql.errors import Stage, fault_body, present
from service.graphql.schema import make_schema
from service.graphql.services import Services
from service.recommender.errors import CallerFault
from service.recommender.wording import language_of

_QUERIES = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be executed."""

    query: str
    variables: Mapping[str, object] | None = None
    name: str | None = None
    queries_only: bool = False


class NotByGet(CallerFault):
    """A mutation that was sent by GET."""

    code = "BAD_REQUEST"


async def execute(services: Services, operation: Operation, caller: Caller) -> dict[str, object]:
    """Execute an operation for a caller.

    Returns
    -------
    The response of the GraphQL specification; without `data` where nothing ran.

    Raises
    ------
    Unauthenticated
        If there is a token and it does not hold.
    InvalidArgument
        If the visitor's name does not hold.
    NotByGet
        If only queries are taken, and this is none.
    """
    context = Context(
        services, await identify(caller, services), language_of(caller.language, services.languages), operation.name,
    )
    try:
        result = await make_schema(introspection=services.introspection).execute(
            operation.query, dict(operation.variables or {}), context, operation_name=operation.name,
            allowed_operation_types=_QUERIES if operation.queries_only else _ALL,
        )
    except (MissingQueryError, CannotGetOperationTypeError):
        return fault_body(_which(operation), "BAD_REQUEST")
    except InvalidOperationTypeError as error:
        if operation.queries_only and error.operation_type is OperationType.MUTATION:
            raise NotByGet("Send mutations by POST.") from error
        return fault_body("This endpoint executes queries and mutations.", "BAD_REQUEST")
    if isinstance(result, PreExecutionError):
        return {"errors": [present(error, Stage.REQUEST) for error in result.errors or ()]}
    errors = [present(error, Stage.EXECUTION) for error in result.errors or ()]
    if not errors:
        return {"data": result.data}
    started = result.data is not None or any("path" in error for error in errors)
    return {"errors": errors, "data": result.data} if started else {"errors": errors}


def _which(operation: Operation) -> str:
    if not operation.query.strip():
        return "query is empty."
    return "The document has no operation of this name." if operation.name else "The document has no operation."
