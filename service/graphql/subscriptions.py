"""What can be listened to."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

import strawberry

from service.graphql.arguments import filled
from service.graphql.fields import streamed
from service.graphql.info import Info
from service.graphql.paging import First
from service.graphql.types.customer import Placement
from service.graphql.types.recommendation import RecommendationConnection, listed
from service.recommender.alike import alike
from service.recommender.catalogue import ItemKind
from service.recommender.listing import Page
from service.recommender.paging import Window
from service.recommender.question import Intent
from service.recommender.snapshot import Snapshot
from service.recommender.visit import Visit


@strawberry.type(description="What can be listened to, over a WebSocket that speaks graphql-transport-ws.")
class Subscription:
    """What can be listened to."""

    @streamed("A new first page whenever the viewer's own actions, consents or feedback, or a new model, change it; "
        "the first comes at once.")
    async def recommendations_updated(
        self, info: Info,
        kind: Annotated[ItemKind, strawberry.argument(description="What to recommend.")] = ItemKind.PRODUCT,
        intent: Annotated[Intent, strawberry.argument(description="What the list is for.")] = Intent.FOR_YOU,
        placement: Placement = "default", first: First = 20,
    ) -> AsyncGenerator[RecommendationConnection, None]:
        """Recommend, again and again."""
        context, recommender = info.context, info.context.services.recommender
        cut, shown = Window(filled(first, 20)), _Shown()
        async with aclosing(context.turns.taken()) as turns:
            async for _ in turns:
                context.renew()
                visit = await context.visit(context.identity.person)
                snapshot = visit.snapshot or recommender.snapshot
                if shown.rests_on(visit, snapshot):
                    continue
                question = recommender.question(kind=kind, intent=intent, placement=placement)
                page = await context.run(recommender.recommend, visit, question, cut)
                if page.listing.degraded:
                    context.turns.look_again()
                if shown.is_news(page, visit, snapshot):
                    yield await listed(info, lambda page=page: page)  # type: ignore[misc]  # mypy knows no such default


class _Shown:
    """The page that the client has, and what it was made from."""

    def __init__(self) -> None:
        self._visit: Visit | None = None
        self._snapshot: Snapshot | None = None
        self._page: object = None

    def rests_on(self, visit: Visit, snapshot: Snapshot) -> bool:
        """Whether it was made, whole, from this very knowledge: time passing makes no new page."""
        return self._snapshot is snapshot and alike(self._visit, replace(visit, snapshot=None))

    def is_news(self, page: Page, visit: Visit, snapshot: Snapshot) -> bool:
        """Whether a page is another than that; it is the one that the client has from now on."""
        listing = page.listing
        self._visit = None if listing.degraded else replace(visit, snapshot=None)
        self._snapshot = snapshot
        before, items = self._page, tuple(entry.item_id for entry in page.entries)
        self._page = (items, page.has_next, listing.profiled, listing.degraded)
        return self._page != before
