"""GraphQL over HTTP at exactly `/graphql`: whatever is sent, the answer is JSON that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from service.graphql.budgets import Throttled
from service.graphql.caller import VISITOR_HEADER, Caller, challenge
from service.graphql.documents import documents
from service.graphql.errors import fault_body
from service.graphql.execution import NotByGet, execute
from service.graphql.limits import BadRequest
from service.graphql.request import PersistedQueryNotFound, read_operation
from service.graphql.services import Services
from service.recommender.errors import CallerFault, IssuerUnavailable, Unauthenticated

PATH = "/graphql"
JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
METHODS = "GET, POST"


def graphql_routes(services: Services) -> list[Route | WebSocketRoute]:
    """Make the routes of the endpoint."""
    documents(introspection=services.introspection)
    allowed = [Middleware(
        CORSMiddleware, allow_origins=services.allowed_origins, allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", VISITOR_HEADER], max_age=600,
    )] if services.allowed_origins else []
    return [Route(PATH, Endpoint(services), middleware=allowed)]


class Endpoint:
    """An ASGI application of one path."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self.answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer a request; nothing that was sent makes this raise."""
        media = negotiated(request.headers.get("accept"))
        try:
            if request.method not in {"GET", "POST"}:
                return _json(fault_body(f"Use {METHODS}.", "BAD_REQUEST"), JSON, 405, {"Allow": METHODS})
            if self._services.graphiql is not None and _is_browser(request):
                return self._services.graphiql(request)
            if media is None:
                raise BadRequest(f"The answer is {JSON} or {GRAPHQL_JSON}; accept one of them.", 406)
            operation = await read_operation(request)
            caller = Caller(
                authorization=request.headers.get("authorization"), visitor=request.headers.get(VISITOR_HEADER),
                language=request.headers.get("accept-language"),
                address=request.client.host if request.client else None,
            )
            body = await execute(self._services, operation, caller)
        except CallerFault as fault:
            return _refusal(fault, media or JSON)
        except IssuerUnavailable as fault:
            return _json(fault_body(str(fault), "INTERNAL"), media or JSON, 503, {"Retry-After": "10"})
        return _json(body, media, 400 if media == GRAPHQL_JSON and "data" not in body else 200)


def negotiated(accept: str | None) -> str | None:
    """Choose the media type of the answer; None where none of ours is accepted.

    >>> negotiated("application/graphql-response+json, */*"), negotiated("text/csv")
    ('application/graphql-response+json', None)
    """
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    if GRAPHQL_JSON in wanted:
        return GRAPHQL_JSON
    return JSON if {JSON, "application/*", "*/*"} & set(wanted) else None


def _is_browser(request: Request) -> bool:
    asks = request.method == "GET" and "query" not in request.query_params
    return asks and "text/html" in request.headers.get("accept", "")


def _refusal(fault: CallerFault, media: str) -> Response:
    body = fault_body(str(fault), fault.code)
    match fault:
        case BadRequest():
            return _json(body, media, fault.status)
        case PersistedQueryNotFound():
            return _json(body, media, 200)
        case NotByGet():
            return _json(body, media, 405, {"Allow": "POST"})
        case Throttled():
            return _json(body, media, 429, {"Retry-After": str(fault.retry_after)})
        case Unauthenticated():
            return _json(body, media, 401, {"WWW-Authenticate": challenge(fault)})
        case _:
            return _json(body, media, 400)


def _json(
    body: Mapping[str, object], media: str, status: int, headers: Mapping[str, str] | None = None,
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(
        text.encode("utf-8", "replace"), status, {**_ALWAYS, **(headers or {})}, f"{media}; charset=utf-8",
    )


_ALWAYS = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language, Authorization, X-Konomi-Visitor"}
