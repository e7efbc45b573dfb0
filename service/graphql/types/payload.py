"""What mutations answer. Expected failures are data."""

from __future__ import annotations

import strawberry

from service.graphql.types.consent import Consent
from service.graphql.types.customer import Customer
from service.recommender.events import Refusal

ERRORS = "What was not taken, and why; empty where all is well."
MUTATION_ID = "As it was sent."


@strawberry.type(description="Expected failures are data: a path into the input, a code, and a sentence.")
class UserError:
    """An expected failure."""

    field: list[str] = strawberry.field(description='Path into the input: ["input", "events", "3", "itemId"].')
    code: str = strawberry.field(
        description="For machines: INVALID (a value out of its form), UNKNOWN_ITEM, UNKNOWN_EVENT, NOT_ALLOWED, "
                    "TOO_OLD (more than 30 days), IN_FUTURE, TOKEN_INVALID, CONSENT_MISSING, LIMIT_REACHED or "
                    "BACKPRESSURE (send it again later).",
    )
    message: str = strawberry.field(description="What is wrong and what to do, in a sentence.")


@strawberry.type(description="What became of the events of a call.")
class RecordEventsPayload:
    """What became of the events of a call."""

    accepted: int = strawberry.field(description="New events; they are on disk.")
    duplicates: int = strawberry.field(description="Events that were there before.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
    client_mutation_id: str | None = strawberry.field(description=MUTATION_ID)


@strawberry.type(description="What the person has decided about their data.")
class SetConsentsPayload:
    """What the person has decided about their data."""

    viewer: Customer | None = strawberry.field(description="The person, as they are seen from now on.")
    consents: list[Consent] = strawberry.field(description="Every purpose with what holds now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
    client_mutation_id: str | None = strawberry.field(description=MUTATION_ID)


@strawberry.type(description="What became of a link.")
class LinkVisitorPayload:
    """What became of a link."""

    viewer: Customer | None = strawberry.field(description="The customer, as they are seen from now on.")
    moved: int = strawberry.field(description="Events of the visitor that are the customer's now, and were not before.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
    client_mutation_id: str | None = strawberry.field(description=MUTATION_ID)


@strawberry.type(description="What became of feedback.")
class FeedbackPayload:
    """What became of feedback."""

    viewer: Customer | None = strawberry.field(description="The person, as they are seen from now on.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
    client_mutation_id: str | None = strawberry.field(description=MUTATION_ID)


def user_error(refusal: Refusal) -> UserError:
    """Show a refusal of the core."""
    return UserError(field=list(refusal.field), code=refusal.code, message=refusal.message)
