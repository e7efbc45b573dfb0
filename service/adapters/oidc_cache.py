"""The issuer's keys in memory: read in the background, kept while the issuer is away, never asked for in storms."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from jwt import PyJWK

from service.adapters.jwt_header import Header
from service.adapters.oidc_keys import KeySet
from service.recommender.errors import InvalidToken, IssuerUnavailable
from service.recommender.ports import Clock

FRESH = timedelta(minutes=5)
"""How long keys are used without a look for newer ones."""
LAST_GOOD = timedelta(hours=24)
"""How long keys are used while the issuer is away."""
PAUSE = timedelta(seconds=10)
"""Between the starts of two reads, whoever asks and however the first ended."""
GIVEN_UP = timedelta(minutes=1)
"""After which a read counts as lost, and another may begin."""
PATIENCE_SECONDS = 1.5
"""How long a request waits for a read."""

_log = logging.getLogger("konomi")


@dataclass(frozen=True, slots=True)
class _Held:
    keys: KeySet
    read_at: datetime


class KeyCache:
    """Keys of one issuer. One read at a time, in a thread of its own; requests wait for it as futures, not as threads.

    Parameters
    ----------
    read : reads the keys; may block, raises IssuerUnavailable
    """

    def __init__(self, read: Callable[[], KeySet], clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._fault: IssuerUnavailable | None = None
        self._begun: datetime | None = None
        self._reading: Future[None] | None = None

    async def find(self, header: Header) -> Sequence[PyJWK]:
        """Find the keys that a token names; one that is unknown is looked for once, then refused.

        Raises
        ------
        InvalidToken
            If the issuer has no such key.
        IssuerUnavailable
            If it cannot be asked.
        """
        found = self._known(header)
        if found:
            self.refresh_if_old()
            return found
        reading = self._begin()
        if reading is not None:
            await _patiently(reading)
        found = self._known(header)
        if found:
            return found
        if self._fault is not None or self._usable() is None:
            raise IssuerUnavailable("The issuer's keys cannot be read now; try again soon.") from self._fault
        raise InvalidToken("The token is signed with a key that the issuer does not have; sign in again.")

    def refresh_if_old(self) -> None:
        """Begin to read the keys anew where that is due; nobody waits for it."""
        held = self._held
        if held is None or self._clock.now() - held.read_at > FRESH:
            self._begin()

    def is_ready(self) -> bool:
        """Whether tokens can be checked; begins to read the keys where they are not there."""
        self.refresh_if_old()
        return self._usable() is not None

    def _known(self, header: Header) -> Sequence[PyJWK]:
        keys = self._usable()
        return keys.find(header) if keys is not None else ()

    def _usable(self) -> KeySet | None:
        held = self._held
        return held.keys if held is not None and self._clock.now() - held.read_at <= LAST_GOOD else None

    def _begin(self) -> Future[None] | None:
        """Join the read under way, or begin one; None where the last one is too short ago."""
        now = self._clock.now()
        with self._lock:
            age = None if self._begun is None else now - self._begun
            if self._reading is not None and not self._reading.done() and age is not None and age < GIVEN_UP:
                return self._reading
            if age is not None and age < PAUSE:
                return None
            self._begun, self._reading = now, Future()
            thread = threading.Thread(target=self._run, args=(self._reading, now), name="konomi-issuer", daemon=True)
        thread.start()
        return self._reading

    def _run(self, reading: Future[None], now: datetime) -> None:
        try:
            keys = self._read()
        except IssuerUnavailable as fault:
            self._fault = fault
            _log.warning("The keys of the issuer could not be read; those read last hold for a day: %s", fault)
        except Exception as error:  # noqa: BLE001 - a read that dies must not leave requests waiting, nor end reading for good
            self._fault = IssuerUnavailable("The keys of the issuer could not be read.")
            _log.warning("Reading the keys of the issuer failed: %s", type(error).__name__, exc_info=error)
        else:
            with self._lock:
                if self._held is None or self._held.read_at <= now:
                    self._held, self._fault = _Held(keys, now), None
        finally:
            reading.set_result(None)


async def _patiently(reading: Future[None]) -> None:
    try:
        # shielded: a caller who leaves must not end the read for the others
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(reading)), PATIENCE_SECONDS)
    except TimeoutError:
        return
