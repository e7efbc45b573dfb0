"""Home pages: a hero and shelves, no item twice."""

from __future__ import annotations

import strawberry

from service.graphql.arguments import DEFAULT, given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.ids import global_id
from service.graphql.info import Info
from service.graphql.paging import After, Before, First, Last, window
from service.graphql.types.node import Node
from service.graphql.types.reason import Reason, reason
from service.graphql.types.recommendation import (
    Degradation,
    PageInfo,
    Recommendation,
    RecommendationConnection,
    Treatment,
    connection,
    degradations,
    listed,
    page_info,
    recommendation,
)
from service.graphql.types.segment import Locale
from service.recommender import home_pages
from service.recommender.errors import SlateExpired
from service.recommender.identity import Scope
from service.recommender.person import Person, PersonKind
from service.recommender.shelf_reasons import FRONT
from service.recommender.visit import EVERYBODY, Visit

_OF = "|"


@strawberry.type(description="A shelf of a home page. A Node, so that the next page of one shelf is one query.")
class Shelf(Node):
    """A shelf of a home page."""

    key: str = strawberry.field(description="Names the kind of shelf: buy_again, on_sale, reading …")
    shelf: strawberry.Private[home_pages.Shelf]
    visit: strawberry.Private[Visit]

    @resolved("Its heading.")
    def title(self, info: Info, locale: Locale = DEFAULT) -> str:
        """Name it."""
        return info.context.say(self.shelf.title, given(locale), self.shelf.listing.snapshot.catalogue)

    @resolved("Why this shelf is put up.")
    def reason(self, info: Info) -> Reason | None:
        """Say why."""
        return reason(self.shelf.reason, self.shelf.listing, None, info.context.language)

    @resolved("What stands on it.")
    async def items(
        self, info: Info,
        first: First = FRONT, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
    ) -> RecommendationConnection | None:
        """Cut a page. The first is at hand, and all shelves have their reasons worked out in one turn."""
        asked, context = window(info, FRONT, first, after, last, before), info.context
        cut = context.services.recommender.page
        if asked.goes_on:
            return await listed(info, lambda: cut(self.visit, self.shelf.listing, asked))
        page = cut(self.visit, self.shelf.listing, asked)
        if info.asks_for("reasons"):
            await context.loaders.explained.load(page)
        return connection(page, context)


@strawberry.type(description="A home page. The parts of one page share no item.")
class Home:
    """A home page."""

    id: strawberry.ID = strawberry.field(description="Names this page.")
    slate_id: strawberry.ID = strawberry.field(description="Names it in logs, explanations and experiments.")
    hero: Recommendation | None = strawberry.field(description="The one item on top; null where a cursor was given.")
    shelves: list[Shelf] = strawberry.field(description="The shelves of this page, in order.")
    page_info: PageInfo = strawberry.field(description="Where these shelves stand among all.")
    profiled: bool = strawberry.field(description="Whether anything about the person was read.")
    treatments: list[Treatment] = strawberry.field(description="Experiments that took part.")
    degraded: list[Degradation] = strawberry.field(description="What could not be used this time; empty on a good day.")


def home(page: home_pages.Home, visit: Visit, context: Context) -> Home:
    """Show a home page."""
    hero = None if page.hero is None else recommendation(page.hero, context)
    return Home(
        id=global_id("Home", page.id), slate_id=strawberry.ID(page.id), hero=hero,
        shelves=[shelf(one, visit) for one in page.shelves],
        page_info=page_info(list(page.cursors), has_next=page.has_next, has_previous=page.has_previous),
        profiled=page.profiled, treatments=[], degraded=degradations(page.degraded, context),
    )


def shelf(one: home_pages.Shelf, visit: Visit) -> Shelf:
    """Show a shelf; its id says whose it is, so that whoever may see the person may see the shelf."""
    owner = Person.of_key(one.listing.slate.owner).public_key if one.listing.slate.owner else ""
    key = f"{one.id}{_OF}{owner}" if owner else one.id
    return Shelf(id=global_id("Shelf", key), key=one.key, shelf=one, visit=visit if owner else EVERYBODY)


async def shelf_of(key: str, context: Context) -> Shelf | None:
    """Find a shelf again; None where there is none, or where it is somebody else's."""
    shelf_id, _, owner = key.partition(_OF)
    visit = EVERYBODY
    if owner:
        person = _person(owner, context.identity.person)
        if person is None or not context.identity.may_speak_for(person, Scope.CUSTOMERS_READ):
            return None
        visit = await context.visit(person)
    try:
        found = await context.run(context.services.recommender.shelf, visit, shelf_id)
    except SlateExpired:
        return None
    return None if found is None else shelf(found, visit)


def _person(owner: str, own: Person | None) -> Person | None:
    """Find whom an id names: oneself, or a customer; a visitor is found by nobody else."""
    if own is not None and owner == own.public_key:
        return own
    kind, _, customer_id = owner.partition(":")
    return Person.customer(customer_id) if kind == PersonKind.CUSTOMER else None
