"""Inputs of queries, and how the core reads them."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from service.graphql.arguments import DEFAULT, given
from service.graphql.enums import Device
from service.recommender import question


@strawberry.input(description="What the page knows and the service does not.")
class ContextInput:
    """What the page knows."""

    cart_item_ids: list[str] | None = strawberry.field(
        default=DEFAULT, description="Items in the cart; they are not recommended again.",
    )
    item_id: str | None = strawberry.field(default=DEFAULT, description="The item that the page is about.")
    query: str | None = strawberry.field(default=DEFAULT, description="What the person searches for.")
    device: Device | None = strawberry.field(default=DEFAULT, description="What the page is shown on.")


@strawberry.input(description="What a list may contain. What is left out lets everything through.")
class ItemFilter:
    """What a list may contain."""

    category: str | None = strawberry.field(
        default=DEFAULT, description='A category and all below it: "Cheese", or "Grocery > Cheese".',
    )
    brand: list[str] | None = strawberry.field(default=DEFAULT, description="One of these brands.")
    price_from: Decimal | None = strawberry.field(default=DEFAULT, description="At least this price.")
    price_to: Decimal | None = strawberry.field(default=DEFAULT, description="At most this price.")
    on_sale: bool | None = strawberry.field(default=DEFAULT, description="True: reduced alone; false: none of them.")
    tags: list[str] | None = strawberry.field(default=DEFAULT, description="With one of these tags.")
    exclude_item_ids: list[str] | None = strawberry.field(default=DEFAULT, description="None of these items.")


def context_of(asked: ContextInput | None) -> question.PageContext:
    """Read what the page knows."""
    if asked is None:
        return question.PageContext()
    return question.PageContext(
        cart_item_ids=_all(asked.cart_item_ids), item_id=given(asked.item_id), query=given(asked.query),
        device=given(asked.device),
    )


def filter_of(asked: ItemFilter | None) -> question.ItemFilter:
    """Read what the list may contain."""
    if asked is None:
        return question.ItemFilter()
    return question.ItemFilter(
        category=given(asked.category), brand=_all(asked.brand), price_from=_number(asked.price_from),
        price_to=_number(asked.price_to), on_sale=given(asked.on_sale), tags=_all(asked.tags),
        exclude_item_ids=_all(asked.exclude_item_ids),
    )


def _all(values: list[str] | None) -> tuple[str, ...]:
    return tuple(given(values) or ())


def _number(value: Decimal | None) -> float | None:
    known = given(value)
    return None if known is None else float(known)
