"""What one worker keeps until it ends: a copy of each state that tests share, and the servers over it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.acceptance.running import Server
from tests.stores import Stores


class Standing:
    """Copies and servers, each made when it is first asked for.

    The tests of a file run on one pair of stores and then on the other; what they share outlives that.
    """

    def __init__(self, stores: Stores, folder: Path) -> None:
        self._stores, self._folder = stores, folder
        self._copies: dict[Path, Path] = {}
        self._servers: dict[tuple[Path, int], Server] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def copy_of(self, state: Path) -> Path:
        """A copy that tests may write to."""
        if state not in self._copies:
            self._copies[state] = self._stores.copy(state, self._folder / str(len(self._copies)) / "state")
        return self._copies[state]

    def server_over(self, state: Path, number: int = 1) -> Server:
        """`konomi serve` over a copy, as operators run it; several with different numbers."""
        if (state, number) not in self._servers:
            self._servers[state, number] = self._running.enter_context(Server(self.copy_of(state)))
        return self._servers[state, number]
