"""Sockets whose clients do not read, do not end their messages, send no text, too many frames, or see the server stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.routing import Router, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.sync.client import connect

from service.adapters.uvicorn_websocket import (
    FRAMES_A_SECOND,
    GOING_AWAY,
    MOST_FRAGMENTS,
    NO_TEXT,
    POLICY,
    REASON,
    TOO_BIG,
    BoundedWebSocket,
)

LONG = 30.0
HUGE = 16 << 20
TEXT, CONTINUATION, PING, PONG = 0x1, 0x0, 0x9, 0xA


@dataclass
class Served:
    """A server, and what its application was told."""

    port: int = 0
    told: list[tuple[int, str | None]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    server: uvicorn.Server | None = None

    async def echo(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect as gone:
            self.told.append((gone.code, gone.reason))
        finally:
            self.ended.set()

    async def pour(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("x" * HUGE)
        self.ended.set()

    async def ponder(self, socket: WebSocket) -> None:
        """Read one message, then nothing until it is told to stop."""
        await socket.accept()
        await socket.receive_text()
        await asyncio.Event().wait()

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    app = Router([
        WebSocketRoute("/", made.echo), WebSocketRoute("/pour", made.pour), WebSocketRoute("/ponder", made.ponder),
    ])
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]
    made.server = uvicorn.Server(uvicorn.Config(
        app, ws=BoundedWebSocket, ws_per_message_deflate=False, log_config=None, log_level="warning", lifespan="off",
        timeout_graceful_shutdown=LONG,
    ))
    thread = threading.Thread(target=made.server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield made
    made.server.should_exit = made.server.force_exit = True
    thread.join()
    listener.close()


def shaken(served: Served, path: str = "/") -> socket.socket:
    """A bare connection after its handshake, with little room for what it does not read."""
    wire = socket.socket()
    wire.settimeout(LONG)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", served.port))
    wire.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
    )
    said = b""
    while b"\r\n\r\n" not in said:
        said += wire.recv(1)
    assert said.startswith(b"HTTP/1.1 101")
    return wire


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A short frame, masked with zeros."""
    return bytes([opcode | (0x80 if fin else 0), 0x80 | len(payload), 0, 0, 0, 0]) + payload


def test_the_server_stops_with_a_farewell_and_leaves_no_task(served: Served) -> None:
    with connect(served.url()) as client:
        client.send("hello")
        assert client.recv() == "hello"
        served.server.should_exit = True
        with pytest.raises(ConnectionClosed) as gone:
            client.recv(LONG)
        assert (gone.value.rcvd.code, gone.value.rcvd.reason) == (GOING_AWAY, REASON)
    assert served.ended.wait(LONG)
    assert served.told == [(GOING_AWAY, REASON)]


def test_a_farewell_is_read_even_while_the_application_reads_nothing(served: Served) -> None:
    with connect(served.url("/ponder")) as client:
        for _ in range(3):
            client.send("are you there?")
        served.server.should_exit = True
        with pytest.raises(ConnectionClosed) as gone:
            client.recv(LONG)
        assert gone.value.rcvd.code == GOING_AWAY
        assert gone.value.rcvd_then_sent, "and not cut off"


def until(holds: Callable[[], object]) -> None:
    """Look again and again, for a while."""
    pause = threading.Event()
    for _ in range(int(LONG * 20)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError


def test_what_lies_unread_is_given_up(served: Served) -> None:
    wire = shaken(served, "/pour")
    assert served.ended.wait(LONG)
    until(lambda: not served.server.server_state.connections)
    read = 0
    with suppress(ConnectionResetError):
        while part := wire.recv(1 << 20):
            read += len(part)
    assert read < HUGE
    wire.close()


def test_one_who_pings_and_reads_nothing_is_cut_off(served: Served) -> None:
    wire = shaken(served)
    pings, sent = frame(PING, b"x" * 125) * 1_000, 0
    with suppress(ConnectionResetError, BrokenPipeError):
        while sent < 2_000:
            wire.sendall(pings)
            sent += 1
    assert sent < 2_000
    wire.close()


def closed(wire: socket.socket) -> int:
    """The code of the close frame that comes after everything else."""
    said = b""
    with suppress(ConnectionResetError):
        while part := wire.recv(1 << 16):
            said += part
    return int.from_bytes(said[said.rindex(b"\x88") + 2:][:2])


def test_a_message_without_end_is_ended(served: Served) -> None:
    with shaken(served) as wire:
        wire.sendall(frame(TEXT, b"a", fin=False) + frame(CONTINUATION, fin=False) * (MOST_FRAGMENTS + 1))
        assert closed(wire) == TOO_BIG
    assert served.ended.wait(LONG)


@pytest.mark.parametrize("said", [
    frame(TEXT, b"\xff\xfe"), frame(TEXT, b"secret \xff"), frame(TEXT, b"\xe3\x81", fin=False) + frame(CONTINUATION, b"x"),
    frame(TEXT, b"\xed\xa0\x80"),
])
def test_what_is_no_text_is_told_in_a_line_that_repeats_nothing(
    served: Served, said: bytes, caplog: pytest.LogCaptureFixture,
) -> None:
    with shaken(served) as wire:
        wire.sendall(said)
        assert closed(wire) == NO_TEXT
    assert served.ended.wait(LONG)
    assert [code for code, _ in served.told] == [NO_TEXT]
    (line,) = [one for one in caplog.records if one.name == "uvicorn.error"]
    assert (line.levelname, line.exc_info, "secret" in line.getMessage()) == ("WARNING", None, False)


@pytest.mark.parametrize("many", [frame(PING), frame(PONG), frame(TEXT)])
def test_a_flood_of_frames_is_left_unread(served: Served, many: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at once, little more is taken in than may be sent in a second."""
    taken = []
    for name in ("handle_text", "handle_cont", "handle_ping", "handle_pong"):
        handle = getattr(WebSocketsSansIOProtocol, name)

        def count(self: BoundedWebSocket, *event: Frame, handle: Callable[..., None] = handle) -> None:
            taken.append(1)
            handle(self, *event)

        monkeypatch.setattr(WebSocketsSansIOProtocol, name, count)
    with shaken(served) as wire, suppress(BrokenPipeError, ConnectionResetError):
        wire.sendall(many * 40_000)
        assert closed(wire) == POLICY
    assert served.ended.wait(LONG)
    assert len(taken) <= 2 * FRAMES_A_SECOND


def test_a_message_of_many_parts_is_one_message(served: Served) -> None:
    with connect(served.url()) as client:
        client.send(["a"] * 500)
        assert client.recv() == "a" * 500
