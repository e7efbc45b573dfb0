"""The schema."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from graphql import GraphQLError
from strawberry import federation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig

from service.graphql import enums  # noqa: F401 - describes the core's enums before the schema reads them
from service.graphql.entities import REPRESENTATION
from service.graphql.event_executor import EventExecutor
from service.graphql.extensions import AsRead
from service.graphql.federation_words import describe
from service.graphql.info import Info
from service.graphql.mutations import Mutation
from service.graphql.queries import Query
from service.graphql.scalars import SCALARS
from service.graphql.subscriptions import Subscription
from service.graphql.types.item import Ad, Content, Product

FEDERATION: Final = "2.4"
"""The first version of Apollo Federation with subscriptions, and one that every router of these years takes."""


class Schema(federation.Schema):
    """A schema whose errors are logged where they are presented, and nowhere else."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave errors to `errors.present`."""


@cache
def make_schema() -> Schema:
    """Build the schema, once."""
    schema = Schema(
        query=Query, mutation=Mutation, subscription=Subscription, types=[Product, Content, Ad], extensions=[AsRead],
        scalar_overrides={FederationAny: REPRESENTATION}, federation_version=FEDERATION,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, info_class=Info),
        execution_context_class=EventExecutor,
    )
    describe(schema._schema)  # noqa: SLF001 - Strawberry has no public way to it
    return schema


def sdl() -> str:
    """Print the schema."""
    return f"{make_schema().as_str()}\n"
