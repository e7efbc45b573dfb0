"""Reasons and what they rest on."""

from __future__ import annotations

from datetime import date

import strawberry

from service.graphql.fields import resolved
from service.graphql.info import Info
from service.graphql.loaders import Done, PlaceWithout
from service.graphql.types.item import Item, item_at
from service.graphql.types.segment import Segment, segment_named
from service.recommender import reasons as core
from service.recommender.listing import Listing
from service.recommender.reasons import EvidenceKind, ReasonCode
from service.recommender.wording import say

__all__ = ["Evidence", "Reason", "reason"]


@strawberry.type(description="What a reason rests on. Days, never times; regions, never places.")
class Evidence:
    """What a reason rests on."""

    kind: EvidenceKind = strawberry.field(description="What sort of thing it is.")
    day: date | None = strawberry.field(description="When it last happened, in the shop's time zone.")
    count: int | None = strawberry.field(description="How often it happened.")
    segment: Segment | None = strawberry.field(description="The group that it is about.")
    told: strawberry.Private[core.Evidence]
    listing: strawberry.Private[Listing]

    @resolved("The item that it is about.")
    def item(self, info: Info) -> Item | None:
        """Show the item."""
        if self.told.row is None:
            return None
        return item_at(self.told.row, self.listing.snapshot.catalogue, info.context.language)

    @resolved("The newest event of the action; give it to giveFeedback to have it forgotten.")
    async def event_id(self, info: Info) -> strawberry.ID | None:
        """Look the event up."""
        person, row, kind = self.listing.profile.person, self.told.row, self.told.type
        if person is None or row is None or kind is None:
            return None
        item_id = self.listing.snapshot.catalogue.item_ids[row]
        found = await info.context.loaders.event_ids.load(Done(person, kind, item_id))
        return None if found is None else strawberry.ID(found)


@strawberry.type(description="Why an item stands where it stands.")
class Reason:
    """Why an item stands where it stands."""

    code: ReasonCode = strawberry.field(description="What kind of reason it is.")
    text: str = strawberry.field(description="The reason in words.")
    share: float = strawberry.field(description="Part of this item's ranking score that rests on this reason, 0 to 1.")
    told: strawberry.Private[core.Reason]
    listing: strawberry.Private[Listing]
    row: strawberry.Private[int | None]

    @resolved("What it rests on.")
    def evidence(self, info: Info) -> list[Evidence]:
        """Show what it rests on."""
        return [
            Evidence(
                kind=one.kind, day=one.day, count=one.count, told=one, listing=self.listing,
                segment=segment_named(one.segment, self.listing.profile, self.listing.snapshot, info.context),
            )
            for one in self.told.evidence
        ]

    @resolved("Where the item would stand without this evidence; null where it would not be in the list.")
    async def position_without(self, info: Info) -> int | None:
        """Make the list again without it."""
        if self.row is None or not self.told.actions:
            return None
        return await info.context.loaders.positions.load(PlaceWithout(self.listing, self.row, self.told.actions))



def reason(told: core.Reason, listing: Listing, row: int | None, language: str) -> Reason:
    """Put a reason into words; `row` is the item's, None where the reason is a whole shelf's."""
    return Reason(
        code=told.code,
        text=say(told.message, language, listing.snapshot.catalogue),
        share=min(max(told.share, 0.0), 1.0),
        told=told, listing=listing, row=row,
    )
