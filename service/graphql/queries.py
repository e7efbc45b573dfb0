"""What can be asked."""

from __future__ import annotations

from asyncio import gather
from typing import Annotated

import strawberry
from strawberry.federation.schema import FederationAny

from service.graphql.arguments import DEFAULT, given
from service.graphql.entities import Entity, FederatedService, entity_of, references, told_to_router
from service.graphql.fields import resolved
from service.graphql.finding import known_customer, node_of
from service.graphql.info import Info
from service.graphql.inputs import ItemFilter, filter_of
from service.graphql.paging import After, Before, First, Last, window
from service.graphql.sharing import ROUTER_ONLY
from service.graphql.types.customer import Customer, Filter, customer
from service.graphql.types.erasure import ErasureReceipt, receipt
from service.graphql.types.item import Item, item_of
from service.graphql.types.node import Node
from service.graphql.types.recommendation import RecommendationConnection, listed
from service.graphql.types.segment import Locale
from service.graphql.types.transparency import Transparency, transparency
from service.recommender.catalogue import ItemKind
from service.recommender.errors import InvalidArgument
from service.recommender.identity import Scope
from service.recommender.question import MOST_ITEMS

__all__ = ["ItemFilter", "Query"]


@strawberry.type(
    description="What can be asked. `viewer` is where a page begins: its `home` is a whole home page in one query. "
                "Whom the request speaks for is said by `Authorization: Bearer TOKEN`, or by `X-Konomi-Visitor` "
                "without a token; the language of all texts by `Accept-Language`.",
)
class Query:
    """What can be asked."""

    @resolved("Find anything again by its global id; null where there is none for you.", ROUTER_ONLY)
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")],  # noqa: A002
    ) -> Node | None:
        """Find one object."""
        return await node_of(id, info.context)

    @resolved("Find several things again, in the order of their ids.", ROUTER_ONLY)
    async def nodes(
        self, info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[Node | None]:
        """Find several objects."""
        if len(ids) > MOST_ITEMS:
            raise InvalidArgument(f"ids has {len(ids)} entries; ask for at most {MOST_ITEMS} at once.")
        return list(await gather(*(node_of(one, info.context) for one in ids)))

    @resolved("The customer or visitor that the request speaks for.")
    def viewer(self, info: Info) -> Customer:
        """Show the bearer's person."""
        return customer(info.context.identity.person)

    @resolved("For services with customers:read; null where there is none.")
    async def customer(
        self, info: Info,
        customer_id: Annotated[str, strawberry.argument(description="The shop's own id of the customer.")],
    ) -> Customer | None:
        """Show a customer to a service."""
        info.context.identity.require(Scope.CUSTOMERS_READ)
        return await known_customer(customer_id, info.context)

    @resolved("The receipt of an erasure. Its id is the key: it is told once, in the answer to the erasure.")
    async def erasure_receipt(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The receipt's id.")],  # noqa: A002
    ) -> ErasureReceipt | None:
        """Find a receipt for whoever has its id."""
        rights = info.context.services.rights
        found = await info.context.run(rights.eraser.book.receipt, id) if rights is not None else None
        return None if found is None else receipt(id, found)

    @resolved("An item by the shop's own id; null where the shop has none.")
    def item(
        self, info: Info, item_id: Annotated[str, strawberry.argument(description="The shop's own id of the item.")],
    ) -> Item | None:
        """Find an item."""
        return item_of(item_id, info.context)

    @resolved("What is wanted more than it used to be; the same for everybody.")
    async def trending(
        self, info: Info,
        kind: Annotated[ItemKind, strawberry.argument(description="What to list.")] = ItemKind.PRODUCT,
        first: First = 20, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
        filter: Filter = DEFAULT,  # noqa: A002 - the contract's word
    ) -> RecommendationConnection | None:
        """List what trends."""
        recommender = info.context.services.recommender
        question = recommender.question(kind=kind, placement="trending", filter=filter_of(given(filter)))
        cut = window(info, 20, first, after, last, before)
        return await listed(info, lambda: recommender.trending(question, cut))

    @resolved("Items whose titles have every word of the query, the most wanted first.")
    async def search(
        self, info: Info,
        query: Annotated[str, strawberry.argument(description="Words of a title; the last may be unfinished.")],
        kind: Annotated[ItemKind | None, strawberry.argument(description="One kind alone.")] = DEFAULT,
        first: First = 20, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
    ) -> RecommendationConnection | None:
        """Search titles."""
        recommender, wanted = info.context.services.recommender, given(kind)
        kinds = list(ItemKind) if wanted is None else [wanted]
        question = recommender.question(kind=kinds[0], placement="search")
        cut = window(info, 20, first, after, last, before)
        return await listed(info, lambda: recommender.search(query, question, kinds, cut))

    @resolved("What the recommender is, which signals it uses and what a person can choose (DSA art. 27).")
    def transparency(self, info: Info, locale: Locale = DEFAULT) -> Transparency | None:
        """Tell how lists come about."""
        return transparency(info.context, given(locale))

    @resolved("For routers of Apollo Federation: objects that other services know by a key, each null where there is "
        "none for whom the router asks.", name="_entities")
    async def entities(
        self, info: Info,
        representations: Annotated[list[FederationAny], strawberry.argument(
            description="Their types and keys, at most 100.",
        )],
    ) -> list[Entity | None]:
        """Find entities."""
        asked = references(representations)
        return list(await gather(*(entity_of(one, info.context) for one in asked)))

    @resolved("For routers of Apollo Federation: the schema, for service tokens with schema:read alone.",
        name="_service")
    def service(self, info: Info) -> FederatedService:
        """Show the schema to the router."""
        info.context.identity.require(Scope.SCHEMA_READ)
        return told_to_router(info.schema)
