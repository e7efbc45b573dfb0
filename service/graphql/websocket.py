"""GraphQL over a WebSocket at exactly `/graphql`: whatever is sent, the socket answers, or closes and says why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from service.graphql.budgets import Throttled
from service.graphql.errors import fault_body, incident_body
from service.graphql.services import Services
from service.graphql.subscription_turns import AT_ONCE
from service.graphql.websocket_connection import Connection, close
from service.graphql.websocket_messages import SUBPROTOCOL, Closing, Code
from service.graphql.websocket_places import Places
from service.recommender.error_codes import ErrorCode


class WebSocketEndpoint:
    """An ASGI application of one path."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = Places(services.sockets)
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end."""
        socket = WebSocket(scope, receive, send)
        await socket.receive()
        if not is_allowed(socket, self._services.allowed_origins):
            await _deny(socket, 403, fault_body("Pages of this origin may not connect.", ErrorCode.FORBIDDEN))
            return
        try:
            with self._places.of_address(socket.client.host if socket.client else None):
                await self._serve(socket)
        except Closing as full:
            await _deny(socket, 429, fault_body(full.reason, Throttled.code))

    async def _serve(self, socket: WebSocket) -> None:
        is_ours = SUBPROTOCOL in socket.scope["subprotocols"]
        await socket.accept(SUBPROTOCOL if is_ours else None)
        if not is_ours:
            await close(socket, Closing(Code.WRONG_SUBPROTOCOL, f"Subprotocol not acceptable; speak {SUBPROTOCOL}."))
            return
        try:
            await Connection(socket, self._services, self._places, self._gate).run()
        except Closing as closing:
            await close(socket, closing)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client is told so and the log the story
            told = incident_body(fault)["errors"]
            await close(socket, Closing(Code.INTERNAL, told[0]["message"]))  # type: ignore[index]


def is_allowed(socket: WebSocket, origins: tuple[str, ...]) -> bool:
    """Whether whoever connects may: no page of a browser, one of this very host, or one of an allowed origin."""
    origin = socket.headers.get("origin")
    if origin is None or origin in origins or "*" in origins:
        return True
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return bool(host) and host == socket.headers.get("host", "").lower()


async def _deny(socket: WebSocket, status: int, body: Mapping[str, object]) -> None:
    if "websocket.http.response" not in socket.scope.get("extensions", {}):
        await socket.close()
        return
    await socket.send_denial_response(JSONResponse(body, status, {"Cache-Control": "private, no-store"}))
