"""Events as lines of JSON: each line is an event or is told what is wrong with it, by its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.graphql.limits import BadRequest, read_json
from service.graphql.scalars import read_decimal, read_moment
from service.recommender.errors import CallerFault
from service.recommender.events import Channel, Event, EventType
from service.recommender.person import Person

_NAMES = {
    "eventId": "event_id", "type": "type", "occurredAt": "occurred_at", "customerId": "customer_id",
    "visitorId": "visitor_id", "itemId": "item_id", "channel": "channel", "token": "token", "quantity": "quantity",
    "amount": "amount", "discount": "discount", "value": "value", "text": "text", "topic": "topic",
    "basketId": "basket_id", "messageId": "message_id", "offerCode": "offer_code", "inReplyTo": "in_reply_to",
}
NAMES = {**{camel: camel for camel in _NAMES}, **{snake: camel for camel, snake in _NAMES.items()}}
"""Both spellings of each column: GraphQL's, and that of the shop's tables."""
_NEEDED = ("eventId", "type", "occurredAt")
_TYPES: Mapping[str, EventType] = {one.value: one for one in EventType}
_CHANNELS: Mapping[str, Channel] = {one.value: one for one in Channel}


class LineFault(Exception):
    """A line is no event; `field` says which part of it, and is empty where it is all of it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def event_of_line(line: bytes) -> Event:
    """Read an event.

    Raises
    ------
    LineFault
    """
    try:
        said = read_json(line, "The line")
    except BadRequest as fault:
        raise LineFault("", str(fault)) from None
    if not isinstance(said, dict):
        raise LineFault("", 'A line is one JSON object: {"eventId": "…", "type": "VIEW", …}.')
    given: dict[str, Any] = {}
    for name, value in said.items():
        known = NAMES.get(name)
        if known is None or known in given:
            raise LineFault(name[:64] if name.isidentifier() else "", "An event has no such field, or has it twice.")
        if value is not None:
            given[known] = value
    missing = next((name for name in _NEEDED if name not in given), None)
    if missing is not None:
        raise LineFault(missing, f"Every event has {', '.join(_NEEDED)}.")
    person = _person(given)
    fields = {_NAMES[name]: _READ.get(name, _text)(name, value) for name, value in given.items()}
    return Event(person=person, **fields)


def _person(given: dict[str, Any]) -> Person:
    customer_id, visitor_id = given.pop("customerId", None), given.pop("visitorId", None)
    if customer_id is not None:
        return Person.customer(_text("customerId", customer_id))
    if visitor_id is not None:
        return Person.visitor(_text("visitorId", visitor_id))
    raise LineFault("customerId", "Say who did it: customerId or visitorId.")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise LineFault(name, "Write it as a string.")
    return value


def _read(name: str, value: object, read: Callable[[object], Any]) -> Any:
    try:
        return read(value)
    except CallerFault as fault:
        raise LineFault(name, str(fault)) from None


def _one_of(name: str, value: object, known: Mapping[str, Any]) -> Any:
    found = known.get(value) if isinstance(value, str) else None
    if found is None:
        raise LineFault(name, f"One of {', '.join(known)}.")
    return found


_READ: Mapping[str, Callable[[str, object], Any]] = {
    "type": lambda name, value: _one_of(name, value, _TYPES),
    "channel": lambda name, value: _one_of(name, value, _CHANNELS),
    "occurredAt": lambda name, value: _read(name, value, read_moment),
    **{
        name: lambda name, value: _read(name, value, read_decimal)
        for name in ("quantity", "amount", "discount", "value")
    },
}
