"""Features: what is stored of a person, as the model reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from service.graphql.arguments import DEFAULT, given
from service.graphql.fields import resolved
from service.graphql.info import Info
from service.graphql.scalars import Json, plain
from service.graphql.types.segment import Locale
from service.recommender.consent import Purpose
from service.recommender.stored import NamedFeature


@strawberry.type(description="One stored value about the person, as the model reads it.")
class Feature:
    """One stored value about the person."""

    name: str = strawberry.field(description="Its name in the feature store.")
    source: str = strawberry.field(description="The feature view that it comes from.")
    value: Json | None = strawberry.field(description="Its value now.")
    purpose: Purpose = strawberry.field(description="The purpose that it may be used for.")
    updated_at: datetime | None = strawberry.field(description="When it was worked out.")
    descriptions: strawberry.Private[Mapping[str, str]]

    @resolved("What it says about the person.")
    def description(self, info: Info, locale: Locale = DEFAULT) -> str:
        """Say what it means."""
        language = info.context.language_for(given(locale))
        return self.descriptions.get(language) or self.descriptions.get("en") or self.name


def feature(one: NamedFeature) -> Feature:
    """Show a feature."""
    return Feature(
        name=one.name, source=one.view, value=plain(one.value), purpose=one.purpose, updated_at=one.updated_at,
        descriptions=one.descriptions,
    )
