"""WebSocket frames that are no WebSocket, no message of the protocol, or too much of either."""

from __future__ import annotations

import json
import socket
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
COMPRESSED = 0x40
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
BAD_FRAME, NO_TEXT, POLICY, TOO_BIG = 1002, 1007, 1008, 1009
BAD_MESSAGE, NOBODY, FORBIDDEN, DUPLICATE, AGAIN = 4400, 4401, 4403, 4409, 4429


@dataclass(frozen=True)
class SocketAttack:
    """Bytes after the handshake, and what they come to: the number of a close, or the code of an error."""

    name: str
    ends: int | str
    sent: bytes

    def __str__(self) -> str:
        return self.name


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """A frame as RFC 6455 has it, masked with zeros."""
    size, mask = len(payload), 0x80 if masked else 0
    length = (
        bytes([mask | size]) if size < 126
        else bytes([mask | 126]) + struct.pack("!H", size) if size < 1 << 16
        else bytes([mask | 127]) + struct.pack("!Q", size)
    )
    return bytes([opcode | reserved | (0x80 if fin else 0)]) + length + (b"\0\0\0\0" if masked else b"") + payload


def text(said: object) -> bytes:
    """A message of the protocol, or what stands in its place."""
    return frame(TEXT, said.encode() if isinstance(said, str) else json.dumps(said).encode())


def subscribe(name: object = "1", query: object = "{ viewer { id } }", **payload: object) -> bytes:
    return text({"type": "subscribe", "id": name, "payload": {"query": query, **payload}})


def deflated(size: int) -> bytes:
    """That many zeros, as permessage-deflate sends them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(b"\0" * size) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]


def cut(payload: bytes, parts: int, *, ends: bool = True) -> bytes:
    """A message in that many further parts, each of one byte."""
    return frame(TEXT, payload, fin=False) + frame(CONTINUATION, b"x", fin=False) * parts + (frame(CONTINUATION) if ends else b"")


INIT = text({"type": "connection_init"})
LISTENING = subscribe(query="subscription { recommendationsUpdated { slateId } }")

FRAMES = [
    *(SocketAttack(f"text of {said!r}", NO_TEXT, frame(TEXT, said)) for said in (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b'{"type":"\xe3"}')),
    SocketAttack("half a letter, then another", NO_TEXT, frame(TEXT, b"\xe3\x81", fin=False) + frame(CONTINUATION, b"x")),
    SocketAttack("a farewell that is no text", NO_TEXT, frame(CLOSE, struct.pack("!H", 1000) + b"\xff")),
    SocketAttack("a farewell of one byte", BAD_FRAME, frame(CLOSE, b"x")),
    SocketAttack("a farewell of a code that is none", BAD_FRAME, frame(CLOSE, struct.pack("!H", 999))),
    SocketAttack("a frame without a mask", BAD_FRAME, frame(TEXT, b"hi", masked=False)),
    SocketAttack("a reserved bit", BAD_FRAME, frame(TEXT, b"hi", reserved=0x20)),
    *(SocketAttack(f"the opcode {opcode}", BAD_FRAME, frame(opcode, b"hi")) for opcode in (0x3, 0x7, 0xB, 0xF)),
    SocketAttack("an end without a beginning", BAD_FRAME, frame(CONTINUATION, b"hi")),
    SocketAttack("a message within a message", BAD_FRAME, frame(TEXT, b"a", fin=False) + frame(TEXT, b"b")),
    SocketAttack("a ping of 126 bytes", BAD_FRAME, frame(PING, b"x" * 126)),
    SocketAttack("a ping in parts", BAD_FRAME, frame(PING, b"x", fin=False)),
    SocketAttack("HTTP in a socket", BAD_FRAME, b"GET /graphql HTTP/1.1\r\n\r\n"),
    SocketAttack("noise", BAD_FRAME, bytes(range(256)) * 40),
    SocketAttack("what cannot be unpacked", BAD_FRAME, frame(TEXT, b"\xff\xff\xff\xff", reserved=COMPRESSED)),
    SocketAttack("zeros that unpack to 32 MiB", TOO_BIG, frame(BINARY, deflated(32 << 20), reserved=COMPRESSED)),
    SocketAttack("a length beyond memory", TOO_BIG, b"\x81\xff\x7f" + b"\xff" * 7 + b"\0" * 4),
    SocketAttack("a negative length", TOO_BIG, b"\x81\xff" + b"\xff" * 8 + b"\0" * 4),
    SocketAttack("a frame of a megabyte", TOO_BIG, frame(TEXT, b"x" * (1 << 20))),
    SocketAttack("a message over 64 KiB in parts", TOO_BIG, frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 40_000, fin=False)),
    SocketAttack("a message in parts without end", TOO_BIG, cut(b"{", 5_000, ends=False)),
    SocketAttack("empty parts without end", TOO_BIG, frame(TEXT, b"{", fin=False) + frame(CONTINUATION, fin=False) * 5_000),
    SocketAttack("a flood of pings", POLICY, frame(PING, b"x") * 40_000),
    SocketAttack("a flood of pongs", POLICY, frame(PONG) * 40_000),
    SocketAttack("a flood of the protocol's pings", POLICY, text({"type": "ping"}) * 1_000),
    SocketAttack("a flood of bytes", POLICY, frame(BINARY) * 40_000),
    SocketAttack("a flood of endings", POLICY, INIT + text({"type": "complete", "id": "1"}) * 1_000),
]
MESSAGES = [
    *(SocketAttack(f"the text {said[:36]!r}", BAD_MESSAGE, text(said)) for said in (
        "", "1", "null", "true", "[]", "{}", '"text"', "{", "nonsense", '{"type": null}', '{"type": 1}', '{"type": ["ping"]}',
        '{"type": {"a": 1}}', '{"type": "start"}', '{"type": "next"}', '{"type": "connection_ack"}', '{"type": "connection_terminate"}',
        '{"type": "ping", "payload": 1}', '{"type": "ping"} trailing', '{"type": "ping", "payload": {"a": NaN}}',
        '{"type": "ping", "payload": {"a": "\\ud800"}}', "\ufeff{}", "[" * 60_000, "9" * 60_000,
        '{"type": "ping", "payload": ' + '{"a": ' * 9_000,
    )),
    SocketAttack("a message in bytes", BAD_MESSAGE, frame(BINARY, b'{"type": "ping"}')),
    SocketAttack("an operation before init", NOBODY, subscribe()),
    SocketAttack("init twice", AGAIN, INIT + INIT),
    SocketAttack("init a hundred times", AGAIN, INIT * 100),
    SocketAttack("one id twice", DUPLICATE, INIT + LISTENING + LISTENING),
    *(SocketAttack(f"the id {ascii(name)[:24]}", BAD_MESSAGE, INIT + subscribe(name)) for name in (None, "", 1, [], {"a": 1}, "x" * 129)),
    SocketAttack("the end of what has no name", BAD_MESSAGE, INIT + text({"type": "complete"})),
    *(SocketAttack(f"an init of {json.dumps(payload)[:24]}", code, text({"type": "connection_init", "payload": payload})) for payload, code in (
        (1, BAD_MESSAGE), ([], BAD_MESSAGE), ("Bearer x", BAD_MESSAGE), ({"authorization": 1}, BAD_MESSAGE),
        ({"authorization": ["Bearer x"]}, BAD_MESSAGE), ({"authorization": "Bearer x"}, FORBIDDEN),
        ({"authorization": "Basic x"}, FORBIDDEN), ({"x-konomi-visitor": "v" * 129}, FORBIDDEN), ({"visitor": {}}, BAD_MESSAGE),
    )),
]
OPERATIONS = [
    SocketAttack(name, codes, INIT + sent) for name, codes, sent in (
        ("an operation of nothing", "BAD_REQUEST", text({"type": "subscribe", "id": "1"})),
        ("an operation that is a number", "BAD_REQUEST", subscribe(query=1)),
        ("variables that are a list", "BAD_REQUEST", subscribe(variables=[])),
        ("half an operation", "GRAPHQL_PARSE_FAILED", subscribe(query="{")),
        ("a field that is none", "GRAPHQL_VALIDATION_FAILED", subscribe(query="subscription { nothing }")),
        ("two lists to listen to", "GRAPHQL_VALIDATION_FAILED", subscribe(
            query="subscription { a: recommendationsUpdated { slateId } b: recommendationsUpdated { slateId } }")),
        ("a deep operation", "QUERY_TOO_COMPLEX", subscribe(query="{ viewer " * 60 + "{ id }" + " }" * 60)),
        ("a page of no length", "BAD_USER_INPUT", subscribe(query="subscription { recommendationsUpdated(first: -1) { slateId } }")),
        ("a hash of nothing", "PERSISTED_QUERY_NOT_FOUND", subscribe(
            query="", extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}})),
    )
]

SOCKET_ATTACKS: Sequence[SocketAttack] = [*FRAMES, *MESSAGES, *OPERATIONS]


def heard(port: int, attack: SocketAttack, patience: float) -> Iterator[tuple[int, bytes]]:
    """Give the frames that come back until the server closes, each as its opcode and payload; none may be late."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire, wire.makefile("rb") as reader:
        wire.sendall(HANDSHAKE)
        status, *_ = iter(lambda: reader.readline().strip(), b"")
        if not status.startswith(b"HTTP/1.1 101"):
            raise AssertionError(status)
        with suppress(BrokenPipeError, ConnectionResetError):
            wire.sendall(attack.sent)
        unpack = zlib.decompressobj(-zlib.MAX_WBITS).decompress
        with suppress(ConnectionResetError):
            while head := reader.read(2):
                size = int.from_bytes(reader.read({126: 2, 127: 8}.get(head[1], 0))) or head[1]
                payload = reader.read(size)
                yield head[0] & 0xF, unpack(payload + b"\0\0\xff\xff") if head[0] & COMPRESSED else payload


def outcome(port: int, attack: SocketAttack, patience: float) -> tuple[int | str, str]:
    """What an attack comes to, and all that was said."""
    said = []
    for opcode, payload in heard(port, attack, patience):
        if opcode == CLOSE:
            return int.from_bytes(payload[:2]), "".join([*said, payload[2:].decode()])
        if opcode == TEXT:
            said.append(payload.decode())
            message = json.loads(payload)
            if message["type"] == "error" and isinstance(attack.ends, str):
                return str(message["payload"][0]["extensions"]["code"]), "".join(said)
    raise AssertionError("the server closed without a word")
