"""The messages of graphql-transport-ws: how frames are read without trusting them, and why a socket is closed.

References
----------
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from service.graphql.limits import BadRequest, read_json

SUBPROTOCOL = "graphql-transport-ws"
MOST_FRAME_BYTES = 64 << 10
MOST_ID_CHARACTERS = 128
MOST_REASON_BYTES = 123
"""Of a close frame (RFC 6455)."""


class Code(IntEnum):
    """Why a socket is closed: numbers of RFC 6455, and of the protocol above 4000."""

    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL = 1011
    TRY_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORISED = 4401
    FORBIDDEN = 4403
    WRONG_SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY_INITS = 4429


class Closing(Exception):
    """A socket ends here; the client is told the code and the reason."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode("utf-8", "replace")[:MOST_REASON_BYTES].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """A client says who it is."""

    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ping:
    """A client asks for a sign of life."""


@dataclass(frozen=True, slots=True)
class Pong:
    """A client gives a sign of life."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A client sends an operation, of any type, and names it."""

    id: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Complete:
    """A client has heard enough of an operation."""

    id: str


Received = Init | Ping | Pong | Subscribe | Complete


def read_message(frame: str | None) -> Received:
    """Read what a client sent; None is a frame that is no text.

    Raises
    ------
    Closing
        If it is too long, or no message of the protocol.
    """
    said = _object_in(frame)
    payload = said.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _bad("payload is a JSON object.")
    match said.get("type"):
        case "connection_init":
            return Init(payload or {})
        case "ping":
            return Ping()
        case "pong":
            return Pong()
        case "subscribe":
            return Subscribe(_id(said), payload or {})
        case "complete":
            return Complete(_id(said))
        case _:
            raise _bad("type is connection_init, ping, pong, subscribe or complete.")


def _object_in(frame: str | None) -> Mapping[str, object]:
    if frame is None:
        raise _bad("Send messages as text frames.")
    if len(frame) > MOST_FRAME_BYTES or len(frame.encode("utf-8", "replace")) > MOST_FRAME_BYTES:
        raise Closing(Code.TOO_BIG, f"A message has at most {MOST_FRAME_BYTES} bytes.")
    try:
        said = read_json(frame, "The message")
    except BadRequest as fault:
        raise _bad(str(fault)) from None
    if not isinstance(said, dict):
        raise _bad("A message is a JSON object with a type.")
    return said


def _id(said: Mapping[str, object]) -> str:
    name = said.get("id")
    if not isinstance(name, str) or not 1 <= len(name) <= MOST_ID_CHARACTERS:
        raise _bad(f"id is a string of 1 to {MOST_ID_CHARACTERS} characters.")
    return name


def _bad(reason: str) -> Closing:
    return Closing(Code.BAD_MESSAGE, reason)


def write_message(kind: str, name: str | None = None, payload: object = None) -> str:
    """Write a message for the client.

    >>> write_message("pong"), write_message("next", "1", {"data": None})
    ('{"type":"pong"}', '{"type":"next","id":"1","payload":{"data":null}}')
    """
    said: dict[str, object] = {"type": kind}
    if name is not None:
        said["id"] = name
    if payload is not None:
        said["payload"] = payload
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()
