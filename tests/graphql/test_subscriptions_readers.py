"""Clients that read slowly hear the newest; those that do not read at all are let go, and nothing of them is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from service.graphql import subscription_turns, websocket_connection
from service.graphql.services import Services
from service.graphql.websocket import WebSocketEndpoint
from service.graphql.websocket_messages import SUBPROTOCOL
from service.recommender.events import Event, EventType
from service.recommender.identity import Identity
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.question import Intent
from tests.coroutines import awaited
from tests.graphql.sockets import PATIENCE_S, UPDATES, ids
from tests.small_recommender import SmallRecommender

WHO = Person.customer("3")


class Reader:
    """A client whose reading can be held up; an ASGI server waits in `send` meanwhile, as uvicorn does."""

    def __init__(self, token: str) -> None:
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.read: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.waiting = 0
        for message in ({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}},
                        {"type": "subscribe", "id": "1", "payload": {"query": UPDATES}}):
            self.say(message)

    @property
    def scope(self) -> dict[str, Any]:
        return {
            "type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [SUBPROTOCOL], "query_string": b"",
            "client": ("192.0.2.1", 5), "scheme": "ws", "extensions": {},
        }

    def say(self, message: object) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def receive(self) -> dict[str, Any]:
        if not self.read:
            self.read.append({"type": "connected"})
            return {"type": "websocket.connect"}
        return await self._said.get()

    async def send(self, message: dict[str, Any]) -> None:
        self.waiting += 1
        await self.reads.wait()
        self.waiting -= 1
        self.read.append(message)

    @property
    def pages(self) -> list[dict[str, Any]]:
        texts = [json.loads(one["text"]) for one in self.read if one["type"] == "websocket.send"]
        return [one["payload"]["data"]["recommendationsUpdated"] for one in texts if one["type"] == "next"]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - threads make it hold, too
                await asyncio.sleep(0.005)


@pytest.fixture
def buys(shop: SmallRecommender, services: Services) -> Callable[[str], None]:
    def buy(item_id: str) -> None:
        event = Event(f"e{shop.log.last_sequence()}", WHO, EventType.PURCHASE, shop.clock.now(), item_id)
        shop.recorder.record(Identity(WHO), [event])
        services.changes.tell({WHO})

    return buy


def run(work: Coroutine[Any, Any, None]) -> None:
    awaited(work)


def test_while_an_answer_lies_unread_no_other_is_made_and_then_the_newest_comes(services, issuer, shop, buys):
    async def story() -> None:
        reader = Reader(issuer.customer_token("3"))
        serving = asyncio.create_task(WebSocketEndpoint(services)(reader.scope, reader.receive, reader.send))
        await reader.until(lambda: len(reader.pages) == 1)
        shown = ids(reader.pages[0])
        reader.reads.clear()
        buys(shown[0])
        await reader.until(lambda: reader.waiting == 1)
        looks = shop.features.reads[WHO]
        for item_id in shown[1:]:
            buys(item_id)
            await asyncio.sleep(0.02)
        assert shop.features.reads[WHO] == looks, "nothing is made that nobody reads"
        assert reader.waiting == 1
        reader.reads.set()
        await reader.until(lambda: len(reader.pages) == 3)
        recommender = shop.recommender
        now = recommender.recommend(recommender.open(WHO), recommender.question(intent=Intent.DISCOVER), Window(5))
        assert ids(reader.pages[-1]) == [entry.item_id for entry in now.entries]
        reader.leave()
        await serving
        assert len(reader.pages) == 3
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(story())


def test_who_does_not_read_is_let_go(services, issuer, buys, monkeypatch):
    monkeypatch.setattr(websocket_connection, "SLOWEST_READER_S", 0.05)
    monkeypatch.setattr(websocket_connection, "FAREWELL_S", 0.05)

    async def story() -> None:
        reader = Reader(issuer.customer_token("3"))
        serving = asyncio.create_task(WebSocketEndpoint(services)(reader.scope, reader.receive, reader.send))
        await reader.until(lambda: len(reader.pages) == 1)
        reader.reads.clear()
        buys(ids(reader.pages[0])[0])
        async with asyncio.timeout(PATIENCE_S):
            await serving
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not services.changes.is_watched

    run(story())


def test_who_reads_no_sign_of_life_is_let_go(services, issuer, monkeypatch):
    monkeypatch.setattr(websocket_connection, "SLOWEST_READER_S", 0.05)
    monkeypatch.setattr(websocket_connection, "FAREWELL_S", 0.05)

    async def story() -> None:
        reader = Reader(issuer.customer_token("3"))
        serving = asyncio.create_task(WebSocketEndpoint(services)(reader.scope, reader.receive, reader.send))
        await reader.until(lambda: len(reader.pages) == 1)
        reader.reads.clear()
        reader.say({"type": "ping"})
        async with asyncio.timeout(PATIENCE_S):
            await serving
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(story())


def test_a_lost_connection_ends_all_that_ran_on_it(services, issuer):
    async def story() -> None:
        reader = Reader(issuer.customer_token("3"))

        async def broken(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send" and '"next"' in message["text"]:
                raise OSError
            await reader.send(message)

        serving = asyncio.create_task(WebSocketEndpoint(services)(reader.scope, reader.receive, broken))
        async with asyncio.timeout(PATIENCE_S):
            await serving
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not services.changes.is_watched

    run(story())


def test_the_server_ending_a_connection_ends_all_that_ran_on_it(services, issuer):
    async def story() -> None:
        reader = Reader(issuer.customer_token("3"))
        serving = asyncio.create_task(WebSocketEndpoint(services)(reader.scope, reader.receive, reader.send))
        await reader.until(lambda: len(reader.pages) == 1)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not services.changes.is_watched

    run(story())


def test_after_a_publish_few_look_at_once_and_all_are_served(services, issuer, shop, monkeypatch):
    """Thirty sockets; at no time do more of them look than the gate lets."""
    looking = most = 0
    recommend = shop.recommender.recommend

    def counted(*args: Any) -> Any:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        try:
            return recommend(*args)
        finally:
            looking -= 1

    monkeypatch.setattr(shop.recommender, "recommend", counted)

    async def story() -> None:
        endpoint = WebSocketEndpoint(services)
        readers = [Reader(issuer.customer_token(str(number % 20))) for number in range(30)]
        serving = [asyncio.create_task(endpoint(one.scope, one.receive, one.send)) for one in readers]
        for one in readers:
            await one.until(lambda one=one: one.pages)
            one.leave()
        await asyncio.gather(*serving)

    run(story())
    assert most <= subscription_turns.AT_ONCE
