"""The person that a request speaks for, and everything that is chosen for them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import federation

from service.graphql.arguments import DEFAULT, filled, given
from service.graphql.fields import resolved
from service.graphql.ids import global_id
from service.graphql.info import Info
from service.graphql.inputs import ContextInput, ItemFilter, context_of, filter_of
from service.graphql.paging import After, Before, First, Last, window
from service.graphql.scalars import Json, plain
from service.graphql.types.consent import Consent, consents
from service.graphql.types.feature import Feature, feature
from service.graphql.types.home import Home, home
from service.graphql.types.item import Item, item_of
from service.graphql.types.node import Node
from service.graphql.types.recommendation import RecommendationConnection, listed
from service.graphql.types.segment import Segment, segments_of
from service.recommender.catalogue import ItemKind
from service.recommender.errors import ConsentsUnavailable, DependencyFault, FeaturesUnavailable
from service.recommender.identity import Scope
from service.recommender.paging import Window, check_size
from service.recommender.person import Person
from service.recommender.pipeline import MOST_SHELVES
from service.recommender.question import Intent, Question
from service.recommender.segments import only_told
from service.recommender.visit import Visit

_log = logging.getLogger("konomi")
ANONYMOUS_KEY = "anonymous"

Filter = Annotated[ItemFilter | None, strawberry.argument(description="What the list may contain.")]
Page = Annotated[ContextInput | None, strawberry.argument(description="What the page knows and the service does not.")]
Profiling = Annotated[bool | None, strawberry.argument(
    description="False reads nothing about the person: the list is the same for everybody.",
)]
Placement = Annotated[str, strawberry.argument(description="Where on the page or in the app the list is shown.")]


@federation.type(
    keys=["id", "customerId"],
    description="A customer, or a visitor whom only their browser knows. A part that cannot be read is null, and the "
                "rest is told all the same.",
)
class Customer(Node):
    """A customer or a visitor."""

    customer_id: str | None = strawberry.field(description="The shop's own id; null for a visitor.")
    person: strawberry.Private[Person | None]

    @resolved("Groups of at least 50 customers that they are in, each with the reason.")
    async def segments(self, info: Info) -> list[Segment] | None:
        """Name their segments; None where their features cannot be read."""
        visit = await info.context.visit(self.person)
        if FeaturesUnavailable.part in visit.degraded or ConsentsUnavailable.part in visit.degraded:
            return None
        return segments_of(visit, info.context)

    @resolved("Features as the model reads them, with where each comes from; "
        "those without a granted purpose are left out.")
    async def features(self, info: Info) -> list[Feature] | None:
        """Name what is stored of them; None where it cannot be read."""
        context, visit = info.context, await info.context.visit(self.person)
        if ConsentsUnavailable.part in visit.degraded:
            return None
        if self.person is None or not visit.purposes:
            return []
        try:
            found = await context.run(context.services.features.describe, self.person, visit.purposes)
        except FeaturesUnavailable as fault:
            _log.warning("features cannot be told: %s did not answer", fault.part)
            return None
        everybody = (visit.snapshot or context.services.recommender.snapshot).segmentation
        return [feature(only_told(one, everybody)) for one in found]

    @resolved("A hero and shelves, at most six at once; more with `after`.")
    async def home(
        self, info: Info, *,
        first: Annotated[int | None, strawberry.argument(description="How many shelves, at most 6.")] = MOST_SHELVES,
        after: After = DEFAULT,
        last: Annotated[
            int | None, strawberry.argument(description="How many shelves from the end, at most 6."),
        ] = DEFAULT,
        before: Before = DEFAULT, placement: Placement = "home", context: Page = DEFAULT, profiling: Profiling = True,
    ) -> Home | None:
        """Compose their home page."""
        visit = await info.context.visit(self.person, profiling=profiling is not False)
        recommender = info.context.services.recommender
        question = recommender.question(placement=placement, context=context_of(given(context)))
        shelves = window(info, MOST_SHELVES, first, after, last, before)
        return home(await info.context.run(recommender.home, visit, question, shelves), visit, info.context)

    @resolved("A list for them, of one kind and for one intent.")
    async def recommendations(
        self, info: Info, *,
        kind: Annotated[ItemKind, strawberry.argument(description="What to recommend.")] = ItemKind.PRODUCT,
        intent: Annotated[Intent, strawberry.argument(description="What the list is for.")] = Intent.FOR_YOU,
        placement: Placement = "default",
        first: First = 20, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
        filter: Filter = DEFAULT, context: Page = DEFAULT,  # noqa: A002 - the contract's word
        anchor_item_id: Annotated[str | None, strawberry.argument(
            description="With BECAUSE_YOU_BOUGHT: which purchase; left out, the most telling one.",
        )] = DEFAULT,
        diversity: Annotated[float | None, strawberry.argument(
            description="0 orders by relevance alone, 1 by variety alone.",
        )] = DEFAULT,
        profiling: Profiling = True,
    ) -> RecommendationConnection | None:
        """Recommend."""
        question = info.context.services.recommender.question(
            kind=kind, intent=intent, placement=placement, filter=filter_of(given(filter)),
            context=context_of(given(context)), anchor_item_id=given(anchor_item_id), diversity=given(diversity),
        )
        visit = await info.context.visit(self.person, profiling=profiling is not False)
        return await _page(info, visit, question, window(info, 20, first, after, last, before))

    @resolved("Advertisements for a place of the page, one of each campaign at most.")
    async def ads(
        self, info: Info, *, placement: Placement,
        first: First = 3, after: After = DEFAULT, last: Last = DEFAULT, before: Before = DEFAULT,
        context: Page = DEFAULT, profiling: Profiling = True,
    ) -> RecommendationConnection | None:
        """Fill ad slots."""
        question = info.context.services.recommender.question(
            kind=ItemKind.AD, placement=placement, context=context_of(given(context)),
        )
        visit = await info.context.visit(self.person, profiling=profiling is not False)
        return await _page(info, visit, question, window(info, 3, first, after, last, before))

    @resolved("Every purpose with what they decided about it.")
    async def consents(self, info: Info) -> list[Consent] | None:
        """Say what they granted, to whoever may read or write it; None where the ledger cannot be read."""
        context, person = info.context, self.person
        if person is None or context.identity.may_speak_for(person, Scope.CUSTOMERS_READ):
            visit = await context.visit(person)
            return None if ConsentsUnavailable.part in visit.degraded else consents(visit.decisions)
        context.identity.require_for(person, Scope.CUSTOMERS_WRITE)
        try:
            return consents(await context.run(context.services.consents.decisions, person))
        except ConsentsUnavailable as fault:
            _log.warning("consents cannot be told: %s did not answer", fault.part)
            return None

    @resolved("Items that they hid.")
    async def hidden(
        self, info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, at most 100.")] = 50,
    ) -> Sequence[Item] | None:
        """List what they hid, to whoever may read or write it; None where it cannot be read."""
        context, size = info.context, check_size(filled(first, 50))
        context.identity.require_for(self.person, Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE)
        if self.person is None:
            return []
        try:
            restrictions = await context.run(context.services.feedback.restrictions, self.person)
        except DependencyFault as fault:
            _log.warning("hidden items cannot be told: %s did not answer", fault.part)
            return None
        found = (item_of(item_id, context) for item_id in sorted(restrictions.hidden))
        return [item for item in found if item is not None][:size]

    @resolved("Everything that is kept about this person, as one document, with purposes, segments and inferences: "
        "for themselves, and for services with privacy:read.")
    async def data(self, info: Info) -> Json | None:
        """Tell everything; None for nobody in particular."""
        context, person = info.context, self.person
        context.identity.require_for(person, Scope.PRIVACY_READ)
        if person is None:
            return None
        services = context.services
        return plain(await context.run(services.the_rights.tell, context.identity, person, services.shop_titles()))


def customer(person: Person | None) -> Customer:
    """Show a person; nobody in particular has a stable id too."""
    return Customer(
        id=global_id("Customer", person.public_key if person else ANONYMOUS_KEY),
        customer_id=person.id if person and person.is_customer else None,
        person=person,
    )


async def _page(info: Info, visit: Visit, question: Question, cut: Window) -> RecommendationConnection:
    return await listed(info, lambda: info.context.services.recommender.recommend(visit, question, cut))
