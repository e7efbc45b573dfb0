"""Searches that found nothing, and questions, on SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, exists, func, select

from service.adapters.sql_database import insert_into, reader
from service.adapters.sql_faults import faults_as
from service.adapters.sql_projected import keep_projected
from service.adapters.sql_tables import events, wishes
from service.recommender.errors import EventsUnavailable
from service.recommender.events import EventType
from service.recommender.unmet_demand import FEWEST_PEOPLE, Demand, Unmet, Wish

_ANSWERED = exists().where(
    events.c.in_reply_to == wishes.c.event_id, events.c.type == EventType.ANSWER.value, events.c.mark.is_(None),
)
_PEOPLE = func.count(wishes.c.person_key.distinct())
_DEMANDS = (
    select(
        wishes.c.text, wishes.c.item_id, _PEOPLE.label("people"), func.count().label("events"),
        func.max(wishes.c.occurred_at, type_=wishes.c.occurred_at.type).label("last_at"),
    )
    .where(
        wishes.c.kind == bindparam("kind"), wishes.c.occurred_at >= bindparam("since"),
        wishes.c.occurred_at < bindparam("until"), ~_ANSWERED,
    )
    .group_by(wishes.c.text, wishes.c.item_id)
    .having(_PEOPLE >= FEWEST_PEOPLE)
    .order_by(_PEOPLE.desc(), wishes.c.text)
    .limit(bindparam("most"))
)


class SqlWishes:
    """Wishes on SQLite or PostgreSQL; safe to use from several threads and processes.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        self._insert = insert_into(engine, wishes).on_conflict_do_nothing(
            index_elements=list(wishes.primary_key.columns),
        )

    def keep(self, found: Sequence[Wish]) -> None:
        """Keep wishes; see `Wishes.keep`.

        Raises
        ------
        EventsUnavailable
        """
        keep_projected(self._engine, self._insert, [(one, _row_of(one)) for one in found])

    def demands(self, kind: Unmet, since: datetime, until: datetime, most: int) -> Sequence[Demand]:
        """Tell what enough people wished for; see `Wishes.demands`.

        Raises
        ------
        EventsUnavailable
        """
        values = {"kind": kind.value, "since": since, "until": until, "most": most}
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return [Demand(*row) for row in connection.execute(_DEMANDS, values)]


def _row_of(one: Wish) -> dict[str, Any]:
    return {
        "person_key": one.person.key, "event_id": one.event_id, "kind": one.kind.value, "text": one.text,
        "item_id": one.item_id, "occurred_at": one.at,
    }
