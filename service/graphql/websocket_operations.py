"""What runs on one socket: each operation is a task of its own, under everything that holds over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from functools import partial

from graphql import OperationType

from service.graphql.budgets import Throttled
from service.graphql.caller import Caller, client_key, is_router
from service.graphql.errors import fault_body, incident_body
from service.graphql.execution import Operation, Prepared, Refused, carry_out, listen, prepare
from service.graphql.request import operation_of
from service.graphql.services import Services
from service.graphql.subscription_turns import Turns
from service.graphql.websocket_messages import Closing, Code, Subscribe
from service.recommender.errors import CallerFault

EVERY_TYPE = frozenset(OperationType)
LOOK = 200
"""What a turn costs that brought nothing, in fields."""

Send = Callable[[str, str, object], Awaitable[None]]
"""(type, id, payload); raises Closing where the client is gone."""


class Operations:
    """The operations of one connection.

    Parameters
    ----------
    gate : of all subscriptions of the process
    most : how many may run at once
    """

    def __init__(self, services: Services, caller: Caller, send: Send, gate: asyncio.Semaphore, most: int) -> None:
        self._services, self._caller, self._send, self._gate, self._most = services, caller, send, gate, most
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, message: Subscribe) -> None:
        """Run an operation until it ends, or the client has heard enough.

        Raises
        ------
        Closing
            If one of this id is running.
        """
        if message.id in self._running:
            raise Closing(Code.DUPLICATE_ID, f"Subscriber for {message.id} already exists")
        work = self._run(message) if len(self._tasks) < self._most else self._refuse(message)
        task = asyncio.create_task(work)
        self._running[message.id] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, name: str) -> None:
        """End an operation; one that is not running is none of ours any more."""
        if task := self._running.pop(name, None):
            task.cancel()

    async def end(self) -> None:
        """End all, and wait until they have."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:  # and no `gather`, which would pass their cancellation off as that of whoever waits
            await asyncio.wait(self._tasks)

    async def _run(self, message: Subscribe) -> None:
        with suppress(Closing):  # nobody is left to be told
            await self._conclude(message.id, await self._errors_of(message))

    async def _refuse(self, message: Subscribe) -> None:
        too_many = f"{self._most} operations are running on this connection; end one first."
        with suppress(Closing):
            await self._conclude(message.id, fault_body(too_many, Throttled.code)["errors"])

    async def _conclude(self, name: str, errors: object) -> None:
        if self._running.get(name) is asyncio.current_task():  # the client may use the name anew once it is told
            del self._running[name]
        await (self._send("error", name, errors) if errors else self._send("complete", name, None))

    async def _errors_of(self, message: Subscribe) -> object:
        """Send what an operation brings; the errors that ended it, if any did."""
        try:
            async with aclosing(self._results(message.payload)) as results:
                async for body in results:
                    if "data" not in body:
                        return body["errors"]
                    await self._send("next", message.id, body)
        except Refused as refused:
            return refused.body["errors"]
        except Throttled as fault:
            extensions = {"code": fault.code, "retryAfter": fault.retry_after}
            return [{"message": str(fault), "extensions": extensions}]
        except CallerFault as fault:
            return fault_body(str(fault), fault.code)["errors"]
        except Closing:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client is told so and the log the story
            return incident_body(fault)["errors"]
        return None

    async def _results(self, payload: Mapping[str, object]) -> AsyncGenerator[dict[str, object], None]:
        services, sent = self._services, operation_of(payload)
        query = await services.persisted.text_of(
            sent.document, services.run, lambda: is_router(self._caller, services),
        )
        prepared = await prepare(
            services, Operation(query, sent.variables, sent.operation_name), self._caller, EVERY_TYPE,
        )
        services.persisted.remember(sent.document)
        if prepared.chosen.type is not OperationType.SUBSCRIPTION:
            yield await carry_out(prepared)
            return
        turns = self._turns(prepared)
        prepared.context.turns = turns
        async with aclosing(listen(prepared)) as results:
            async for body in results:
                turns.answered()
                yield body

    def _turns(self, prepared: Prepared) -> Turns:
        person = prepared.context.identity.person
        return Turns(
            self._services.changes, person, self._gate, partial(self._afford, prepared), partial(_give_back, prepared),
        )

    async def _afford(self, prepared: Prepared) -> None:
        """Set aside what another answer may cost; whoever cannot pay now waits, and hears the newest then."""
        identity, budgets, clock = prepared.context.identity, self._services.budgets, self._services.recommender.clock
        client = client_key(identity, self._caller.address)
        while True:
            try:
                budgets.purse(client, identity, clock.now().timestamp()).admit(prepared.requested)
            except Throttled as fault:
                await asyncio.sleep(fault.retry_after)
            else:
                return


def _give_back(prepared: Prepared) -> None:
    prepared.settle(None)
    prepared.purse.pay(LOOK)
