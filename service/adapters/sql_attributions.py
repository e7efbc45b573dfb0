"""Which showing led to what a person took, on SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, select

from service.adapters.sql_database import insert_into, reader
from service.adapters.sql_faults import faults_as
from service.adapters.sql_projected import keep_projected
from service.adapters.sql_tables import attributions, events
from service.recommender.attribution import Attributed, Touch
from service.recommender.errors import EventsUnavailable
from service.recommender.events import EventType
from service.recommender.person import Person

MOST_TOUCHES = 200
_TOUCHES = (
    select(events.c.type, events.c.occurred_at, events.c.token)
    .where(
        events.c.person_key == bindparam("person"), events.c.item_id == bindparam("item_id"),
        events.c.type.in_([EventType.CLICK.value, EventType.IMPRESSION.value]), events.c.token.is_not(None),
        events.c.mark.is_(None), events.c.sequence < bindparam("before"),
        events.c.occurred_at.between(bindparam("since"), bindparam("until")),
    )
    # Clicks go before looks: however often something is looked at, no click is missed.
    .order_by(events.c.type, events.c.occurred_at.desc(), events.c.sequence.desc())
    .limit(MOST_TOUCHES)
)


class SqlAttributions:
    """Attributions on SQLite or PostgreSQL; safe to use from several threads and processes.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        insert = insert_into(engine, attributions)
        keys = attributions.primary_key.columns
        others = {one.name: insert.excluded[one.name] for one in attributions.c if one.name not in keys}
        self._keep = insert.on_conflict_do_update(index_elements=list(keys), set_=others)

    def touches(self, person: Person, item_id: str, before: int, since: datetime, until: datetime) -> Sequence[Touch]:
        """Find touches of an item, latest first of each type; see `Attributions.touches`.

        Raises
        ------
        EventsUnavailable
        """
        values = {"person": person.key, "item_id": item_id, "before": before, "since": since, "until": until}
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return [Touch(EventType(kind), at, token) for kind, at, token in connection.execute(_TOUCHES, values)]

    def keep(self, found: Sequence[Attributed]) -> None:
        """Keep attributions; see `Attributions.keep`.

        Raises
        ------
        EventsUnavailable
        """
        keep_projected(self._engine, self._keep, [(one, _row_of(one)) for one in found])


def _row_of(one: Attributed) -> dict[str, Any]:
    return {
        "person_key": one.person.key, "event_id": one.event_id, "type": one.type.value, "item_id": one.item_id,
        "occurred_at": one.at, "amount": one.amount, "quantity": one.quantity,
        "touched_by": one.touched_by.value, "touched_at": one.touched_at, "slate_id": one.showing.slate_id,
        "position": one.showing.position, "placement": one.showing.placement, "shown_item_id": one.showing.item_id,
    }
