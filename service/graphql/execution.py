"""One way to execute an operation, over HTTP, over a WebSocket, and from within."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult

from service.graphql.aside import aside
from service.graphql.budgets import Purse
from service.graphql.caller import Caller, client_key, identify
from service.graphql.context import Context
from service.graphql.documents import Document, Executable, NoSuchOperation, documents
from service.graphql.errors import Stage, fault_body, present
from service.graphql.guard import QueryTooComplex
from service.graphql.guard_variables import check_variables
from service.graphql.schema import make_schema
from service.graphql.services import Services
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault
from service.recommender.wording import language_of

QUERIES_AND_MUTATIONS = frozenset({OperationType.QUERY, OperationType.MUTATION})
BYTES_READ = 2
"""Of a new document, for one unit of a budget; one that is known is read for nothing."""
MOST_ON_LOOP = 4_000
"""Fields, and values of variables twice, that are worked out on the loop: some fifty milliseconds at a stretch."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be executed."""

    query: str
    variables: Mapping[str, object] | None = None
    name: str | None = None
    queries_only: bool = False


class NotByGet(CallerFault):
    """A mutation that was sent by GET."""

    code = ErrorCode.BAD_REQUEST


class Refused(Exception):
    """An operation that does not run; `body` is the answer."""

    def __init__(self, body: dict[str, object]) -> None:
        super().__init__()
        self.body = body


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that may run: guarded, valid, and paid for.

    Parameters
    ----------
    requested : what was set aside for it, or for each answer of a subscription
    is_large : whether it would hold the loop of all requests
    """

    context: Context
    operation: Operation
    variables: dict[str, Any]
    chosen: Executable
    requested: int
    is_large: bool
    purse: Purse

    def settle(self, data: object) -> dict[str, object]:
        """Give back what an answer did not use, and tell what it cost, as `extensions.cost`."""
        actual = self.chosen.cost.actual(data)
        self.purse.pay(actual - self.requested)
        return {"requested": self.requested, "actual": actual}


async def prepare(
    services: Services, operation: Operation, caller: Caller,
    types: frozenset[OperationType] = QUERIES_AND_MUTATIONS,
) -> Prepared:
    """Hold an operation against every bound there is, before anything of it runs.

    Parameters
    ----------
    types : operations that the caller's way of asking takes

    Raises
    ------
    Refused
        If the document or its variables do not hold.
    Throttled
        If the caller's budget is spent.
    Unauthenticated
        If there is a token and it does not hold.
    IssuerUnavailable
        If there is a token, and the keys to check it with cannot be read.
    InvalidArgument
        If the visitor's name does not hold.
    NotByGet
        If only queries are taken, and this is none.
    """
    identity = await identify(caller, services)
    now = services.recommender.clock.now().timestamp()
    purse = services.budgets.purse(client_key(identity, caller.address), identity, now)
    variables = dict(operation.variables or {})
    try:
        values = check_variables(variables)
        document = await _read(services, operation.query, purse)
        chosen = document.operation(operation.name)
        _check_type(chosen.type, types, operation)
        if document.errors:
            raise Refused({"errors": [present(error, Stage.REQUEST) for error in document.errors]})
        requested = chosen.cost.requested(variables)
        purse.admit(requested)
        purse.pay(values)
    except (QueryTooComplex, NoSuchOperation) as fault:
        raise Refused(fault_body(str(fault), fault.code)) from fault
    except GraphQLError as error:
        raise Refused({"errors": [present(error, Stage.REQUEST)]}) from error
    context = Context(services, identity, language_of(caller.language, services.languages), document.ast)
    is_large = chosen.cost.fields(variables) + 2 * values > MOST_ON_LOOP
    return Prepared(context, operation, variables, chosen, requested, is_large, purse)


async def execute(services: Services, operation: Operation, caller: Caller) -> dict[str, object]:
    """Execute a query or mutation for a caller.

    Returns
    -------
    The response of the GraphQL specification; without `data` where nothing ran. `extensions.cost` tells the units that
    the answer might have come to and those that it came to.

    Raises
    ------
    CallerFault, IssuerUnavailable
        Those of `prepare`, but for `Refused`.
    """
    try:
        prepared = await prepare(services, operation, caller)
    except Refused as refused:
        return refused.body
    return await carry_out(prepared)


async def carry_out(prepared: Prepared) -> dict[str, object]:
    """Execute a query or mutation that was prepared; see `execute`."""

    async def run() -> ExecutionResult:
        return await make_schema().execute(
            prepared.operation.query, prepared.variables, prepared.context, operation_name=prepared.operation.name,
        )

    return _told(prepared, await (aside(run) if prepared.is_large else run()))


async def listen(prepared: Prepared) -> AsyncGenerator[dict[str, object], None]:
    """Execute a subscription that was prepared, whose context has its turns; each answer as `execute` gives it."""
    operation = prepared.operation
    results = await make_schema().subscribe(
        operation.query, prepared.variables, prepared.context, operation_name=operation.name,
    )
    async with aclosing(results):
        async for result in results:
            if result.data is None and not any(error.path for error in result.errors or ()):  # it never came to a turn
                yield {"errors": [present(error, Stage.EXECUTION) for error in result.errors or ()]}
            else:
                yield _told(prepared, result)


def _told(prepared: Prepared, result: ExecutionResult) -> dict[str, object]:
    errors = [present(error, Stage.EXECUTION) for error in result.errors or ()]
    started = result.data is not None or any("path" in error for error in errors)
    told = {"extensions": {"cost": prepared.settle(result.data)}}
    if not errors:
        return {"data": result.data, **told}
    return {"errors": errors, **({"data": result.data} if started else {}), **told}


async def _read(services: Services, text: str, purse: Purse) -> Document:
    reader = documents(introspection=services.introspection)
    if known := reader.known(text):
        return known
    if not text.strip():
        raise NoSuchOperation("query is empty.")
    purse.pay(len(text) / BYTES_READ)
    return await reader.read(text)


def _check_type(kind: OperationType, types: frozenset[OperationType], operation: Operation) -> None:
    if operation.queries_only and kind is OperationType.MUTATION:
        raise NotByGet("Send mutations by POST.")
    if kind not in types or (operation.queries_only and kind is not OperationType.QUERY):
        raise Refused(fault_body("This endpoint executes queries and mutations.", ErrorCode.BAD_REQUEST))
