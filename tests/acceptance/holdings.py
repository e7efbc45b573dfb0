"""What a server holds while it serves, and which of it grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import psutil
import redis
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from service.settings import load_settings
from tests.acceptance.running import Server

MEMORY = "MiB of memory"
MOST_GROWN: Mapping[str, float] = {
    MEMORY: 16, "open files and sockets": 6, "threads": 2, "files in the state": 4, "connections to PostgreSQL": 2,
    "connections to Valkey": 2,
}
"""Over the time looked at: sockets come and go, and so do pages of memory."""
WARM = 1 / 3
"""Share of the time in which caches and pools still fill."""


class Growth(NamedTuple):
    """What was held at first and at last, and by how much it grew, which single looks change little."""

    first: float
    last: float
    by: float


@dataclass
class Holdings:
    """Looks at a server now and then, from outside.

    Parameters
    ----------
    pause : seconds between two looks
    """

    server: Server
    pause: float
    seen: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)
    """When, in seconds, and how much."""
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._keep_looking)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def growth(self) -> dict[str, Growth]:
        """What became of all that is held, once it was warm."""
        warm = self.seen[int(len(self.seen) * WARM) :]
        times = np.array([at for at, _ in warm])
        assert len(times) > 5, "too few looks"
        found = {}
        for name in warm[0][1]:
            amounts = np.array([held[name] for _, held in warm])
            by = _median_slope(times, amounts) * (times[-1] - times[0])
            found[name] = Growth(round(float(amounts[0]), 1), round(float(amounts[-1]), 1), round(by, 1))
        return found

    def _keep_looking(self) -> None:
        while not self._done.is_set():
            self.seen.append((time.monotonic(), self._look()))
            self._done.wait(self.pause)

    def _look(self) -> Mapping[str, float]:
        process = psutil.Process(self.server.process.pid)
        held = {
            MEMORY: process.memory_info().rss / 2**20, "open files and sockets": float(process.num_fds()),
            "threads": float(process.num_threads()), "files in the state": float(_files(self.server.state)),
        }
        settings = load_settings({"KONOMI_STATE__DIR": str(self.server.state)})
        online, _ = settings.feature_stores
        if settings.database_url.startswith("postgresql"):
            held["connections to PostgreSQL"] = _connections_to_postgres(settings.database_url)
        if online.startswith("redis"):
            held["connections to Valkey"] = _connections_to_valkey(online)
        return held


def _median_slope(times: np.ndarray, amounts: np.ndarray) -> float:
    """Estimate by Theil and Sen: single outliers and steps count for little, what grows all the time for all."""
    first, second = np.triu_indices(len(times), 1)
    return float(np.median((amounts[second] - amounts[first]) / (times[second] - times[first])))


def _files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def _connections_to_postgres(url: str) -> float:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        counted = connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"),
            {"name": make_url(url).database},
        ).scalar_one()
    return float(counted)


def _connections_to_valkey(url: str) -> float:
    """Of all who use the same database of it but ourselves."""
    number = str(make_url(url).database or "0")
    with closing(redis.Redis.from_url(url)) as client:
        return float(sum(one["db"] == number for one in client.client_list()) - 1)
