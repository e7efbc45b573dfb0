"""GraphQL over HTTP at exactly `/graphql`: whatever is sent, the answer is JSON that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from service.graphql.caching import NOBODY, Caching, caching_of
from service.graphql.caller import AGENT_HEADER, PRIVACY_HEADER, ROUTER_HEADER, VISITOR_HEADER, Caller, is_router
from service.graphql.compression import FEWEST_BYTES, compressed
from service.graphql.cors import AllowedOrigins
from service.graphql.documents import documents
from service.graphql.errors import fault_body, incident_body
from service.graphql.execution import Operation, execute
from service.graphql.limits import BadRequest
from service.graphql.negotiation import JSON, accepts_gzip, negotiated
from service.graphql.refusals import refusal_of
from service.graphql.request import ID_PARAMETERS, read_operation
from service.graphql.services import Services
from service.graphql.websocket import WebSocketEndpoint
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault, DependencyFault

PATH = "/graphql"
METHODS = ("GET", "POST")
LONG_BYTES = 64 << 10
"""From which on an answer is compressed off the loop."""


def graphql_routes(services: Services) -> list[Route | WebSocketRoute]:
    """Make the routes of the endpoint."""
    documents(introspection=services.introspection)
    allowed = [Middleware(AllowedOrigins, services.allowed_origins)] if services.allowed_origins else []
    return [Route(PATH, Endpoint(services), middleware=allowed), WebSocketRoute(PATH, WebSocketEndpoint(services))]


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
        media = negotiated(request.headers.get("accept")) or JSON
        try:
            if request.method not in METHODS:
                allowed = ", ".join(METHODS)
                return _written(fault_body(f"Use {allowed}.", ErrorCode.BAD_REQUEST), media, 405, {"Allow": allowed})
            if self._services.graphiql is not None and _is_browser(request):
                return self._services.graphiql(request)
            return await self._executed(request)
        except CallerFault as fault:
            status, headers = refusal_of(fault, media, self._services.refusal_status)
            return _written(fault_body(str(fault), fault.code), media, status, headers)
        except DependencyFault as fault:
            status, headers = refusal_of(fault, media, self._services.refusal_status)
            return _written(incident_body(fault), media, status, headers)
        except ClientDisconnect:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client gets JSON and the log the story
            return _written(incident_body(fault), media, 500)

    async def _executed(self, request: Request) -> Response:
        media = negotiated(request.headers.get("accept"))
        if media is None:
            raise BadRequest("The answer is application/json or application/graphql-response+json; accept one.", 406)
        services, sent = self._services, await read_operation(request)
        caller = Caller(
            authorization=request.headers.get("authorization"), visitor=request.headers.get(VISITOR_HEADER),
            language=request.headers.get("accept-language"),
            address=request.client.host if request.client else None, router=request.headers.get(ROUTER_HEADER),
            privacy_control=request.headers.get(PRIVACY_HEADER), agent=request.headers.get(AGENT_HEADER),
        )
        query = await services.persisted.text_of(sent.document, services.run, lambda: is_router(caller, services))
        body = await execute(services, Operation(query, sent.variables, sent.operation_name, sent.queries_only), caller)
        if "data" not in body:
            return _written(body, media, services.refusal_status.status(media))
        services.persisted.remember(sent.document)
        return await self._answered(request, body, media)

    async def _answered(self, request: Request, body: Mapping[str, object], media: str) -> Response:
        """Write the answer to an operation that ran: kept where everybody's, compressed where asked for."""
        content = _encoded(body)
        caching = caching_of(request, body, content, self._services.public_seconds)
        if caching.is_held_by(request):
            return Response(status_code=304, headers=caching.headers)
        if len(content) < FEWEST_BYTES or "errors" in body or not accepts_gzip(request.headers.get("accept-encoding")):
            return _response(content, media, 200, caching)
        padded = caching is NOBODY
        small = (
            await self._services.run(compressed, content, padded=padded) if len(content) > LONG_BYTES
            else compressed(content, padded=padded)
        )
        return _response(small, media, 200, caching, {"Content-Encoding": "gzip"})


def _is_browser(request: Request) -> bool:
    asks = request.method == "GET" and not {"query", "extensions", *ID_PARAMETERS} & set(request.query_params)
    return asks and "text/html" in request.headers.get("accept", "")


def _written(
    body: Mapping[str, object], media: str, status: int, headers: Mapping[str, str] | None = None,
) -> Response:
    return _response(_encoded(body), media, status, NOBODY, headers)


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _response(
    content: bytes, media: str, status: int, caching: Caching, headers: Mapping[str, str] | None = None,
) -> Response:
    all_headers = {**caching.headers, "X-Content-Type-Options": "nosniff", **(headers or {})}
    return Response(content, status, all_headers, f"{media}; charset=utf-8")
