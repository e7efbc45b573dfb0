"""Running coroutines from a test."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

R = TypeVar("R")


def awaited(work: Coroutine[Any, Any, R]) -> R:
    """Run to the end, on a thread of its own: once a browser was open, Playwright's loop runs on the tests' thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
