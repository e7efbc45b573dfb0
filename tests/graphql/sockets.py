"""A socket of graphql-transport-ws over the small shop, and a herald that looks when it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from service.graphql.websocket_messages import SUBPROTOCOL

PATIENCE_S = 10
UPDATES = "subscription { recommendationsUpdated(intent: DISCOVER, first: 5) { slateId profiled nodes { item { itemId } } } }"


class Socket:
    """Speaks the protocol as a client does."""

    def __init__(self, session: WebSocketTestSession) -> None:
        self.session = session

    def begin(self, payload: Mapping[str, Any] | None = None) -> None:
        self.say({"type": "connection_init", **({"payload": payload} if payload is not None else {})})
        assert self.hear() == {"type": "connection_ack"}

    def say(self, message: object) -> None:
        self.session.send_json(message)

    def hear(self) -> dict[str, Any]:
        message = self.session.portal.call(self._next)
        self.session._raise_on_close(message)
        said: dict[str, Any] = json.loads(message["text"])
        return said

    async def _next(self) -> MutableMapping[str, Any]:
        with anyio.fail_after(PATIENCE_S):
            return await self.session._send_rx.receive()

    def subscribe(self, query: str = UPDATES, name: str = "1", **payload: Any) -> None:
        self.say({"type": "subscribe", "id": name, "payload": {"query": query, **payload}})

    def ask(self, query: str, name: str = "q", **payload: Any) -> Any:
        """The body of an operation's only answer."""
        self.subscribe(query, name, **payload)
        told = self.hear()
        assert (told["type"], told["id"]) == ("next", name), told
        assert self.hear() == {"type": "complete", "id": name}
        return told["payload"]

    def refused(self, query: str, name: str = "q", **payload: Any) -> list[dict[str, Any]]:
        """The errors that an operation ends with."""
        self.subscribe(query, name, **payload)
        told = self.hear()
        assert (told["type"], told["id"]) == ("error", name), told
        errors: list[dict[str, Any]] = told["payload"]
        return errors

    def page(self, name: str = "1") -> dict[str, Any]:
        """The next page that a subscription brings."""
        told = self.hear()
        assert (told["type"], told["id"]) == ("next", name), told
        assert "errors" not in told["payload"], told
        page: dict[str, Any] = told["payload"]["data"]["recommendationsUpdated"]
        return page

    def closed(self) -> tuple[int, str]:
        """Code and reason of the close that comes next."""
        with pytest.raises(WebSocketDisconnect) as gone:
            self.hear()
        return gone.value.code, gone.value.reason


@contextmanager
def connected(http: TestClient, headers: Mapping[str, str] | None = None) -> Iterator[Socket]:
    with http.websocket_connect("/graphql", subprotocols=[SUBPROTOCOL], headers=dict(headers or {})) as session:
        yield Socket(session)


def until(holds: Callable[[], object]) -> None:
    """Look again and again, for a while."""
    pause = threading.Event()
    for _ in range(1_000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError


def ids(page: Mapping[str, Any]) -> list[str]:
    return [node["item"]["itemId"] for node in page["nodes"]]
