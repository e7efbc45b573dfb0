"""Up to where readers of the log have come, and who of several leads, on SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, bindparam, or_, select, update

from service.adapters.sql_database import insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import cursors
from service.recommender.errors import EventsUnavailable

_OF = select(cursors).where(cursors.c.name == bindparam("of"))
_HELD = (cursors.c.name == bindparam("of")) & (cursors.c.holder == bindparam("me"))
# A lead that ends later than any that is given now was taken by a clock which has been put back since.
_FREE = (cursors.c.leads_until <= bindparam("now")) | (cursors.c.leads_until > bindparam("latest"))
_LEAD = (
    update(cursors)
    .where(cursors.c.name == bindparam("of"), or_(cursors.c.holder == bindparam("me"), _FREE))
    .values(holder=bindparam("me"), leads_until=bindparam("until"))
    .returning(cursors.c.sequence)
)
_ADVANCE = update(cursors).where(_HELD).values(sequence=bindparam("to"))
_RESIGN = update(cursors).where(_HELD).values(leads_until=bindparam("now"))
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class SqlCursors:
    """Cursors on SQLite or PostgreSQL; safe to use from several threads and processes.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        self._begin = insert_into(engine, cursors).on_conflict_do_nothing(index_elements=[cursors.c.name])

    def lead(self, name: str, holder: str, now: datetime, until: datetime) -> int | None:
        """Take or keep the lead; see `Cursors.lead`. Where half of the time is left, nothing is written.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable):
            with self._reader.connect() as connection:
                there = connection.execute(_OF, {"of": name}).one_or_none()
            latest = until + (until - now)
            if there is not None and there.holder != holder and now < there.leads_until <= latest:
                return None
            if there is not None and there.holder == holder and now + (until - now) / 2 < there.leads_until <= latest:
                return int(there.sequence)
            # What a power cut takes of a cursor is done again, which changes nothing.
            with writing(self._engine, lasting=False) as connection:
                if there is None:
                    first = {"name": name, "sequence": 0, "holder": holder, "leads_until": _LONG_AGO}
                    connection.execute(self._begin, first)
                leading = {"of": name, "me": holder, "now": now, "until": until, "latest": latest}
                sequence = connection.execute(_LEAD, leading).scalar_one_or_none()
        return None if sequence is None else int(sequence)

    def advance(self, name: str, holder: str, sequence: int) -> bool:
        """Move the cursor on; see `Cursors.advance`.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), writing(self._engine, lasting=False) as connection:
            return connection.execute(_ADVANCE, {"of": name, "me": holder, "to": sequence}).rowcount == 1

    def resign(self, name: str, holder: str) -> None:
        """Let go of the lead; see `Cursors.resign`.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), writing(self._engine, lasting=False) as connection:
            connection.execute(_RESIGN, {"of": name, "me": holder, "now": _LONG_AGO})
