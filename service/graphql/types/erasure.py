"""Erasure: the receipt, and the payload that tells its id once."""

from __future__ import annotations

from datetime import datetime

import strawberry

from service.graphql.types.payload import ERRORS, MUTATION_ID, UserError
from service.recommender import erasure


@strawberry.type(description="What became of one store.")
class ErasureStep:
    """What became of one store."""

    store: str = strawberry.field(description="Which store.")
    done: bool = strawberry.field(description="Whether nothing is left there.")
    removed: int = strawberry.field(description="How many entries it lost.")


@strawberry.type(description="The proof of an erasure; it knows the person by a keyed hash alone.")
class ErasureReceipt:
    """The proof of an erasure."""

    id: strawberry.ID = strawberry.field(description="Its key, told once, in the answer to the erasure.")
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    completed_at: datetime | None = strawberry.field(
        description="When nothing was left anywhere; null while a store is still to do.",
    )
    steps: list[ErasureStep] = strawberry.field(description="Every store, in the order of erasure.")


@strawberry.type(description="What became of an erasure.")
class EraseMePayload:
    """What became of an erasure."""

    receipt: ErasureReceipt | None = strawberry.field(description="The receipt as it is now; keep its id.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
    client_mutation_id: str | None = strawberry.field(description=MUTATION_ID)


def receipt(receipt_id: str, one: erasure.ErasureReceipt) -> ErasureReceipt:
    """Show a receipt."""
    return ErasureReceipt(
        id=strawberry.ID(receipt_id), requested_at=one.requested_at, completed_at=one.completed_at,
        steps=[ErasureStep(store=step.store, done=step.done, removed=step.removed) for step in one.steps],
    )
