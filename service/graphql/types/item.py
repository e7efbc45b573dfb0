"""Items: products, contents and ads, as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypedDict

import strawberry
from strawberry import federation

from service.graphql.arguments import DEFAULT, filled
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.ids import global_id
from service.graphql.info import Info
from service.graphql.paging import After, Before, First, Last, window
from service.graphql.sharing import OF_CATALOGUE, shares
from service.graphql.types.money import Money, money
from service.graphql.types.node import Node
from service.recommender.catalogue import EVER, KINDS, Catalogue, ItemKind
from service.recommender.eligibility import servable
from service.recommender.paging import check_size
from service.recommender.question import RelatedIntent

if TYPE_CHECKING:
    from service.graphql.types.recommendation import RecommendationConnection


@strawberry.interface(description="What all items have. Texts come in the request's language, else in the shop's own.")
class Item:
    """What all items have."""

    item_id: str = strawberry.field(description="The shop's own id.")
    title: str = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="A few sentences about it.")
    url: str | None = strawberry.field(description="Its page in the shop.")
    image_url: str | None = strawberry.field(description="A picture of it.")
    category: list[str] = strawberry.field(description="Its category, from the widest to the narrowest.")
    tags: list[str] = strawberry.field(description="Free words of the shop about it.")


@federation.type(shareable=True, description="What customers say of a product.")
class Rating:
    """What customers say of a product."""

    average: float = strawberry.field(description="From 1 to 5.")
    count: int = strawberry.field(description="How many customers rated it.")


@shares(*OF_CATALOGUE)
@federation.type(keys=["id", "itemId"], description="Something the shop sells.")
class Product(Node, Item):
    """Something the shop sells."""

    brand: str | None = strawberry.field(description="Who makes it.")
    price: Money | None = strawberry.field(description="What it costs now.")
    list_price: Money | None = strawberry.field(description="What it costs without a discount.")
    discount_rate: float | None = strawberry.field(description="0.2 is 20 % off; null where there is no discount.")
    in_stock: bool = strawberry.field(description="Whether it can be bought now.")
    rating: Rating | None = strawberry.field(description="Null where nobody rated it.")

    @resolved("Products like it, or that go with it; the same for everybody.")
    async def related(
        self, info: Info,
        intent: Annotated[RelatedIntent, strawberry.argument(description="How they belong together.")]
        = RelatedIntent.SIMILAR,
        first: First = 10, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
    ) -> Annotated[RecommendationConnection, strawberry.lazy("service.graphql.types.recommendation")] | None:
        """List what is like it, or goes with it."""
        from service.graphql.types.recommendation import listed  # noqa: PLC0415 - items and lists name each other

        recommender = info.context.services.recommender
        question, cut = recommender.question(placement="related"), window(info, 10, first, after, last, before)
        return await listed(info, lambda: recommender.related(self.item_id, intent, question, cut))


@shares(*OF_CATALOGUE)
@federation.type(keys=["id", "itemId"], description="Something to read.")
class Content(Node, Item):
    """Something to read."""

    published_at: datetime | None = strawberry.field(description="When it came out.")

    @resolved("Products that it is about, the most wanted first.")
    def about(
        self, info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, at most 100.")] = 10,
    ) -> list[Product] | None:
        """List the products that it is about."""
        return _products_of(self.item_id, filled(first, 10), info.context)


@shares(*OF_CATALOGUE)
@federation.type(keys=["id", "itemId"], description="A paid place. It says who advertises and who pays.")
class Ad(Node, Item):
    """A paid place."""

    advertiser: str = strawberry.field(description="In whose name it is shown.")
    payer: str = strawberry.field(description="Who pays for it.")
    campaign_id: str = strawberry.field(description="The campaign that it belongs to.")

    @resolved("Products that it promotes, the most wanted first.")
    def promotes(
        self, info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, at most 100.")] = 10,
    ) -> list[Product] | None:
        """List the products that it promotes."""
        return _products_of(self.item_id, filled(first, 10), info.context)


class _Shown(TypedDict):
    item_id: str
    title: str
    description: str | None
    url: str | None
    image_url: str | None
    category: list[str]
    tags: list[str]


def item_at(row: int, catalogue: Catalogue, language: str) -> Product | Content | Ad:
    """Show one item of a catalogue."""
    texts = catalogue.texts
    shown = _Shown(
        item_id=catalogue.item_ids[row], title=catalogue.title(row, language),
        description=catalogue.description(row, language), url=texts.url[row], image_url=texts.image_url[row],
        category=list(texts.category[row]), tags=list(texts.tags[row]),
    )
    match catalogue.kind_of(row):
        case ItemKind.CONTENT:
            since = int(catalogue.available_from[row])
            return Content(
                id=global_id("Content", shown["item_id"]), **shown,
                published_at=None if since == EVER else datetime.fromtimestamp(since, UTC),
            )
        case ItemKind.AD:
            return Ad(
                id=global_id("Ad", shown["item_id"]), **shown, advertiser=texts.advertiser[row] or "",
                payer=texts.payer[row] or "", campaign_id=texts.campaign_id[row] or "",
            )
        case _:
            return _product(row, catalogue, shown)


def _product(row: int, catalogue: Catalogue, shown: _Shown) -> Product:
    texts, currency, rate = catalogue.texts, catalogue.texts.currency[row], float(catalogue.discount_rate[row])
    return Product(
        id=global_id("Product", shown["item_id"]), **shown, brand=texts.brand[row],
        price=money(texts.price[row], currency), list_price=money(texts.list_price[row], currency),
        discount_rate=round(rate, 4) or None, in_stock=bool(catalogue.in_stock[row]), rating=None,
    )


def item_of(item_id: str, context: Context) -> Product | Content | Ad | None:
    """Find an item by the shop's id."""
    row = context.catalogue.row_of.get(item_id)
    return None if row is None else item_at(row, context.catalogue, context.language)


def _products_of(item_id: str, first: int, context: Context) -> list[Product]:
    """Products that a content is about, or an ad promotes, as far as they can be bought now."""
    check_size(first)
    snapshot = context.services.recommender.snapshot
    catalogue, row = snapshot.catalogue, snapshot.catalogue.row_of.get(item_id)
    if row is None:
        return []
    rows = snapshot.about(row)
    there = servable(catalogue, rows, context.services.recommender.now()) & ~catalogue.sensitive[rows]
    is_product = catalogue.kind[rows] == KINDS.index(ItemKind.PRODUCT)
    shown = (item_at(int(one), catalogue, context.language) for one in rows[there & is_product][:first])
    return [one for one in shown if isinstance(one, Product)]
