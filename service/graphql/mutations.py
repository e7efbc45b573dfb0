"""What can be changed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from service.graphql.arguments import given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.info import Info
from service.graphql.mutation_inputs import (
    EraseCustomerInput,
    EraseMeInput,
    EventInput,
    FeedbackInput,
    LinkVisitorInput,
    RecordEventsInput,
    SetConsentsInput,
    event_of,
)
from service.graphql.types.consent import consents
from service.graphql.types.customer import customer
from service.graphql.types.erasure import EraseMePayload, receipt
from service.graphql.types.payload import (
    FeedbackPayload,
    LinkVisitorPayload,
    RecordEventsPayload,
    SetConsentsPayload,
    user_error,
)
from service.recommender.backpressure import REFUSED
from service.recommender.consenting import Decided, decide
from service.recommender.errors import InvalidArgument
from service.recommender.events import MOST_PER_CALL, Event, Refusal
from service.recommender.identity import Scope
from service.recommender.linking import customer_of, link_visitor
from service.recommender.person import Person

SOURCE = "graphql"


@strawberry.type(description="What can be changed. Expected failures are told in `userErrors`, not as errors.")
class Mutation:
    """What can be changed."""

    @resolved("Record what people did, at most 500 events at once. Each is acknowledged only once "
        "it is on disk; sending one again changes nothing.")
    async def record_events(
        self, info: Info, input: Annotated[RecordEventsInput, strawberry.argument(description="What happened.")],  # noqa: A002
    ) -> RecordEventsPayload | None:
        """Record events."""
        context = info.context
        if len(input.events) > MOST_PER_CALL:
            raise InvalidArgument(f"{len(input.events)} events in one call; send at most {MOST_PER_CALL}.")
        events = [_event(one, context) for one in input.events]
        recorder = context.services.recorder
        with recorder.gate.entered() as has_room:
            recorded = await context.change(recorder.record, context.identity, events) if has_room else REFUSED
        for person in {*(event.person for event in events), context.identity.person}:
            context.forget(person)
        return RecordEventsPayload(
            accepted=recorded.accepted, duplicates=recorded.duplicates,
            user_errors=[user_error(one) for one in recorded.refusals],
            client_mutation_id=given(input.client_mutation_id),
        )

    @resolved("Grant and withdraw purposes; it holds from the next answer.")
    async def set_consents(
        self, info: Info, input: Annotated[SetConsentsInput, strawberry.argument(description="What is decided.")],  # noqa: A002
    ) -> SetConsentsPayload | None:
        """Decide about purposes."""
        context = info.context
        person = context.acting_for(given(input.customer_id), Scope.CUSTOMERS_WRITE)
        decided = Decided(input.grants, input.withdrawals, input.wording, SOURCE)
        refusals = await context.change(decide, context.services.recorder, context.identity, person, decided)
        context.forget(person)
        lines = await context.run(context.services.consents.decisions, person)
        return SetConsentsPayload(
            viewer=customer(person), consents=consents(lines), user_errors=[user_error(one) for one in refusals],
            client_mutation_id=given(input.client_mutation_id),
        )

    @resolved("On login: what the visitor did becomes the customer's, where both have granted PERSONALISE_CONTENT. "
        "Doing it again changes nothing. A visitor stays the first customer's who links it.")
    async def link_visitor(
        self, info: Info, input: Annotated[LinkVisitorInput, strawberry.argument(description="Who they were.")],  # noqa: A002
    ) -> LinkVisitorPayload | None:
        """Link a visitor to the customer who asks."""
        context, recorder = info.context, info.context.services.recorder
        person = customer_of(context.identity)
        linked = await context.change(
            link_visitor, recorder, context.identity, input.visitor_id, context.services.shortest_visitor_id,
        )
        context.forget(person)
        return LinkVisitorPayload(
            viewer=customer(person), moved=linked.moved, user_errors=[user_error(one) for one in linked.refusals],
            client_mutation_id=given(input.client_mutation_id),
        )

    @resolved("Show less like this, never this, or do not use this of my actions.")
    async def give_feedback(
        self, info: Info, input: Annotated[FeedbackInput, strawberry.argument(description="What they say.")],  # noqa: A002
    ) -> FeedbackPayload | None:
        """Take feedback."""
        context = info.context
        person = context.acting_for(given(input.customer_id), Scope.CUSTOMERS_WRITE)
        refusal = await context.change(
            context.services.recorder.give_feedback, context.identity, person, input.kind,
            item_id=given(input.item_id), event_id=given(input.event_id), token=given(input.token),
            undo=bool(input.undo),
        )
        context.forget(person)
        return FeedbackPayload(
            viewer=customer(person), user_errors=[] if refusal is None else [user_error(refusal)],
            client_mutation_id=given(input.client_mutation_id),
        )


    @resolved("Erase everything that is kept about the bearer, with the visitors that they were. It cannot be taken "
        "back; what comes late is refused. `erasureReceipt` tells when the last store is done.")
    async def erase_me(
        self, info: Info, input: Annotated[EraseMeInput, strawberry.argument(description="That they want it.")],  # noqa: A002
    ) -> EraseMePayload | None:
        """Erase whoever asks."""
        person = info.context.acting_for(None, Scope.PRIVACY_ERASE)
        return await _erased(info.context, person, given(input.client_mutation_id), confirmed=input.confirm)

    @resolved("The same for a customer, for services with privacy:erase.")
    async def erase_customer(
        self, info: Info, input: Annotated[EraseCustomerInput, strawberry.argument(description="Whom.")],  # noqa: A002
    ) -> EraseMePayload | None:
        """Erase a customer for a service."""
        info.context.identity.require(Scope.PRIVACY_ERASE)
        person = Person.customer(input.customer_id)
        return await _erased(info.context, person, given(input.client_mutation_id), confirmed=input.confirm)


async def _erased(context: Context, person: Person, mutation_id: str | None, *, confirmed: bool) -> EraseMePayload:
    if not confirmed:
        refusal = Refusal(("input", "confirm"), "INVALID", "Say confirm: true; an erasure cannot be taken back.")
        return EraseMePayload(receipt=None, user_errors=[user_error(refusal)], client_mutation_id=mutation_id)
    receipt_id, found = await context.change(context.services.the_rights.erase, context.identity, person)
    context.forget(person)
    return EraseMePayload(receipt=receipt(receipt_id, found), user_errors=[], client_mutation_id=mutation_id)


def _event(one: EventInput, context: Context) -> Event:
    """Read an event; whoever names nobody speaks about themselves."""
    customer_id, visitor_id = given(one.customer_id), given(one.visitor_id)
    if customer_id is not None:
        return event_of(one, Person.customer(customer_id))
    if visitor_id is not None:
        return event_of(one, Person.visitor(visitor_id))
    return event_of(one, context.acting_for(None, Scope.EVENTS_WRITE))
