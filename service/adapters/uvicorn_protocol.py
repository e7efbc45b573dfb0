"""uvicorn's HTTP with the bounds that it lacks: on the time that requests take to arrive, on heads, on unread answers.

A request arrives in two parts, each with a time of its own: the head from the connection's first moment, or the first
byte after an idle one; the body from the end of the head. While the service works there is no timer here. Pipelined
requests wait for the one before them, which is not held against them. What uvicorn says in plain text is JSON here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.recommender.error_codes import ErrorCode

MOST_HEAD_BYTES = 64 << 10
"""Of the request line and the headers together."""

_SEPARATORS = len(b": \r\n")
_OFFERS = frozenset({b"connection", b"upgrade", b"http2-settings"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may keep a connection waiting, in seconds.

    Parameters
    ----------
    head : from the first moment to the end of the headers
    body : from there to the end of the body
    idle : between two requests, and while a client reads nothing of its answer
    """

    head: float = 10
    body: float = 30
    idle: float = 75


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """All of the request is there, or the connection is no longer HTTP."""


class HeadTooLong(Exception):
    """The request line and the headers are longer than they may be."""


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None, *, patience: Patience,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.timeout_keep_alive = patience.idle  # type: ignore[assignment]  # it goes to call_later alone
        self._patience, self._phase = patience, _Phase.IDLE
        self._head_bytes = self._unparsed_bytes = self._unread_bytes = 0
        self._arrival: asyncio.TimerHandle | None = None
        self._departure: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        _cancel(self._arrival)
        _cancel(self._departure)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what arrived; empty lines between requests count as the beginning of a head."""
        if self._phase is _Phase.IDLE:
            self._await_head()
        self._unparsed_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._decline(data[offer.args[0]:])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._phase is _Phase.HEAD and self._unparsed_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a head, maybe in the same packet as the end of the request before."""
        super().on_message_begin()
        self._head_bytes = 0
        if self._phase is not _Phase.HEAD:
            self._await_head()
        self._unparsed_bytes = self._unparsed_bytes or 1

    def on_url(self, url: bytes) -> None:
        """Take in a part of the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Wait for the body from now on."""
        if self._is_offered_another_protocol:
            return
        _cancel(self._arrival)
        self._unparsed_bytes = 0
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            self._phase = _Phase.ANSWER
        else:
            self._phase = _Phase.BODY
            self._arrival = self.loop.call_later(self._patience.body, self._body_is_late)

    def on_message_complete(self) -> None:
        """Wait for nothing more: it is the service's turn."""
        if self._is_offered_another_protocol:
            return
        _cancel(self._arrival)
        self._unparsed_bytes = 0
        done = self.cycle is not None and self.cycle.response_complete
        self._phase = _Phase.IDLE if done else _Phase.ANSWER
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the client to read this answer."""
        if self._phase is _Phase.ANSWER and not self.pipeline:
            self._phase = _Phase.IDLE
        super().on_response_complete()
        self._await_reader()

    def pause_writing(self) -> None:
        """Wait for the client to read, as does whoever writes."""
        super().pause_writing()
        self._await_reader()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse_head()
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, msg)

    @property
    def _is_offered_another_protocol(self) -> bool:
        """Whether a request offers what is not spoken here, as Java's HttpClient offers HTTP/2 with its first."""
        tunnel = self.parser.get_method() == b"CONNECT"
        return self.parser.should_upgrade() and not tunnel and not self._should_upgrade()

    def _decline(self, rest: bytes) -> None:
        """Read a request anew as if it had offered nothing: the parser would take its body for the other protocol's."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode("ascii")
        lines = [b" ".join([method, self.url, b"HTTP/" + version])]
        lines += [b": ".join(header) for header in self.headers if header[0] not in _OFFERS]
        self.parser = httptools.HttpRequestParser(self)
        self._head_bytes = 0
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    def _await_head(self) -> None:
        self._phase, self._head_bytes, self._unparsed_bytes = _Phase.HEAD, 0, 0
        self._arrival = self.loop.call_later(self._patience.head, self._head_is_late)

    def _count(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts)) + _SEPARATORS
        if self._head_bytes > MOST_HEAD_BYTES:
            raise HeadTooLong

    def _head_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._arrival = self.loop.call_later(self._patience.head, self._head_is_late)
        elif self._unparsed_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.TIMEOUT, "The request's head did not arrive in time.")
        else:
            self.transport.close()

    def _body_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._arrival = self.loop.call_later(self._patience.body, self._body_is_late)
        elif self.cycle.response_started:
            self.transport.abort()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.TIMEOUT, "The request's body did not arrive in time.")
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _await_reader(self) -> None:
        """Cut off a client that does not read: an answer that lies here costs memory."""
        _cancel(self._departure)
        self._unread_bytes = self.transport.get_write_buffer_size()
        if self._unread_bytes:
            self._departure = self.loop.call_later(self._patience.idle, self._answer_lies_unread)

    def _answer_lies_unread(self) -> None:
        before = self._unread_bytes
        self._await_reader()
        if self._unread_bytes >= before:
            self.transport.abort()

    def _refuse_head(self) -> None:
        most = f"The request line and the headers are longer than {MOST_HEAD_BYTES} bytes; send the query by POST."
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, ErrorCode.BAD_REQUEST, most)

    def _refuse(self, status: HTTPStatus, code: ErrorCode, message: str) -> None:
        body = json.dumps({"errors": [{"message": message, "extensions": {"code": code}}]}).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: private, no-store\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
        self._await_reader()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def protocol(patience: Patience) -> Callable[..., BoundedHttp]:
    """Make the protocol of a server's connections; it can be sent to worker processes."""
    return partial(BoundedHttp, patience=patience)
