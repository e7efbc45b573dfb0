"""Lists of recommendations: a frozen order, cut into pages by signed cursors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, cast

import strawberry
from strawberry import federation

from service.graphql.arguments import DEFAULT, filled, given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.ids import global_id
from service.graphql.info import Info
from service.graphql.loaders import Place
from service.graphql.types.item import Item, item_at
from service.graphql.types.reason import Reason, reason
from service.graphql.types.segment import Locale
from service.recommender import reasons as core
from service.recommender.errors import InvalidArgument
from service.recommender.listing import Entry, Page
from service.recommender.wording import Message

MOST_REASONS = 10


@strawberry.type(description="One item in its place, with the reasons for it.")
class Recommendation:
    """One item in its place."""

    id: strawberry.ID = strawberry.field(description="Names this showing.")
    item: Item = strawberry.field(description="What is recommended.")
    position: int = strawberry.field(description="Its place in the whole list, counted from 1.")
    exploration: bool = strawberry.field(description="Chosen to learn, not because it fits.")
    entry: strawberry.Private[Entry]

    @resolved("Signed; send it back with every event about this showing.")
    def token(self) -> str:
        """Sign it."""
        return self.entry.token

    @resolved("Most telling first; never empty. A paid place says so first.")
    def reasons(
        self, info: Info, locale: Locale = DEFAULT,
        first: Annotated[int | None, strawberry.argument(description="How many at most, 1 to 10.")] = 2,
    ) -> list[Reason]:
        """Say why it stands here: at once where it is known, else together with all that are asked now."""
        size, language = filled(first, 2), info.context.language_for(given(locale))
        if not 1 <= size <= MOST_REASONS:
            raise InvalidArgument(f"first is {size}; an item tells 1 to {MOST_REASONS} reasons.")
        known = self.entry.listing.known_reasons(self.entry.row)
        if known is not None:
            return self._told(known[:size], language)
        return cast("list[Reason]", self._loaded(info.context, size, language))

    async def _loaded(self, context: Context, size: int, language: str) -> list[Reason]:
        told = await context.loaders.reasons.load(Place(self.entry.listing, self.entry.row))
        return self._told(told[:size], language)

    def _told(self, told: Sequence[core.Reason], language: str) -> list[Reason]:
        return [reason(one, self.entry.listing, self.entry.row, language) for one in told]


@strawberry.type(description="A recommendation and where to go on from it.")
class RecommendationEdge:
    """A recommendation and where to go on from it."""

    cursor: str = strawberry.field(description="Signed for this list and person; give it as `after` or `before`.")
    node: Recommendation = strawberry.field(description="The recommendation.")


@federation.type(shareable=True, description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether there is more behind it.")
    has_previous_page: bool = strawberry.field(description="Whether there is something before it.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first entry; give it as `before`. Null on an empty page.",
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last entry; give it as `after`. Null on an empty page.",
    )


@strawberry.type(description="An experiment's variant that this answer was made by.")
class Treatment:
    """An experiment's variant that this answer was made by."""

    experiment: str = strawberry.field(description="Key of the experiment.")
    variant: str = strawberry.field(description="Key of the variant.")


@strawberry.type(description="A part that could not be used this time, and what that means for the answer.")
class Degradation:
    """A part that could not be used this time."""

    part: str = strawberry.field(
        description="Which part: FEATURES (what is stored of the person), INDEX (neighbours of items), RANKER (the "
                    "trained order), CONSENTS (what they allowed), EVENTS (what they did), SLATES (lists for later "
                    "pages) or TIME (there was too little of it).",
    )
    effect: str = strawberry.field(description="What that means for the answer, in words.")


@strawberry.type(
    description="A page of a list. Its order is frozen for half an hour; after that its cursors give the error "
                "SLATE_EXPIRED, and the list is asked for anew without a cursor.",
)
class RecommendationConnection:
    """A page of a list."""

    nodes: list[Recommendation] = strawberry.field(description="Recommendations alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    slate_id: strawberry.ID = strawberry.field(description="Names this list in logs, explanations and experiments.")
    profiled: bool = strawberry.field(description="Whether anything about the person was read.")
    treatments: list[Treatment] = strawberry.field(description="Experiments that took part.")
    degraded: list[Degradation] = strawberry.field(description="What could not be used this time; empty on a good day.")

    @resolved("Recommendations with their cursors.")
    def edges(self) -> list[RecommendationEdge]:
        """Sign a cursor for each."""
        return [RecommendationEdge(cursor=node.entry.cursor, node=node) for node in self.nodes]


def recommendation(entry: Entry, context: Context) -> Recommendation:
    """Show one place of a listing."""
    slate = entry.listing.slate
    return Recommendation(
        id=global_id("Recommendation", f"{slate.id}:{entry.position}"),
        item=item_at(entry.row, entry.listing.snapshot.catalogue, context.language),
        position=entry.position, exploration=entry.exploration, entry=entry,
    )


async def listed(info: Info, cut: Callable[[], Page]) -> RecommendationConnection:
    """Have a page cut, and its reasons worked out with it where they are asked for: one turn on a thread for both."""
    explained = info.asks_for("reasons")

    def work() -> Page:
        page = cut()
        if explained:
            page.explain()
        return page

    return connection(await info.context.run(work), info.context)


def connection(page: Page, context: Context) -> RecommendationConnection:
    """Show a page of a listing."""
    entries, listing = page.entries, page.listing
    ends = [entries[0].cursor, entries[-1].cursor] if entries else []
    return RecommendationConnection(
        nodes=[recommendation(entry, context) for entry in entries],
        page_info=page_info(ends, has_next=page.has_next, has_previous=page.has_previous),
        slate_id=strawberry.ID(listing.slate.id),
        profiled=listing.profiled,
        treatments=[],
        degraded=degradations(listing.degraded, context),
    )


def page_info(cursors: list[str], *, has_next: bool, has_previous: bool) -> PageInfo:
    """Say where a page stands."""
    return PageInfo(
        has_next_page=has_next, has_previous_page=has_previous,
        start_cursor=cursors[0] if cursors else None, end_cursor=cursors[-1] if cursors else None,
    )


def degradations(parts: Iterable[str], context: Context) -> list[Degradation]:
    """Say what could not be used."""
    return [Degradation(part=part, effect=context.say(Message(f"effect.{part}"))) for part in parts]
