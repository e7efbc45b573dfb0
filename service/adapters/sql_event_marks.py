"""What the log knows that marks new events: what was said just before, and how fast people are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import JSON, BigInteger, Connection, Text, bindparam, cast, func, select

from service.adapters.sql_tables import events
from service.recommender.events import Event, EventType, Mark
from service.recommender.marking import REPEATED_WITHIN, Earlier

_SAYINGS = bindparam("sayings", type_=Text)
_GIVEN = {
    "sqlite": select(func.json_each(_SAYINGS).table_valued("value").c.value),
    "postgresql": select(cast(func.json_array_elements_text(cast(_SAYINGS, JSON)).column_valued(), BigInteger)),
}
"""One parameter for any number: of a thousand, a driver would have more to do than the database."""
_SAID = {
    dialect: select(events.c.saying, events.c.occurred_at).where(
        events.c.saying.in_(given),
        events.c.occurred_at.between(bindparam("since"), bindparam("until")),
    )
    for dialect, given in _GIVEN.items()
}
_LATEST_OF = (
    select(events.c.occurred_at, events.c.mark)
    .where(events.c.person_key == bindparam("person"), events.c.type != EventType.PURCHASE.value)
    .order_by(events.c.sequence.desc())
    .limit(bindparam("limit"))
)


def earlier_than(
    connection: Connection, events: Sequence[Event], sayings: Sequence[int], paces: Mapping[str, int],
) -> Earlier:
    """Read what bears on new events, in the transaction that keeps them.

    Parameters
    ----------
    events : at least one
    sayings : of the events
    paces : how much each of those who speak for themselves may do in a minute, by their keys
    """
    moments = [event.occurred_at for event in events]
    span = {"since": min(moments) - REPEATED_WITHIN, "until": max(moments) + REPEATED_WITHIN}
    earlier = Earlier()
    for said, at in connection.execute(_SAID[connection.dialect.name], {"sayings": json.dumps(sayings), **span}):
        earlier.said.setdefault(said, []).append(at)
    for key, most in paces.items():
        rows = connection.execute(_LATEST_OF, {"person": key, "limit": most}).all()
        earlier.moments[key] = sorted(row.occurred_at for row in rows)
        robotic = [row.occurred_at for row in rows if row.mark == Mark.BOT.value]
        if robotic:
            earlier.bots[key] = max(robotic)
    return earlier
