"""The audit log on SQL: appended one at a time, people by a keyed hash alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Engine, insert, select

from service.adapters.sql_database import Turn, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import audit
from service.adapters.sql_tombstones import pseudonym
from service.recommender.audit import FIRST, Action, AuditLine, digest_of
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person

_NEWEST = select(audit.c.digest).order_by(audit.c.sequence.desc()).limit(1)
_ALL = select(audit).order_by(audit.c.sequence)


class SqlAuditLog:
    """The `AuditLog` on SQLite or PostgreSQL; safe to use from several threads and replicas.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated, and given its key by `sql_tombstones.protect`
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def record(
        self, action: Action, actor: str, subject: Person | None, detail: Mapping[str, object], at: datetime,
    ) -> None:
        """Append a line; see `AuditLog.record`.

        Raises
        ------
        EventsUnavailable
        """
        said = json.dumps(detail, sort_keys=True, ensure_ascii=False)
        with faults_as(EventsUnavailable), writing(self._engine, Turn.AUDIT) as connection:
            of_whom = "" if subject is None else pseudonym(connection, subject.key)
            previous = connection.execute(_NEWEST).scalar_one_or_none() or FIRST
            connection.execute(insert(audit), {
                "at": at, "action": action.value, "actor": actor, "subject": of_whom, "detail": said,
                "previous": previous, "digest": digest_of(previous, at, action.value, actor, of_whom, said),
            })

    def lines(self) -> Iterator[AuditLine]:
        """Read all lines, oldest first.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(_ALL).all()
        return (AuditLine(*row) for row in rows)
