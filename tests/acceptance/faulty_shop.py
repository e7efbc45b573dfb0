"""The village shop on servers that may fail, and what its customers see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text

from service.adapters.sql_database import connect
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.system_clock import SystemClock
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from tests import stores
from tests.acceptance.faulting import SEGMENT_MIB, FaultyServers
from tests.acceptance.running import Server

HOME = """{ viewer { home {
  profiled degraded { part } hero { item { itemId } }
  shelves { key items { degraded { part } nodes { item { itemId } } } }
} } }"""
RECORD = """mutation ($events: [EventInput!]!) {
  recordEvents(input: {events: $events}) { accepted userErrors { code } }
}"""
FILLED_BYTES = 2 * SEGMENT_MIB << 20
BATCH = 500
FEWEST_SHELVES = 2


def carried(state: Path, to: Path, servers: FaultyServers) -> Path:
    """Bring a state to the servers, with tables so large that a disk may be too full for more of them."""
    stores.carried(state, to, servers)  # type: ignore[arg-type]
    engine, now = connect(servers.database()), SystemClock().now()
    log, filler = SqlEventLog(engine), Person.visitor("filler")
    while _bytes_of(engine, "events") < FILLED_BYTES:
        log.append([Event(uuid4().hex, filler, EventType.SEARCH, now, text="x" * 300) for _ in range(BATCH)], now)
    with engine.begin() as connection:
        connection.execute(text(
            "INSERT INTO slates (id, owner, payload, expires_at) SELECT 'filler-' || n, '', repeat('x', 1500),"
            " (SELECT max(recorded_at) + 86400000000 FROM events) FROM generate_series(1, 2000) AS n",
        ))
    assert _bytes_of(engine, "slates") > SEGMENT_MIB << 20
    engine.dispose()
    return to


def _bytes_of(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT pg_relation_size('{table}')")).scalar_one())


UNREAD = frozenset({"CONSENTS", "EVENTS"})
"""What is needed to know whether, and by what, a customer may be profiled."""


def lacking(home: Mapping[str, Any]) -> frozenset[str] | None:
    """What a home page says that it was made without; None where it is not whole.

    Only a shelf of ads may be empty, and says why: those whose showings cannot be counted are not shown.
    """
    told = frozenset(one["part"] for one in home["degraded"])
    shelves = [(one["items"]["nodes"], {part["part"] for part in one["items"]["degraded"]}) for one in home["shelves"]]
    if home["hero"] is None or len(shelves) < FEWEST_SHELVES or not all(nodes or "EVENTS" in why for nodes, why in shelves):
        return None
    return told.union(*(why for _, why in shelves))


def home(server: Server, customer: str) -> frozenset[str]:
    """What a customer's home page says that it was made without; it is whole in any case, and theirs where it may be."""
    shown = server.ask(HOME, customer)["viewer"]["home"]
    parts = lacking(shown)
    assert parts is not None, shown
    assert shown["profiled"] or parts & UNREAD
    assert not (shown["profiled"] and "CONSENTS" in parts)
    return parts


def says(server: Server, customers: Sequence[str], parts: frozenset[str]) -> bool:
    """Whether the home pages of these customers say that they were made without these parts, or, if none, with all."""
    said = [home(server, customer) for customer in customers]
    return all(one >= parts if parts else not one for one in said)


def record(server: Server, customer: str, event_id: str | None = None) -> bool:
    """Send an event, and tell whether it was acknowledged; where it was not, the answer says whose fault it is."""
    at = SystemClock().now().isoformat()
    event = {"eventId": event_id or uuid4().hex, "type": "SEARCH", "occurredAt": at, "text": "tea" * 100}
    answer = server.post(RECORD, customer, {"events": [event]})
    if "errors" not in answer:
        assert answer["data"]["recordEvents"] == {"accepted": 1, "userErrors": []}
        return True
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["INTERNAL"]
    assert "(EVENTS)" in answer["errors"][0]["message"]
    return False
