"""How the change log, which has no times, is kept no longer than its period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete, func, select

from service.adapters.sql_database import insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import changes, cursors
from service.recommender.errors import EventsUnavailable
from service.recommender.retention import Kind, cutoffs

WATERMARK: Final = "retention of changes"


class SqlChangesRetained:
    """The change log, which has no times: what it held at the last look goes once that is a period ago.

    Parameters
    ----------
    days : between two looks, at least; a change is kept for two of them, at most
    """

    name = changes.name

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine, self._days = engine, days

    def overdue(self, now: datetime) -> Mapping[str, int]:
        """Count what would go.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), reader(self._engine).connect() as connection:
            known = connection.execute(select(cursors).where(cursors.c.name == WATERMARK)).one_or_none()
            if known is None or not self._is_over(known.leads_until, now):
                return {}
            number = select(func.count()).where(changes.c.sequence <= known.sequence)
            return {Kind.CHANGES.value: int(connection.execute(number).scalar_one())}

    def sweep(self, now: datetime) -> Iterator[Mapping[str, int]]:
        """Remove what was there a period ago, and remember how far the log is now.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            known = connection.execute(select(cursors).where(cursors.c.name == WATERMARK)).one_or_none()
            if known is not None and not self._is_over(known.leads_until, now):
                return
            newest = connection.execute(select(func.coalesce(func.max(changes.c.sequence), 0))).scalar_one()
            removed = 0
            if known is not None:
                removed = connection.execute(delete(changes).where(changes.c.sequence <= known.sequence)).rowcount
            mark = {"name": WATERMARK, "sequence": newest, "holder": "", "leads_until": now}
            latest = insert_into(self._engine, cursors).values(mark)
            connection.execute(latest.on_conflict_do_update(index_elements=[cursors.c.name], set_=mark))
        yield {Kind.CHANGES.value: removed}

    def _is_over(self, at: datetime, now: datetime) -> bool:
        return cutoffs({Kind.CHANGES: self._days}, now)[Kind.CHANGES] >= at
