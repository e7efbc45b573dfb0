"""Recent actions in SQL: the newest of one person, or of each of many in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    case,
    func,
    select,
    true,
    type_coerce,
)

from service.adapters.sql_lists import listed
from service.adapters.sql_tables import events
from service.adapters.sql_types import UNITS
from service.recommender.events import EventType, RecentAction

_TYPES = {one.value: one for one in EventType}


def _topic(of: FromClause) -> ColumnElement[str]:
    return case((of.c.type == EventType.SEARCH.value, of.c.text), else_=of.c.topic)


def _is_action(of: FromClause) -> Sequence[ColumnElement[bool]]:
    """What is an action: it counts, is about something, and was not merely shown."""
    about = of.c.item_id.is_not(None) | _topic(of).is_not(None)
    return about, of.c.type != EventType.IMPRESSION.value, of.c.mark.is_(None)


_ACTION = [
    events.c.sequence,
    events.c.event_id,
    events.c.type,
    func.coalesce(events.c.item_id, "").label("item_id"),
    events.c.occurred_at,
    # Both in the same unit, so that the quotient needs no decimals.
    type_coerce(events.c.amount, BigInteger).label("amount"),
    type_coerce(events.c.quantity, BigInteger).label("quantity"),
    _topic(events).label("topic"),
]
_NEWEST = select(*_ACTION).where(*_is_action(events)).order_by(events.c.sequence.desc()).limit(bindparam("limit"))
OF_ONE = _NEWEST.where(events.c.person_key == bindparam("person"), events.c.sequence > bindparam("after"))
"""The newest first."""


def _of_many(dialect: str) -> Select[Any]:
    """Select the newest actions of each of the people whose keys one parameter lists, as JSON."""
    keys = listed(dialect, "people")
    if dialect == "postgresql":
        theirs = _NEWEST.where(events.c.person_key == keys.c.value).correlate(keys).lateral()
        return select(keys.c.value, theirs).select_from(keys.join(theirs, true())).order_by(theirs.c.sequence)
    # SQLite has no LATERAL; it looks up by sequence what an inner select has found of each key.
    own = events.alias()
    newest = (
        select(own.c.sequence)
        .where(own.c.person_key == keys.c.value, *_is_action(own))
        .order_by(own.c.sequence.desc())
        .limit(bindparam("limit"))
        .correlate(keys)
    )
    found = keys.join(events, events.c.sequence.in_(newest))
    return select(events.c.person_key, *_ACTION).select_from(found).order_by(events.c.sequence)


OF_MANY = {dialect: _of_many(dialect) for dialect in ("sqlite", "postgresql")}
"""By dialect: a person's key, then the action; of each person the oldest first."""


def action_of(row: Sequence[Any]) -> RecentAction:
    """Make an action of a row."""
    sequence, event_id, type_, item_id, occurred_at, amount, quantity, topic = row
    price = None if amount is None else amount / (quantity or UNITS)
    return RecentAction(sequence, event_id, _TYPES[type_], item_id, occurred_at, price, topic)
