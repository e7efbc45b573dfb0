"""The schema."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from service.graphql import enums  # noqa: F401 - describes the core's enums before the schema reads them
from service.graphql.extensions import OneOperation
from service.graphql.info import Info
from service.graphql.mutations import Mutation
from service.graphql.queries import Query
from service.graphql.scalars import SCALARS
from service.graphql.types.item import Ad, Content, Product

CACHED_DOCUMENTS = 512


class Schema(strawberry.Schema):
    """A schema whose errors are logged where they are presented, and nowhere else."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave errors to `errors.present`."""


@cache
def make_schema(*, introspection: bool) -> Schema:
    """Build the schema, once; `introspection` lets clients ask for it."""
    extensions: list[Any] = [
        lambda: ParserCache(maxsize=CACHED_DOCUMENTS), lambda: ValidationCache(maxsize=CACHED_DOCUMENTS), OneOperation,
    ]
    if not introspection:
        extensions.insert(0, DisableIntrospection)
    return Schema(
        query=Query, mutation=Mutation, types=[Product, Content, Ad], extensions=extensions,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, info_class=Info),
    )


def sdl() -> str:
    """Print the schema."""
    return f"{make_schema(introspection=True).as_str()}\n"
