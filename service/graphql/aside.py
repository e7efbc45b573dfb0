"""A loop aside: what takes the loop of all requests too long at a stretch is executed on one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

_T = TypeVar("_T")
THREADS = 4
"""At once; others wait. They are not those that stores are waited for on, which what runs here waits for in turn."""


async def aside(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Do something that may await, on a thread and a loop of its own."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: asyncio.run(work()))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="konomi-aside")
