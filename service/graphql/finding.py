"""Finding anything again by its global id; a person finds nobody else, whatever the id says."""

from __future__ import annotations

from service.graphql.context import Context
from service.graphql.ids import global_id, read_global_id
from service.graphql.types.customer import ANONYMOUS_KEY, Customer, customer
from service.graphql.types.home import shelf_of
from service.graphql.types.item import item_of
from service.graphql.types.node import Node
from service.recommender.identity import Scope
from service.recommender.person import Person


async def node_of(text: str, context: Context) -> Node | None:
    """Find an object; None where there is none for who asks."""
    match read_global_id(text):
        case ("Product" | "Content" | "Ad"), key:
            item = item_of(key, context)
            return item if item is not None and item.id == text else None
        case "Customer", key:
            return await _customer_node(text, key, context)
        case "Shelf", key:
            found = await shelf_of(key, context)
            return found if found is not None and found.id == text else None
        case _:
            return None


async def customer_of(customer_id: str, context: Context) -> Customer | None:
    """Find oneself, or, as a service that may read customers, one of them; None where there is none for who asks."""
    if context.identity.person == Person.customer(customer_id):
        return customer(context.identity.person)
    if Scope.CUSTOMERS_READ not in context.identity.scopes:
        return None
    return await known_customer(customer_id, context)


async def known_customer(customer_id: str, context: Context) -> Customer | None:
    """Find a customer for who may read them; None where nothing is known of them."""
    known = await context.loaders.known.load(customer_id)
    return customer(Person.customer(customer_id)) if known else None


async def _customer_node(text: str, key: str, context: Context) -> Customer | None:
    own = context.identity.person
    if text == global_id("Customer", own.public_key if own else ANONYMOUS_KEY):
        return customer(own)
    kind, _, customer_id = key.partition(":")
    if kind != Person.customer("").kind or text != global_id("Customer", Person.customer(customer_id).key):
        return None
    return await customer_of(customer_id, context)
