"""How much work something is: counted in calls, so that it is the same on any machine, however busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


class Effort:
    """Counts calls of functions, in Python and in C, on the thread that started it."""

    def __init__(self) -> None:
        self.calls = 0

    def start(self) -> None:
        sys.setprofile(self._note)

    def stop(self) -> None:
        sys.setprofile(None)

    def _note(self, _frame: FrameType, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            self.calls += 1


def effort_of(work: Callable[[], object]) -> int:
    """Calls that a piece of work makes."""
    effort = Effort()
    effort.start()
    try:
        work()
    finally:
        effort.stop()
    return effort.calls
