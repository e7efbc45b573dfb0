"""The operations of a connection end with it, whoever ends it meanwhile."""

from __future__ import annotations

import asyncio

import anyio

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.caller import Caller
from service.graphql.services import Services
from service.graphql.websocket_messages import Subscribe
from service.graphql.websocket_operations import Operations
from service.recommender.person import Person
from tests.coroutines import awaited
from tests.graphql.sockets import UPDATES


def test_whoever_is_cancelled_while_operations_end_is_cancelled_as_they_were_told(
    services: Services, issuer: DevelopmentIssuer,
) -> None:
    async def sent(kind: str, name: str | None = None, payload: object = None) -> None:
        answered.set()

    async def ended_and_cancelled() -> bool:
        caller = Caller.with_token(issuer.token(Person.customer("3")), "en")
        operations = Operations(services, caller, sent, asyncio.Semaphore(1), 5)
        operations.start(Subscribe("1", {"query": UPDATES}))
        await asyncio.wait_for(answered.wait(), 60)
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_soon(scope.cancel)
            await operations.end()
        return scope.cancelled_caught

    answered = asyncio.Event()
    assert awaited(ended_and_cancelled())
