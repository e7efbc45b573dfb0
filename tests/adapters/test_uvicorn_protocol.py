"""Clients that are slow, by nature or on purpose, on real sockets."""

from __future__ import annotations

import json
import pickle
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from service.adapters.uvicorn_protocol import MOST_HEAD_BYTES, Patience, protocol

SHORT, LONG = 0.25, 30.0
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HUGE = 32 << 20


@dataclass
class Served:
    """A server, what reached its application, and when that may go on."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    open: Collection[object] = ()
    asked: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    async def answer(self, request: Request) -> Response:
        try:
            self.bodies.append(await request.body())
        except ClientDisconnect:
            self.gone.set()
            raise
        return PlainTextResponse(b"ok")

    async def huge(self, _: Request) -> Response:
        self.asked.set()
        return PlainTextResponse(b"x" * HUGE)

    def slow(self, _: Request) -> Response:
        self.release.wait(LONG)
        return PlainTextResponse(b"slow")

    def wait_until(self, holds: Callable[[], bool]) -> None:
        for _ in range(int(LONG * 100)):
            if holds():
                return
            time.sleep(0.01)
        raise AssertionError("it never came to that")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONG)


def serve(patience: Patience) -> Iterator[Served]:
    served = Served()
    app = Starlette(routes=[
        Route("/", served.answer, methods=["GET", "POST"]), Route("/huge", served.huge), Route("/slow", served.slow),
    ])
    listener = socket.create_server(("127.0.0.1", 0))
    served.port = listener.getsockname()[1]
    config = uvicorn.Config(app, http=protocol(patience), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    served.open = server.server_state.connections
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield served
    served.release.set()
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> Patience:
    return Patience(**{"head": LONG, "body": LONG, "idle": LONG} | getattr(request, "param", {}))


@pytest.fixture
def served(patience: Patience) -> Iterator[Served]:
    yield from serve(patience)


def within(**short: float) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("patience", [short], indirect=True)


def read_all(connection: socket.socket) -> bytes:
    """All until the server closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """One answer with a Content-Length."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += connection.recv(1 << 16)
    head, _, body = said.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(1 << 16)
    return int(head.split()[1]), body


def refusal(said: bytes) -> tuple[int, str]:
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"application/json" in head
    (error,) = json.loads(body)["errors"]
    assert error["message"]
    return int(head.split()[1]), error["extensions"]["code"]


@within(head=SHORT)
@pytest.mark.parametrize("begun", [b"G", b"GET / HTTP/1.1\r\n", HEAD[:-2], b"\r\n", b"\r\n\r\n"])
def test_a_head_that_does_not_end_is_told_so(served: Served, begun: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(begun)
        assert refusal(read_all(connection)) == (408, "TIMEOUT")


@within(head=SHORT)
def test_who_says_nothing_is_left(served: Served) -> None:
    with served.connect() as connection:
        assert read_all(connection) == b""


@within(head=SHORT)
def test_a_drop_now_and_then_gains_no_time(served: Served) -> None:
    """The time is that of the whole head, not of its next byte."""
    started = time.monotonic()
    with served.connect() as connection:
        connection.settimeout(SHORT / 5)
        said = b""
        for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 10_000:
            try:
                connection.sendall(bytes([byte]))
                said = connection.recv(1 << 16)
                break
            except TimeoutError:
                continue
        assert refusal(said) == (408, "TIMEOUT")
    assert time.monotonic() - started < LONG / 2


@within(body=SHORT)
@pytest.mark.parametrize("begun", [HEAD, HEAD + b"abc", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
def test_a_body_that_does_not_end_is_told_so_and_its_request_let_go(served: Served, begun: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(begun)
        assert refusal(read_all(connection)) == (408, "TIMEOUT")
    assert served.gone.wait(LONG)
    assert served.bodies == []


@within(head=SHORT, body=SHORT)
def test_time_that_the_service_takes_is_not_the_clients(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + HEAD + b"bo")
        connection.settimeout(SHORT * 3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(LONG)
        served.release.set()
        status, body = read_answer(connection)
        assert (status, body[:4]) == (200, b"slow")
        assert refusal(body[4:] + read_all(connection)) == (408, "TIMEOUT"), "the second one is late by itself"


@within(idle=SHORT)
def test_an_idle_connection_is_closed(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection) == (200, b"ok")
        assert read_all(connection) == b""


@within(head=SHORT)
def test_each_request_of_a_connection_has_its_own_time(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(3):
            connection.sendall(HEAD + b"body")
            assert read_answer(connection) == (200, b"ok")
            connection.settimeout(SHORT * 2)
            with pytest.raises(TimeoutError):
                connection.recv(1)  # idle for longer than a head may take
            connection.settimeout(LONG)
        connection.sendall(b"GET")
        assert refusal(read_all(connection)) == (408, "TIMEOUT")
    assert served.bodies == [b"body"] * 3


@within(head=LONG / 10, body=LONG / 10)
def test_what_comes_in_time_is_served(served: Served) -> None:
    with served.connect() as connection:
        for byte in HEAD + b"body":
            connection.sendall(bytes([byte]))
        assert read_answer(connection) == (200, b"ok")
        connection.sendall((HEAD + b"body") * 3)
        said = b""
        while said.count(b"200 OK") < 3:
            said += connection.recv(1 << 16)
    assert served.bodies == [b"body"] * 4


@within(idle=SHORT)
def test_an_answer_that_nobody_reads_is_dropped(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n")
        served.wait_until(lambda: served.asked.is_set() and not served.open)
        read = 0
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                read += len(part)
    assert read < HUGE


@within(idle=SHORT * 4)
def test_a_slow_reader_is_waited_for(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said, started = 0, time.monotonic()
        while part := connection.recv(1 << 20):
            said += len(part)
            time.sleep(SHORT / 5)
    assert said > HUGE
    assert time.monotonic() - started > SHORT * 4, "longer than one who reads nothing is waited for"


@pytest.mark.parametrize("head", [
    b"GET /" + b"a" * (MOST_HEAD_BYTES + 1), b"GET / HTTP/1.1\r\nX: " + b"a" * (MOST_HEAD_BYTES + 1),
    b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (MOST_HEAD_BYTES // 6 + 10) + b"\r\n",
])
def test_a_head_that_is_too_long_is_refused(served: Served, head: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(head)
        assert refusal(read_all(connection)) == (431, "BAD_REQUEST")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01", b"HELLO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_is_told_so_in_json(served: Served, sent: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(sent)
        assert refusal(read_all(connection)) == (400, "BAD_REQUEST")


def test_others_are_served_meanwhile(served: Served) -> None:
    slow = [served.connect() for _ in range(50)]
    for connection in slow:
        connection.sendall(HEAD[:20])
    with served.connect() as honest:
        honest.sendall(HEAD + b"body")
        assert read_answer(honest) == (200, b"ok")
    for connection in slow:
        connection.close()


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
OFFERED = b"POST / HTTP/1.1\r\nHost: x\r\n" + OFFER


@pytest.mark.parametrize("sent", [
    OFFERED + b"Content-Length: 4\r\n\r\nbody", OFFERED + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
])
@pytest.mark.parametrize("split", [0, 60, len(OFFERED) + 10, -2])
def test_the_offer_of_another_protocol_is_passed_over(served: Served, sent: bytes, split: int) -> None:
    """Java's HttpClient offers HTTP/2 with its first request; uvicorn and httptools would lose that one's body."""
    with served.connect() as connection:
        for part in (sent[:split], sent[split:]):
            connection.sendall(part)
            time.sleep(0.02 if split else 0)  # so that the parts arrive one by one, most times
        assert read_answer(connection) == (200, b"ok")
        connection.sendall(HEAD + b"more")
        assert read_answer(connection) == (200, b"ok")
    assert served.bodies == [b"body", b"more"]


def test_no_tunnel_is_made(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")
        assert int(connection.recv(1 << 16).split()[1]) in {400, 404, 405}


def test_worker_processes_get_the_same_protocol() -> None:
    made = pickle.loads(pickle.dumps(protocol(Patience(head=1))))  # noqa: S301 - one's own
    assert made.keywords == {"patience": Patience(head=1)}
