"""SIGTERM: what is under way ends, what was acknowledged is kept, sockets say why they close, and the process ends well."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.faulty_shop import RECORD
from tests.acceptance.running import Server
from tests.acceptance.test_subscriptions import customer_of
from tests.acceptance.village import Village

pytestmark = [pytest.mark.demo, pytest.mark.sqlite]

CUSTOMER = "k3"
CALLS = 4


@pytest.fixture
def server(village: Village, tmp_path: Path) -> Iterator[Server]:
    state = Path(shutil.copytree(village.state, tmp_path / "state"))
    with Server(state) as serving:
        serving.token(CUSTOMER)
        yield serving


class Call:
    """An event on its way: the server has read who sends it, and waits for what it is."""

    def __init__(self, server: Server, event_id: str) -> None:
        at = SystemClock().now().isoformat()
        event = {"eventId": event_id, "type": "SEARCH", "occurredAt": at, "text": "tea"}
        self._body = json.dumps({"query": RECORD, "variables": {"events": [event]}}).encode()
        self._wire = socket.create_connection(("127.0.0.1", server.port))
        self._wire.sendall((
            f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token(CUSTOMER)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self._body)}\r\nExpect: 100-continue\r\n\r\n"
        ).encode())
        assert self._wire.recv(1 << 10).startswith(b"HTTP/1.1 100")

    def finish(self) -> int:
        """Send the rest, and read on to the end, where the server hangs up; how many were acknowledged."""
        self._wire.sendall(self._body)
        parts = []
        while part := self._wire.recv(1 << 16):
            parts.append(part)
        answer = json.loads(b"".join(parts).partition(b"\r\n\r\n")[2])
        return int(answer["data"]["recordEvents"]["accepted"])


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Keep every writer of the database waiting."""
    with closing(sqlite3.connect(server.state / "konomi.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def kept(server: Server) -> set[str]:
    with closing(sqlite3.connect(server.state / "konomi.db")) as database:
        return {event_id for (event_id,) in database.execute("SELECT event_id FROM events")}


def listens(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return False
    return True


LIST = """query ($after: String) { viewer { recommendations(first: 5, after: $after) {
  slateId nodes { item { itemId } } pageInfo { endCursor }
} } }"""


def shown(server: Server, after: str | None = None) -> tuple[str, str, set[str]]:
    """A list's name, where it goes on, and the items of a page of it."""
    page = server.ask(LIST, CUSTOMER, {"after": after})["viewer"]["recommendations"]
    return page["slateId"], page["pageInfo"]["endCursor"], {one["item"]["itemId"] for one in page["nodes"]}


def test_what_is_under_way_ends_sockets_are_told_why_and_nothing_is_lost(server):
    slate, cursor, first = shown(server)
    calls = {name: Call(server, name) for name in (uuid4().hex for _ in range(CALLS))}
    with customer_of(server, CUSTOMER) as (listener, _):
        server.process.send_signal(signal.SIGTERM)
        code, reason = listener.closed()
        assert code == 1001
        assert "connect again" in reason
    server.wait_until(lambda: not listens(server))
    assert [call.finish() for call in calls.values()] == [1] * CALLS
    assert server.process.wait() == 0
    assert set(calls) <= kept(server)
    with Server(server.state) as again:
        same, _, second = shown(again, cursor)
    assert same == slate
    assert not first & second


def test_it_ends_well_while_its_database_does_not_answer(server):
    shown(server)
    with held(server):
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait() == 0
