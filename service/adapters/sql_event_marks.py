"""What the log knows that marks new events: what was said just before, and how fast people are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import BigInteger, Connection, bindparam, cast, select

from service.adapters.sql_lists import listed
from service.adapters.sql_tables import events
from service.recommender.events import Event, EventType, Mark
from service.recommender.marking import REPEATED_WITHIN, Earlier

_SAID = {
    dialect: select(events.c.saying, events.c.occurred_at).where(
        events.c.saying.in_(select(cast(listed(dialect, "sayings").c.value, BigInteger))),
        events.c.occurred_at.between(bindparam("since"), bindparam("until")),
    )
    for dialect in ("sqlite", "postgresql")
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
