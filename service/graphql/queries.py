"""What can be asked."""

from __future__ import annotations

from typing import Annotated

import strawberry

from service.graphql.arguments import DEFAULT, given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.ids import global_id, read_global_id
from service.graphql.info import Info
from service.graphql.inputs import ItemFilter, filter_of
from service.graphql.paging import After, Before, First, Last, window
from service.graphql.types.customer import ANONYMOUS_KEY, Customer, Filter, customer
from service.graphql.types.home import shelf_of
from service.graphql.types.item import Item, item_of
from service.graphql.types.node import Node
from service.graphql.types.recommendation import RecommendationConnection, listed
from service.graphql.types.segment import Locale
from service.graphql.types.transparency import Transparency, transparency
from service.recommender.catalogue import ItemKind
from service.recommender.errors import InvalidArgument
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.recommender.question import MOST_ITEMS

__all__ = ["ItemFilter", "Query"]


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    @resolved("Find anything again by its global id; null where there is none for you.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")],  # noqa: A002
    ) -> Node | None:
        """Find one object."""
        return await _node(id, info.context)

    @resolved("Find several things again, in the order of their ids.")
    async def nodes(
        self, info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[Node | None]:
        """Find several objects."""
        if len(ids) > MOST_ITEMS:
            raise InvalidArgument(f"ids has {len(ids)} entries; ask for at most {MOST_ITEMS} at once.")
        return [await _node(one, info.context) for one in ids]

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
        return await _customer(customer_id, info.context)

    @resolved("An item by the shop's own id.")
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


async def _node(text: str, context: Context) -> Node | None:
    match read_global_id(text):
        case ("Product" | "Content" | "Ad"), key:
            item = item_of(key, context)
            return item if item is not None and item.id == text else None
        case "Customer", key:
            return await _customer_node(text, key, context)
        case "Shelf", key:
            return await shelf_of(key, context)
        case _:
            return None


async def _customer_node(text: str, key: str, context: Context) -> Customer | None:
    """Find oneself, or, as a service that may read customers, one of them."""
    own = context.identity.person
    if text == global_id("Customer", own.key if own else ANONYMOUS_KEY):
        return customer(own)
    kind, _, customer_id = key.partition(":")
    if Scope.CUSTOMERS_READ not in context.identity.scopes or kind != Person.customer("").kind:
        return None
    return await _customer(customer_id, context)


async def _customer(customer_id: str, context: Context) -> Customer | None:
    known = await context.run(context.services.known, customer_id)
    return customer(Person.customer(customer_id)) if known else None
