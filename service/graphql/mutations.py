"""What can be changed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from service.graphql.arguments import given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.info import Info
from service.graphql.mutation_inputs import EventInput, FeedbackInput, RecordEventsInput, SetConsentsInput, event_of
from service.graphql.types.consent import consents
from service.graphql.types.customer import customer
from service.graphql.types.payload import FeedbackPayload, RecordEventsPayload, SetConsentsPayload, user_error
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import InvalidArgument
from service.recommender.events import MOST_PER_CALL, MOST_TEXT_CHARACTERS, Event, Refusal
from service.recommender.identity import Scope
from service.recommender.person import Person

SOURCE = "graphql"


@strawberry.type(description="What can be changed.")
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
        recorded = await context.run(context.services.recorder.record, context.identity, events)
        for person in {event.person for event in events}:
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
        refusals = _refusals(input)
        if not refusals:
            await context.run(_decide, context, person, input)
            context.forget(person)
        lines = await context.run(context.services.consents.decisions, person)
        return SetConsentsPayload(
            viewer=customer(person), consents=consents(lines), user_errors=[user_error(one) for one in refusals],
            client_mutation_id=given(input.client_mutation_id),
        )

    @resolved("Show less like this, never this, or do not use this of my actions.")
    async def give_feedback(
        self, info: Info, input: Annotated[FeedbackInput, strawberry.argument(description="What they say.")],  # noqa: A002
    ) -> FeedbackPayload | None:
        """Take feedback."""
        context = info.context
        person = context.acting_for(given(input.customer_id), Scope.CUSTOMERS_WRITE)
        refusal = await context.run(
            context.services.recorder.give_feedback, person, input.kind, item_id=given(input.item_id),
            event_id=given(input.event_id), token=given(input.token), undo=bool(input.undo),
        )
        context.forget(person)
        return FeedbackPayload(
            viewer=customer(person), user_errors=[] if refusal is None else [user_error(refusal)],
            client_mutation_id=given(input.client_mutation_id),
        )


def _event(one: EventInput, context: Context) -> Event:
    """Read an event; whoever names nobody speaks about themselves."""
    customer_id, visitor_id = given(one.customer_id), given(one.visitor_id)
    if customer_id is not None:
        return event_of(one, Person.customer(customer_id))
    if visitor_id is not None:
        return event_of(one, Person.visitor(visitor_id))
    return event_of(one, context.acting_for(None, Scope.EVENTS_WRITE))


def _refusals(asked: SetConsentsInput) -> list[Refusal]:
    found = []
    if not asked.wording.strip():
        found.append(Refusal(("input", "wording"), "INVALID", "Give the words that the person agreed to."))
    if len(asked.wording) > MOST_TEXT_CHARACTERS:
        found.append(Refusal(("input", "wording"), "INVALID", f"At most {MOST_TEXT_CHARACTERS} characters."))
    found += [
        Refusal(("input", "withdrawals"), "INVALID", f"{purpose} is both granted and withdrawn; choose one.")
        for purpose in Purpose
        if purpose in asked.grants and purpose in asked.withdrawals
    ]
    return found


def _decide(context: Context, person: Person, asked: SetConsentsInput) -> None:
    """Write the decisions; who now allows it finds their recent actions in the next answer."""
    services, now = context.services, context.services.recommender.clock.now()
    services.consents.record(person, [
        Decision(purpose, granted, now, SOURCE, asked.wording)
        for purposes, granted in ((asked.grants, True), (asked.withdrawals, False))
        for purpose in dict.fromkeys(purposes)
    ])
    if Purpose.PERSONALISE_CONTENT in asked.grants:
        services.recorder.push(person)
