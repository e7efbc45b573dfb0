"""Bytes on the wire that are no HTTP, or HTTP that never gets to its end."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

HEAD = b"POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
BODY = b'{"query": "{ viewer { id } }"}'
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"


def whole(length: object, body: bytes = BODY) -> bytes:
    return HEAD + f"Content-Length: {length}\r\n\r\n".encode() + body


BROKEN: Mapping[str, bytes] = {
    "noise": bytes(range(256)) * 40,
    "nothing but line ends": b"\r\n" * 10_000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "HTTP/2 without being asked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 64,
    "HTTP/9": b"GET /graphql HTTP/9.9\r\nHost: shop\r\n\r\n",
    "a method of a kilobyte": b"A" * 1_000 + b" /graphql HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a path of 200 kilobytes": b"GET /graphql?query=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a header of 200 kilobytes": HEAD + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "20000 headers": HEAD + b"X-A: a\r\n" * 20_000 + b"\r\n",
    "a header without a name": HEAD + b": a\r\n\r\n",
    "a header with a null": HEAD + b"X-A: a\x00b\r\n\r\n",
    "a negative length": whole(-1),
    "a length in words": whole("many"),
    "a length beyond numbers": whole("9" * 1_000),
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 30\r\n\r\n" + BODY,
    "a length and chunks": CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "chunks in words": CHUNKED + b"\r\nzz\r\n" + BODY,
    "a chunk of a negative size": CHUNKED + b"\r\n-1\r\n" + BODY,
    "a chunk beyond numbers": CHUNKED + b"\r\n" + b"f" * 100 + b"\r\n" + BODY,
    "chunks encoded twice": HEAD + b"Transfer-Encoding: chunked, gzip, chunked\r\n\r\n1e\r\n" + BODY,
}
UNFINISHED: Mapping[str, bytes] = {
    "half a request line": b"POST /gra",
    "half a head": HEAD,
    "no body": whole(30, b""),
    "half a body": whole(30, BODY[:10]),
    "a body shorter than it says": whole(1_000),
    "chunks without an end": CHUNKED + b"\r\n1e\r\n" + BODY + b"\r\n",
}
DRIPPED: Mapping[str, tuple[bytes, bytes]] = {
    "a head, byte by byte": (HEAD, b"X-A: " + b"a" * 10_000),
    "headers, one by one": (HEAD, b"X-A: a\r\n" * 10_000),
    "a body, byte by byte": (whole(10_000, b""), b" " * 10_000),
    "chunks, one by one": (CHUNKED + b"\r\n", b"1\r\n \r\n" * 10_000),
}


def received(port: int, sent: bytes, patience: float) -> bytes:
    """Everything that comes back before the server closes; fails where it never does."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        with suppress(BrokenPipeError, ConnectionResetError):
            wire.sendall(sent)
        return b"".join(_read(wire))


def dripped(port: int, start: bytes, drops: bytes, patience: float) -> bool:
    """Whether the server hangs up on someone who sends a byte every now and then."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        wire.sendall(start)
        wire.settimeout(0.05)
        for drop in drops[:int(patience / 0.05)]:
            try:
                wire.sendall(bytes([drop]))
                if wire.recv(4_096) == b"":
                    return True
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return True
    return False


def _read(wire: socket.socket) -> Iterator[bytes]:
    with suppress(ConnectionResetError):
        while got := wire.recv(65_536):
            yield got
