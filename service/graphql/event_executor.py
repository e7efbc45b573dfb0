"""The executor of subscriptions, which forgets an event once it is answered."""

from __future__ import annotations

from typing import Any

from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class EventExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's, of which each event has its own memory of how fields were grouped.

    graphql-core has all events of a subscription share one, keyed by what is made for each: it grows until the end.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """Make the executor of one event."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001 - it has no public way to
        return executor
