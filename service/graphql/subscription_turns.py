"""Turns: when a subscription looks anew, and who goes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from functools import partial

from service.recommender.changes import Changes
from service.recommender.person import Person

HEALING_S = 5.0
"""When to look again after an answer that was not whole."""
AT_ONCE = 2
"""Subscriptions of a process that look at the same time: a publish must not keep requests waiting."""


class Turns:
    """The turns of one subscription: the first at once, then one after each change; each is paid for.

    However many changes come while the client reads an answer, there is one turn after it.

    Parameters
    ----------
    gate : of all subscriptions, as wide as `AT_ONCE`
    afford : sets aside what a further answer may cost; waits until that is there
    give_back : takes a turn that brought nothing off the bill
    """

    def __init__(
        self, changes: Changes, person: Person | None, gate: asyncio.Semaphore,
        afford: Callable[[], Awaitable[None]], give_back: Callable[[], None],
    ) -> None:
        self._changes, self._person, self._gate = changes, person, gate
        self._afford, self._give_back = afford, give_back
        self._due: float | None = None
        """When to look although nothing is heard, in the loop's time."""
        self._is_looking = False

    async def taken(self) -> AsyncGenerator[None, None]:
        """Take turns without end; close it to stop listening."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        with self._changes.watching(self._person, partial(_wake, loop, woken)):
            while True:
                await self._gate.acquire()
                self._is_looking = True
                try:
                    yield
                finally:
                    if self._is_looking:
                        self.answered()
                        self._give_back()
                await self._wait(woken)
                await self._afford()

    def answered(self) -> None:
        """Let others look: this turn brought an answer, which is still to be sent."""
        if self._is_looking:
            self._is_looking = False
            self._gate.release()

    def look_again(self) -> None:
        """Look again a little later, since this answer was not whole."""
        self._due = asyncio.get_running_loop().time() + HEALING_S

    async def _wait(self, woken: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._due):
                await woken.wait()
        woken.clear()
        self._due = None


def _wake(loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has just ended, and all that waited in it
        loop.call_soon_threadsafe(woken.set)
