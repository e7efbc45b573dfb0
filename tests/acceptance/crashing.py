"""A server and a projector that may be killed at any moment, and a client that sends events and believes its answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx2
import numpy as np
from sqlalchemy import select

from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_database import connect, migrate
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_tables import cursors
from service.adapters.system_clock import SystemClock
from service.recommender.consent import Decision, Purpose
from service.recommender.events import EventType, RecentAction
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.recommender.recent_actions import NAME
from service.recommender.visit import MOST_RECENT
from tests.acceptance.running import free_port, issuer
from tests.acceptance.victims import Victim

PEOPLE = [Person.customer(f"crash-{number}") for number in range(25)]
CONTENT = frozenset({Purpose.PERSONALISE_CONTENT})
SENDERS, BATCH = 4, 100
MOMENTS = [(1, 12), (1, 12), (1, 12), (40, 70)]
"""How many batches later a death may come: often before anybody has taken over from the last one, sometimes long after."""


@dataclass
class Stores:
    """What the processes share, looked into from outside."""

    state: Path
    database: str
    online: str = "sqlite"

    def __post_init__(self) -> None:
        """Make tables and features, and let everybody consent."""
        self.state.mkdir(parents=True)
        self.repository = FeastRepository(self.state / "features", self.online)
        self.repository.apply()
        self.engine, now = connect(self.database), SystemClock().now()
        migrate(self.engine)
        self.log = SqlEventLog(self.engine)
        for person in PEOPLE:
            decision = Decision(Purpose.PERSONALISE_CONTENT, granted=True, decided_at=now, source="test", wording="May we?")
            SqlConsentLedger(self.engine).record(person, [decision])

    @property
    def settings(self) -> dict[str, str]:
        return {"DATABASE__URL": self.database, "FEATURES__ONLINE": self.online, "AUTH__DEVELOPMENT": "true"}

    def is_projected(self) -> bool:
        """Whether some projector came to the end of the log."""
        with self.engine.connect() as connection:
            sequence = connection.execute(select(cursors.c.sequence).where(cursors.c.name == NAME)).scalar()
        return sequence is not None and sequence >= self.log.last_sequence()

    def recomputed(self) -> Mapping[Person, Sequence[RecentAction]]:
        """Recent actions as the log alone tells them."""
        return {person: list(self.log.recent(person, 0, MOST_RECENT)) for person in PEOPLE}

    def stored(self) -> Mapping[Person, Sequence[RecentAction]]:
        """Recent actions as the feature store has them."""
        features = FeastFeatures(self.repository, SystemClock())
        return {person: list(features.read(person, CONTENT).recent) for person in PEOPLE}


@dataclass
class Client:
    """Sends batches at a pace; what was not acknowledged is sent again as it was, until it is.

    What could not be sent in time, because nobody was there to take it, follows as soon as somebody is.
    """

    stores: Stores
    port: int
    per_second: int
    seed: int
    acknowledged: dict[str, Person] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _batches: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        token = issuer(self.stores.state).service_token("till", [Scope.EVENTS_WRITE])
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._began

    @property
    def batches(self) -> int:
        """How many were acknowledged so far."""
        return self._batches

    def _send(self, sender: int) -> None:
        draw, number = np.random.default_rng([self.seed, sender]), 0
        with httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False) as http:
            while not self._done.is_set():
                batch = self._batch(draw, f"{self.seed}-{sender}-{number}")
                while not self._is_kept(http, batch):
                    if self._done.wait(0.05):
                        return
                number += 1
                due = self._began + number * SENDERS * BATCH / self.per_second
                self._done.wait(max(due - time.monotonic(), 0))

    def _batch(self, draw: np.random.Generator, name: str) -> dict[str, Person]:
        return {f"{name}-{place}": PEOPLE[draw.integers(len(PEOPLE))] for place in range(BATCH)}

    def _is_kept(self, http: httpx2.Client, batch: Mapping[str, Person]) -> bool:
        now = SystemClock().now().isoformat()
        lines = (
            {"eventId": event_id, "type": EventType.SEARCH, "occurredAt": now, "customerId": person.id, "text": event_id}
            for event_id, person in batch.items()
        )
        try:
            answer = http.post("/events", content="\n".join(map(json.dumps, lines)), headers=self._headers)
        except httpx2.TransportError:
            return False
        if answer.status_code != 200:
            return False
        said = answer.json()
        with self._lock:
            self.refused += [one["code"] for one in said["userErrors"]]
            if said["accepted"] + said["duplicates"] == len(batch):
                self.acknowledged |= batch
                self._batches += 1
        return True


@dataclass
class Round:
    """What one round of killing did."""

    server: bool
    projector: bool
    after_batches: int


def rounds_of(size: int, seed: int) -> Sequence[Round]:
    """Draw who dies in each round, and after how many more batches; in one of four, some leader has led for seconds."""
    draw = np.random.default_rng(seed)
    whom = [(True, False), (False, True), (True, True)]
    return [Round(*whom[number % 3], int(draw.integers(*draw.choice(MOMENTS)))) for number in range(size)]


def crash(stores: Stores, rounds: Sequence[Round], per_second: int, seed: int) -> Client:
    """Kill the server, the projector or both, again and again under load; then let them catch up."""
    port = free_port()
    server = Victim(stores.state, stores.settings, "serve", "--port", str(port))
    projector = Victim(stores.state, stores.settings, "projector")
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
            def is_alive() -> bool:
                return http.get("/healthz").status_code == 200

            server.wait_until(is_alive)
            with Client(stores, port, per_second, seed) as client:
                for one in rounds:
                    until = client.batches + one.after_batches
                    server.wait_until(lambda until=until: client.batches >= until)
                    dying = [victim for victim, dies in ((server, one.server), (projector, one.projector)) if dies]
                    for victim in dying:
                        victim.kill()
                    for victim in dying:
                        victim.start()
                    server.wait_until(is_alive)
                until = client.batches + 3
                server.wait_until(lambda: client.batches >= until)
            server.wait_until(stores.is_projected)
    finally:
        server.kill()
        projector.kill()
    return client
