"""`konomi serve` and clients that take their time: each is told so, and the next honest request is answered at once."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest

from tests.acceptance.running import Server
from tests.acceptance.village import Village
from tests.stores import Stores

SECONDS = {"HTTP__HEADER_SECONDS": "1", "HTTP__BODY_SECONDS": "1", "HTTP__IDLE_SECONDS": "1"}
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"


@pytest.fixture(scope="module")
def impatient(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = stores.copy(village.state, tmp_path_factory.mktemp("impatient") / "state")
    with Server(state, **SECONDS) as serving:
        yield serving


def all_of(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("begun", [POST[:30], POST, POST + b"\r\n", POST + b'\r\n{"query": "{ viewer'])
def test_a_request_that_does_not_end_is_answered_and_closed(impatient: Server, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=60) as connection:
        connection.sendall(begun)
        # On a connection of its own: one kept alive may be closed as idle in the very moment it is used again.
        honest = httpx2.post(f"{impatient.url}/graphql", json={"query": "{ viewer { id } }"}, timeout=60, trust_env=False)
        assert "viewer" in honest.json()["data"], "others are served meanwhile"
        head, _, body = all_of(connection).partition(b"\r\n\r\n")
    assert head.split()[1] == b"408"
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "TIMEOUT"


def test_an_idle_connection_is_closed(impatient: Server) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=60) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _, body = all_of(connection).partition(b"\r\n\r\n")
    assert head.split()[1] == b"200"
    assert json.loads(body) == {"alive": True}
