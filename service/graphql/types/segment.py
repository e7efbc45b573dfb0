"""Segments that a person is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry

from service.graphql.arguments import DEFAULT, given
from service.graphql.context import Context
from service.graphql.fields import resolved
from service.graphql.info import Info
from service.recommender import segments
from service.recommender.profile import Profile
from service.recommender.snapshot import Snapshot
from service.recommender.visit import Visit
from service.recommender.wording import Message

Locale = Annotated[
    str | None, strawberry.argument(description='Language of the text, such as "ja"; the request\'s where left out.'),
]


@strawberry.type(description="A group of at least 50 customers that the person is in.")
class Segment:
    """A group of customers."""

    key: str = strawberry.field(description="Names it for machines.")
    size: int | None = strawberry.field(description="How many customers are in it.")
    titles: strawberry.Private[Message | Mapping[str, str]]
    reason: strawberry.Private[Message]

    @resolved("What it is called.")
    def title(self, info: Info, locale: Locale = DEFAULT) -> str:
        """Name it."""
        if isinstance(self.titles, Message):
            return info.context.say(self.titles, given(locale))
        return self.titles.get(info.context.language_for(given(locale))) or next(iter(self.titles.values()), self.key)

    @resolved("Why the person is in it.")
    def because(self, info: Info, locale: Locale = DEFAULT) -> str:
        """Say why."""
        return info.context.say(self.reason, given(locale))


def segment(one: segments.Segment) -> Segment:
    """Show a segment."""
    return Segment(key=one.key, size=one.size, titles=one.title, reason=one.because)


def segments_of(visit: Visit, context: Context) -> list[Segment]:
    """All segments of a person that are large enough to be told."""
    return _told(visit.profile, visit.snapshot or context.services.recommender.snapshot, context)


def segment_named(key: str | None, profile: Profile, snapshot: Snapshot, context: Context) -> Segment | None:
    """One of a person's segments; None where they are not in it, or it is too small to be told."""
    if key is None:
        return None
    return next((one for one in _told(profile, snapshot, context) if one.key == key), None)


def _told(profile: Profile, snapshot: Snapshot, context: Context) -> list[Segment]:
    titles, currency = context.services.shop_titles(), snapshot.catalogue.currency
    return [segment(one) for one in segments.segments_of(profile.traits, snapshot.segmentation, currency, titles)]
