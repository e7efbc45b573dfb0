"""Inputs of mutations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.arguments import InputContext
from strawberry.utils.str_converters import to_camel_case

from service.graphql.arguments import DEFAULT, filled, given
from service.recommender.consent import Purpose
from service.recommender.events import Channel, Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person

MUTATION_ID = "Comes back as it is, to tell answers apart."


@strawberry.input(description="One thing that a person did, or was shown.")
class EventInput:
    """One thing that a person did."""

    event_id: strawberry.ID = strawberry.field(
        description="Made by the client, unique for the person: sending it again changes nothing.",
    )
    type: EventType = strawberry.field(description="What they did.")
    occurred_at: datetime = strawberry.field(description="When it happened, at most 30 days ago.")
    customer_id: str | None = strawberry.field(
        default=DEFAULT, description="Who did it; where neither is given, the bearer.",
    )
    visitor_id: str | None = strawberry.field(default=DEFAULT, description="Who did it, for visitors.")
    item_id: str | None = strawberry.field(default=DEFAULT, description="The shop's own id of the item.")
    channel: Channel | None = strawberry.field(default=Channel.WEB, description="Where it happened.")
    token: str | None = strawberry.field(default=DEFAULT, description="The token of the recommendation that led to it.")
    quantity: Decimal | None = strawberry.field(default=DEFAULT, description="How many, or how much.")
    amount: Decimal | None = strawberry.field(default=DEFAULT, description="What was paid for all of it.")
    discount: Decimal | None = strawberry.field(default=DEFAULT, description="By how much the price was reduced.")
    value: Decimal | None = strawberry.field(default=DEFAULT, description="With RATE: 1 to 5.")
    text: str | None = strawberry.field(default=DEFAULT, description="The query of a search, the words of a review.")
    topic: str | None = strawberry.field(default=DEFAULT, description="What it was about, where it was no item.")
    basket_id: str | None = strawberry.field(default=DEFAULT, description="What was bought at once has one basket.")
    message_id: str | None = strawberry.field(default=DEFAULT, description="The message that was opened or clicked.")
    offer_code: str | None = strawberry.field(default=DEFAULT, description="The offer that was used.")
    in_reply_to: strawberry.ID | None = strawberry.field(default=DEFAULT, description="The event that this answers.")


_OF_EVENT = get_object_definition(EventInput, strict=True)
_FIELDS = {to_camel_case(field.python_name): field.python_name for field in _OF_EVENT.fields}


def event_input_of(kind: type[EventInput], said: Mapping[str, Any], _: InputContext) -> EventInput:
    """Take over the fields, which are leaves and read already.

    Strawberry would resolve the type of each anew for each event, which was most of what recording by GraphQL cost.
    """
    return kind(**{_FIELDS[name]: value for name, value in said.items()})


_OF_EVENT.from_input = event_input_of


@strawberry.input(description="Events to record, at most 500.")
class RecordEventsInput:
    """Events to record."""

    events: list[EventInput] = strawberry.field(description="What happened, in any order.")
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


@strawberry.input(description="What a person decides about their data.")
class SetConsentsInput:
    """What a person decides about their data."""

    grants: list[Purpose] = strawberry.field(description="What their data may be used for from now on.")
    withdrawals: list[Purpose] = strawberry.field(description="What it may no longer be used for.")
    customer_id: str | None = strawberry.field(default=DEFAULT, description="For services with customers:write.")
    wording: str = strawberry.field(description="The very words that the person agreed to; kept as proof.")
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


@strawberry.input(description="The visitor that a customer was before they signed in.")
class LinkVisitorInput:
    """The visitor that a customer was."""

    visitor_id: str = strawberry.field(
        description="What X-Konomi-Visitor said. It alone proves that it was them: make it at random, keep it secret.",
    )
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


@strawberry.input(description="That the bearer wants to be erased.")
class EraseMeInput:
    """That the bearer wants to be erased."""

    confirm: bool = strawberry.field(description="True, since it cannot be taken back.")
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


@strawberry.input(description="Whom a service wants erased.")
class EraseCustomerInput:
    """Whom a service wants erased."""

    customer_id: str = strawberry.field(description="The shop's own id of the customer.")
    confirm: bool = strawberry.field(description="True, since it cannot be taken back.")
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


@strawberry.input(description="What a person says about a recommendation.")
class FeedbackInput:
    """What a person says about a recommendation."""

    customer_id: str | None = strawberry.field(default=DEFAULT, description="For services with customers:write.")
    kind: FeedbackKind = strawberry.field(description="What they say.")
    item_id: str | None = strawberry.field(default=DEFAULT, description="The item that it is about.")
    event_id: strawberry.ID | None = strawberry.field(
        default=DEFAULT, description="With FORGET_ACTION: the eventId of a reason's evidence.",
    )
    token: str | None = strawberry.field(default=DEFAULT, description="The token of the showing, in place of itemId.")
    undo: bool | None = strawberry.field(default=False, description="Take it back.")
    client_mutation_id: str | None = strawberry.field(default=DEFAULT, description=MUTATION_ID)


def event_of(one: EventInput, person: Person) -> Event:
    """Read an event of a person."""
    return Event(
        event_id=one.event_id, person=person, type=one.type, occurred_at=one.occurred_at, item_id=given(one.item_id),
        channel=filled(one.channel, Channel.WEB), quantity=given(one.quantity), amount=given(one.amount),
        discount=given(one.discount), value=given(one.value), text=given(one.text), topic=given(one.topic),
        basket_id=given(one.basket_id), message_id=given(one.message_id), offer_code=given(one.offer_code),
        in_reply_to=given(one.in_reply_to), token=given(one.token),
    )
