"""Consents: what a person decided about each purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import strawberry

from service.recommender.consent import Decision, Purpose


@strawberry.type(description="What the person decided about one purpose. What they did not grant is denied.")
class Consent:
    """What a person decided about one purpose."""

    purpose: Purpose = strawberry.field(description="What their data may be used for.")
    granted: bool = strawberry.field(description="Whether it may.")
    decided_at: datetime | None = strawberry.field(description="When they decided; null where they never did.")
    source: str = strawberry.field(description="Where they decided; `default` where they never did.")


UNDECIDED = "default"


def consents(decisions: Iterable[Decision]) -> list[Consent]:
    """Say for every purpose what holds: the newest decision, else no."""
    newest = {decision.purpose: decision for decision in decisions}
    return [
        Consent(purpose=purpose, granted=one.granted, decided_at=one.decided_at, source=one.source)
        if (one := newest.get(purpose))
        else Consent(purpose=purpose, granted=False, decided_at=None, source=UNDECIDED)
        for purpose in Purpose
    ]
