"""Apollo Federation: what a router asks of this service, under the rights of whomever it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import strawberry
from strawberry.federation.schema import FederationAny
from strawberry.printer import print_schema
from strawberry.schema.base import BaseSchema
from strawberry.types.scalar import ScalarDefinition

from service.graphql.context import Context
from service.graphql.finding import customer_of, node_of
from service.graphql.types.customer import Customer
from service.graphql.types.item import Ad, Content, Product, item_of
from service.recommender.errors import InvalidArgument
from service.recommender.question import MOST_ITEMS

Entity = Annotated[
    Product | Content | Ad | Customer,
    strawberry.union("_Entity", description="Whatever has keys that other services may know it by."),
]
KEYS: Mapping[str, str] = {"Product": "itemId", "Content": "itemId", "Ad": "itemId", "Customer": "customerId"}
"""The shop's own key of each type; the other key of all is `id`."""
REPRESENTATION: ScalarDefinition = strawberry.scalar(
    name="_Any", serialize=lambda value: value, parse_value=lambda value: value,
    description='An object known by its type and one of its keys: {"__typename": "Product", "itemId": "17"}.',
)


@strawberry.type(name="_Service", description="What the router must know of this service.")
class FederatedService:
    """What the router must know of this service."""

    sdl: str = strawberry.field(description="The schema, with its federation directives.")


@cache
def told_to_router(schema: BaseSchema) -> FederatedService:
    """Print a schema, once."""
    return FederatedService(sdl=print_schema(schema))


@dataclass(frozen=True, slots=True)
class Reference:
    """An object as another service knows it: its type, and one of its keys."""

    type: str
    key: str
    value: str


def references(said: list[FederationAny]) -> list[Reference]:
    """Read the representations of a router.

    Raises
    ------
    InvalidArgument
        If there are more than 100, or one is of no entity of this service.
    """
    if len(said) > MOST_ITEMS:
        raise InvalidArgument(f"representations has {len(said)} entries; ask for at most {MOST_ITEMS} at once.")
    return [_reference(place, one) for place, one in enumerate(said)]


def _reference(place: int, said: object) -> Reference:
    kind = said.get("__typename") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(kind, str) or kind not in KEYS:
        raise InvalidArgument(f"representations[{place}] has no __typename of {', '.join(KEYS)}.")
    for key in ("id", KEYS[kind]):
        value = said.get(key)
        if isinstance(value, str):
            return Reference(kind, key, value)
    raise InvalidArgument(f"representations[{place}] has neither id nor {KEYS[kind]}, as a string.")


async def entity_of(one: Reference, context: Context) -> Product | Content | Ad | Customer | None:
    """Find an entity; None where there is none for who asks."""
    if one.key == "id":
        found = await node_of(one.value, context)
    elif one.key == "customerId":
        found = await customer_of(one.value, context)
    else:
        found = item_of(one.value, context)
    same_type = isinstance(found, Product | Content | Ad | Customer) and type(found).__name__ == one.type
    return found if same_type else None  # type: ignore[return-value]
