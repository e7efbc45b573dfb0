"""Transparency: what the recommender is, and what a person can choose (Digital Services Act, article 27)."""

from __future__ import annotations

import strawberry

from service.graphql.context import Context
from service.recommender import transparency as told
from service.recommender.consent import Purpose


@strawberry.type(description="One group of signals that the order of lists rests on.")
class TransparencyParameter:
    """One group of signals."""

    name: str = strawberry.field(description="Names it for machines.")
    meaning: str = strawberry.field(description="What it looks at.")
    purpose: Purpose = strawberry.field(description="The purpose without which it is not used.")
    weight: float | None = strawberry.field(description="Its part of the trained model, 0 to 1; null without a model.")


@strawberry.type(description="What the recommender is, which signals it uses, and what a person can choose.")
class Transparency:
    """What the recommender is."""

    summary: str = strawberry.field(description="How lists come about, in plain words.")
    parameters: list[TransparencyParameter] = strawberry.field(description="All signals, the weightiest first.")
    choices: list[str] = strawberry.field(description="What a person can change, and how.")


def transparency(context: Context, locale: str | None) -> Transparency:
    """Tell it in the language asked for."""
    snapshot, language = context.services.recommender.snapshot, context.language_for(locale)
    parts = (context.say(told.SUMMARY, language), snapshot.facts.get(language) or snapshot.facts.get("en"))
    return Transparency(
        summary=" ".join(part for part in parts if part),
        parameters=[
            TransparencyParameter(
                name=one.name, meaning=context.say(one.meaning, language), purpose=one.purpose, weight=one.weight,
            )
            for one in told.parameters(snapshot.parameter_weights)
        ],
        choices=[context.say(choice, language) for choice in told.CHOICES],
    )
