"""Frozen lists: in process first, written behind to SQL, so that any replica can go on."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, delete, select

from service.adapters.sql_database import Turn, insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import slates
from service.adapters.sql_tombstones import gone
from service.adapters.sql_write_behind import WriteBehind
from service.recommender.errors import KonomiError, SlatesUnavailable
from service.recommender.ports import Clock
from service.recommender.slate import Slate

KEPT_IN_PROCESS = 4_000
MOST_WAITING = 2_000
MOST_PER_WRITE = 100
SWEEP_EVERY = timedelta(minutes=5)

_GET = select(slates.c.payload).where(slates.c.id == bindparam("id"), slates.c.expires_at > bindparam("now"))
_EXPIRED = delete(slates).where(slates.c.expires_at <= bindparam("now"))

_log = logging.getLogger(__name__)


class SqlSlateStore:
    """Slates on SQLite or PostgreSQL behind a bounded memory; safe to use from several threads.

    `put` never waits: a background thread writes in batches. A slate whose write is lost (the queue is full, the
    database is away) still pages on this replica; `lost_writes` counts it. Call `close` before the process ends.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    clock : tells the background thread when to sweep
    hasty : what answers are read from; the same engine where left out
    """

    def __init__(self, engine: Engine, clock: Clock, hasty: Engine | None = None) -> None:
        self._engine = engine
        self._reader = reader(hasty or engine)
        self._clock = clock
        self._insert = insert_into(engine, slates).on_conflict_do_nothing(index_elements=[slates.c.id])
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, Slate] = OrderedDict()
        self._lost = 0
        self._is_failing = False
        self._swept_at = clock.now()
        self._behind = WriteBehind[Slate](
            self._write, name="konomi-slates", most_waiting=MOST_WAITING, most_per_write=MOST_PER_WRITE
        )

    @property
    def lost_writes(self) -> int:
        """How many slates never reached the database; they page on this replica alone."""
        return self._lost

    def put(self, slate: Slate) -> None:
        """Keep a slate until it expires; the first one under an id stays.

        Raises
        ------
        SlatesUnavailable
            If the last write failed. The slate is kept all the same, maybe on this replica alone.
        """
        with self._lock:
            if slate.id in self._recent:
                return
            self._remember(slate)
        if not self._behind.offer(slate):
            self._count_lost(1)
        if self._is_failing:
            raise SlatesUnavailable("The database did not take the last slates.")

    def get(self, slate_id: str, now: datetime) -> Slate | None:
        """Find a slate; None where it is unknown or expired.

        Raises
        ------
        SlatesUnavailable
            If it is not in process and the database does not answer.
        """
        with self._lock:
            slate = self._recent.get(slate_id)
            if slate is not None:
                self._recent.move_to_end(slate_id)
        if slate is None:
            slate = self._read(slate_id, now)
        return slate if slate is not None and slate.expires_at > now else None

    def sweep(self, now: datetime) -> int:
        """Remove expired slates; the background thread does so every five minutes.

        Returns
        -------
        How many were removed from the database.

        Raises
        ------
        SlatesUnavailable
        """
        with self._lock:
            for slate_id in [key for key, slate in self._recent.items() if slate.expires_at <= now]:
                del self._recent[slate_id]
        with faults_as(SlatesUnavailable), writing(self._engine) as connection:
            return connection.execute(_EXPIRED, {"now": now}).rowcount

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all that was put before is written or counted as lost; False where it takes longer."""
        return self._behind.flush(timeout_s)

    def owners(self) -> frozenset[str]:
        """Keys of the people whose slates this process remembers."""
        with self._lock:
            return frozenset(slate.owner for slate in self._recent.values() if slate.owner)

    def forget(self, owners: Collection[str]) -> None:
        """Drop what this process remembers of some people, by their keys."""
        with self._lock:
            for slate_id in [key for key, slate in self._recent.items() if slate.owner in owners]:
                del self._recent[slate_id]

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what waits, for so long, and stop the background thread; safe to call twice."""
        self._behind.close(timeout_s)

    def _read(self, slate_id: str, now: datetime) -> Slate | None:
        with faults_as(SlatesUnavailable), self._reader.connect() as connection:
            payload = connection.execute(_GET, {"id": slate_id, "now": now}).scalar_one_or_none()
        if payload is None:
            return None
        slate = _slate_of(payload)
        with self._lock:
            self._remember(slate)
        return slate

    def _remember(self, slate: Slate) -> None:
        self._recent[slate.id] = slate
        if len(self._recent) > KEPT_IN_PROCESS:
            self._recent.popitem(last=False)

    def _write(self, batch: Sequence[Slate]) -> None:
        rows = [row for row in map(_row_of, batch) if row is not None]
        self._count_lost(len(batch) - len(rows))
        try:
            if rows:
                with faults_as(SlatesUnavailable), writing(self._engine, Turn.SLATES) as connection:
                    erased = gone(connection, {str(row["owner"]) for row in rows})
                    kept = [row for row in rows if row["owner"] not in erased]
                    if kept:
                        connection.execute(self._insert, kept)
            self._is_failing = False
        except KonomiError as error:
            self._is_failing = isinstance(error, SlatesUnavailable)
            self._count_lost(len(rows))
            _log.warning("%d slates were not written: %s", len(rows), error)
        self._sweep_if_due()

    def _count_lost(self, number: int) -> None:
        with self._lock:
            self._lost += number

    def _sweep_if_due(self) -> None:
        now = self._clock.now()
        if now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        try:
            self.sweep(now)
        except SlatesUnavailable as error:
            _log.warning("Expired slates were not removed: %s", error)


def _row_of(slate: Slate) -> dict[str, str | datetime] | None:
    payload = {
        "id": slate.id,
        "owner": slate.owner,
        "placement": slate.placement,
        "item_ids": slate.item_ids,
        "expires_at": slate.expires_at.isoformat(),
        "explored": list(slate.explored.items()),  # as pairs: the keys of a JSON object would become texts
        "request": dict(slate.request),
        "versions": dict(slate.versions),
    }
    try:
        text = json.dumps(payload, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        _log.warning("A slate of placement %s holds what JSON cannot say: %s", slate.placement, error)
        return None
    return {"id": slate.id, "owner": slate.owner, "payload": text, "expires_at": slate.expires_at}


def _slate_of(payload: str) -> Slate:
    value: dict[str, Any] = json.loads(payload)
    return Slate(
        id=value["id"],
        owner=value["owner"],
        placement=value["placement"],
        item_ids=tuple(value["item_ids"]),
        expires_at=datetime.fromisoformat(value["expires_at"]),
        explored=dict(value["explored"]),
        request=value["request"],
        versions=value["versions"],
    )
