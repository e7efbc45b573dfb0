"""The audit log: who did what with whose data, each line bound to the one before; none changes unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.recommender.person import Person

FIRST = "0" * 64
"""What the first line is bound to."""


class Action(StrEnum):
    """What is put on record."""

    TOLD = "TOLD"
    ERASURE_ASKED = "ERASURE_ASKED"
    VERIFIED = "VERIFIED"
    CORRECTED = "CORRECTED"
    RETENTION = "RETENTION"


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line; `subject` is a keyed hash, empty where it is about nobody."""

    sequence: int
    at: datetime
    action: str
    actor: str
    subject: str
    detail: str
    previous: str
    digest: str


class AuditLog(Protocol):
    """An append-only log, shared by all replicas."""

    def record(
        self, action: Action, actor: str, subject: Person | None, detail: Mapping[str, object], at: datetime,
    ) -> None:
        """Append a line, bound to the newest one; `detail` names nobody.

        Raises
        ------
        EventsUnavailable
        """

    def lines(self) -> Iterable[AuditLine]:
        """Read all lines, oldest first.

        Raises
        ------
        EventsUnavailable
        """


def digest_of(previous: str, at: datetime, action: str, actor: str, subject: str, detail: str) -> str:
    """Bind a line to the one before it (SHA-256)."""
    said = json.dumps([previous, at.isoformat(), action, actor, subject, detail], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def first_broken(lines: Iterable[AuditLine]) -> int | None:
    """Find the sequence of the first line that was changed, or before which one is missing; None where all hold.

    The oldest line that is left is believed what it is bound to: the time of those before it is over.
    """
    previous: str | None = None
    for line in lines:
        bound = line.previous if previous is None else previous
        said = digest_of(bound, line.at, line.action, line.actor, line.subject, line.detail)
        if line.previous != bound or line.digest != said:
            return line.sequence
        previous = line.digest
    return None
