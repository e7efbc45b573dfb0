"""One socket from init to end: who it speaks for, what it may send when, and why it is closed.

    waiting for init  →  acknowledged  →  closed

Before init only signs of life are taken, and only for a while. Whatever ends the socket is a `Closing`; the time limit
comes with the one that it stands for, so that a silent client, an expired token and a client that does not read end in
the same way as a bad message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import datetime

from starlette.websockets import WebSocket, WebSocketDisconnect

from service.graphql.caller import AGENT_HEADER, PRIVACY_HEADER, ROUTER_HEADER, VISITOR_HEADER, Caller, identify
from service.graphql.services import Services
from service.graphql.websocket_messages import (
    Closing,
    Code,
    Complete,
    Init,
    Ping,
    Pong,
    Received,
    Subscribe,
    read_message,
    write_message,
)
from service.graphql.websocket_operations import Operations
from service.graphql.websocket_places import Places
from service.recommender.errors import CallerFault, DependencyFault

INIT_S = 5.0
SLOWEST_READER_S = 10.0
"""How long one message may wait to be read; further ones are not even made meanwhile."""
FAREWELL_S = 1.0
LONGEST_S = 86_400.0
"""After which a client connects anew, so that no socket outlives what it was opened under."""
MESSAGES_A_SECOND = 200.0
_EXPIRED = Closing(Code.FORBIDDEN, "The token has expired; connect again with a new one.")
_TOO_OLD = Closing(Code.TRY_LATER, "This connection is a day old; connect again.")


class Connection:
    """One accepted socket.

    Parameters
    ----------
    places : of the process
    gate : of all subscriptions of the process
    """

    def __init__(self, socket: WebSocket, services: Services, places: Places, gate: asyncio.Semaphore) -> None:
        self._socket, self._services, self._places, self._gate = socket, services, places, gate
        self._operations: Operations | None = None
        self._limit = asyncio.timeout(INIT_S)
        self._task = asyncio.current_task()
        self._when_over = Closing(Code.INIT_TIMEOUT, "connection_init did not come in time.")
        self._kept = ExitStack()
        self._credit, self._credited_at = MESSAGES_A_SECOND, 0.0

    async def run(self) -> None:
        """Serve the client until either side ends it; nothing of it is left then.

        Raises
        ------
        Closing
            If it is for us to close.
        """
        try:
            async with self._limit:
                await self._read()
        except TimeoutError:
            raise self._when_over from None
        finally:
            self._kept.close()
            if self._operations is not None:
                await self._operations.end()

    async def _read(self) -> None:
        while (received := await self._socket.receive())["type"] == "websocket.receive":
            self._check_pace()
            await self._take(read_message(received.get("text")))
            await asyncio.sleep(0)  # many small messages in one packet must not hold the loop

    async def _take(self, message: Received) -> None:
        match message:
            case Init() if self._operations is not None:
                raise Closing(Code.TOO_MANY_INITS, "Too many initialisation requests")
            case Init(payload):
                await self._begin(payload)
            case Ping():
                await self._send("pong")
            case Subscribe():
                if self._operations is None:
                    raise Closing(Code.UNAUTHORISED, "Unauthorized: send connection_init first.")
                self._operations.start(message)
            case Complete(name) if self._operations is not None:
                self._operations.stop(name)
            case Pong() | Complete():
                pass

    async def _begin(self, payload: Mapping[str, object]) -> None:
        caller = caller_of(self._socket, payload)
        try:
            identity = await identify(caller, self._services)
        except CallerFault as fault:
            raise Closing(Code.FORBIDDEN, str(fault)) from None
        except DependencyFault as fault:
            raise Closing(Code.TRY_LATER, f"{fault} Try again later.") from None
        self._kept.enter_context(self._places.of_client(identity, caller.address))
        self._limit_to(identity.expires_at)
        self._operations = Operations(
            self._services, caller, self._send, self._gate, self._places.bounds.operations,
        )
        await self._send("connection_ack")

    def _limit_to(self, expires_at: datetime | None) -> None:
        """Let the socket live as long as the token that opened it."""
        seconds, self._when_over = LONGEST_S, _TOO_OLD
        if expires_at is not None:
            left = (expires_at - self._services.recommender.clock.now()).total_seconds()
            if left < seconds:
                seconds, self._when_over = left, _EXPIRED
        if seconds <= 0:
            raise self._when_over
        self._limit.reschedule(asyncio.get_running_loop().time() + seconds)

    def _check_pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._credit = min(self._credit + (now - self._credited_at) * MESSAGES_A_SECOND, MESSAGES_A_SECOND) - 1
        self._credited_at = now
        if self._credit < 0:
            raise Closing(Code.POLICY, f"More than {MESSAGES_A_SECOND:.0f} messages a second; send fewer.")

    async def _send(self, kind: str, name: str | None = None, payload: object = None) -> None:
        """Send a message; while one waits to be read, its operation makes no other.

        Raises
        ------
        Closing
            If the client is gone, or does not read.
        """
        try:
            async with asyncio.timeout(SLOWEST_READER_S):
                await self._socket.send_text(write_message(kind, name, payload))
        except TimeoutError:
            closing = Closing(Code.POLICY, "What is sent is not read.")
        except (WebSocketDisconnect, RuntimeError):
            closing = Closing(Code.TRY_LATER, "The connection is lost.")
        else:
            return
        if asyncio.current_task() is not self._task:
            self._when_over = closing
            with suppress(RuntimeError):  # it is ending already
                self._limit.reschedule(asyncio.get_running_loop().time())
        raise closing


def caller_of(socket: WebSocket, payload: Mapping[str, object]) -> Caller:
    """Say who calls: what the init says goes before the headers, which browsers cannot set.

    Raises
    ------
    Closing
        If the init has something else than text there.
    """
    said = {name.lower(): value for name, value in payload.items()}

    def text(name: str, *others: str) -> str | None:
        value = next((said[one] for one in (name, *others) if said.get(one) is not None), None)
        if value is not None and not isinstance(value, str):
            raise Closing(Code.BAD_MESSAGE, f"{name} in the payload is a string.")
        return value if value is not None else socket.headers.get(name)

    return Caller(
        authorization=text("authorization"), visitor=text(VISITOR_HEADER.lower(), "visitor"),
        language=text("accept-language", "language"), address=socket.client.host if socket.client else None,
        router=text(ROUTER_HEADER.lower()), privacy_control=text(PRIVACY_HEADER.lower()),
        agent=socket.headers.get(AGENT_HEADER),
    )


async def close(socket: WebSocket, closing: Closing) -> None:
    """Tell a client why it ends here, if it listens."""
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(FAREWELL_S):
            await socket.close(closing.code, closing.reason)
