"""The core's words as GraphQL enums, each value with a description; the very same Python enums go in and out."""

from __future__ import annotations

from enum import Enum, EnumMeta, StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from service.recommender.catalogue import ItemKind
from service.recommender.consent import Purpose
from service.recommender.events import Channel, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.question import Intent, RelatedIntent
from service.recommender.reasons import EvidenceKind, ReasonCode

_E = TypeVar("_E", bound=EnumMeta)


def _described(kind: _E, description: str, values: dict[Enum, str]) -> _E:
    """Give an enum of the core its GraphQL name and descriptions; every value needs one."""
    strawberry.enum(kind, description=description)
    definition: StrawberryEnumDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[kind[value.name]]
    return kind


@strawberry.enum(description="What the page is shown on.")
class Device(StrEnum):
    """What the page is shown on."""

    DESKTOP = "DESKTOP"
    MOBILE = "MOBILE"
    TABLET = "TABLET"
    APP = "APP"


_described(Device, "What the page is shown on.", {
    Device.DESKTOP: "A browser on a large screen.",
    Device.MOBILE: "A browser on a phone.",
    Device.TABLET: "A browser on a tablet.",
    Device.APP: "The shop's own app.",
})
_described(ItemKind, "What an item is. All three pass through one decision layer.", {
    ItemKind.PRODUCT: "Something the shop sells.",
    ItemKind.CONTENT: "Something to read: a recipe, a guide, a story.",
    ItemKind.AD: "A paid place, always marked as such.",
})
_described(Intent, "What a list is for.", {
    Intent.FOR_YOU: "The best of everything for this person.",
    Intent.BUY_AGAIN: "What they buy regularly and are about to need again.",
    Intent.ON_SALE: "What is reduced now, the most fitting first.",
    Intent.NEW_FOR_YOU: "What came in lately and they have not had yet.",
    Intent.DISCOVER: "What lies near their taste, from categories they have not bought of.",
    Intent.BECAUSE_YOU_BOUGHT: "What goes with one of their purchases.",
})
_described(RelatedIntent, "How items belong together.", {
    RelatedIntent.SIMILAR: "Much like it; could be bought instead.",
    RelatedIntent.BOUGHT_TOGETHER: "Often in one basket with it.",
    RelatedIntent.COMPLEMENT: "In one basket with it, but of another category.",
})
_described(Purpose, "What personal data may be used for. Each is granted by itself; what is not granted is denied.", {
    Purpose.PERSONALISE_CONTENT: "Choose products and contents by what the person did.",
    Purpose.PERSONALISE_ADS: "Choose advertisements by what the person did.",
    Purpose.MEASURE: "Count clicks and purchases, to learn what works.",
    Purpose.EMAIL: "Send recommendations by e-mail.",
    Purpose.PUSH: "Send recommendations to the phone.",
    Purpose.THIRD_PARTY: "Hand data to others.",
    Purpose.TRAIN_MODELS: "Learn models from what the person did.",
})
_described(Channel, "Where it happened.", {
    Channel.WEB: "In a browser.",
    Channel.APP: "In the shop's app.",
    Channel.STORE: "In a physical store.",
    Channel.EMAIL: "In an e-mail.",
    Channel.SOCIAL: "On a social network.",
    Channel.CALL: "On the telephone.",
})
_described(EventType, "What a person did, or was shown.", {
    EventType.VIEW: "Looked at an item, or at a topic elsewhere.",
    EventType.CLICK: "Clicked a recommendation.",
    EventType.SEARCH: "Searched; the query is the text.",
    EventType.ADD_TO_CART: "Put an item into the cart.",
    EventType.PURCHASE: "Bought an item.",
    EventType.LIKE: "Liked an item.",
    EventType.DISLIKE: "Disliked an item.",
    EventType.RATE: "Rated an item; the value goes from 1 to 5.",
    EventType.REVIEW: "Wrote about an item.",
    EventType.QUESTION: "Asked something.",
    EventType.ANSWER: "Answered a question; inReplyTo names it.",
    EventType.SHARE: "Shared an item.",
    EventType.EMAIL_OPEN: "Opened a message.",
    EventType.EMAIL_CLICK: "Clicked something in a message.",
    EventType.UNSUBSCRIBE: "Wants no more messages.",
    EventType.COUPON_REDEEM: "Used an offer.",
    EventType.IMPRESSION: "Saw a recommendation on the screen.",
})
_described(FeedbackKind, "What a person may say about a recommendation.", {
    FeedbackKind.LESS_LIKE_THIS: "None of it and its category for two weeks, then little by little again.",
    FeedbackKind.HIDE_ITEM: "Never show this item.",
    FeedbackKind.FORGET_ACTION: "Do not use this of my actions, nor its repetitions.",
})
_described(ReasonCode, "Kinds of reasons.", {
    ReasonCode.YOUR_ACTION: "Something the person did speaks for it.",
    ReasonCode.BOUGHT_TOGETHER: "Often bought together with something.",
    ReasonCode.BUY_AGAIN: "The person bought it before.",
    ReasonCode.SIMILAR: "Much like another item.",
    ReasonCode.TRENDING: "More people than usual want it.",
    ReasonCode.POPULAR: "Many people want it.",
    ReasonCode.POPULAR_IN_SEGMENT: "Many people of a segment want it.",
    ReasonCode.ON_SALE: "It is reduced now.",
    ReasonCode.NEW: "It came into the shop lately.",
    ReasonCode.OCCASION: "There is an occasion for it.",
    ReasonCode.EDITORIAL: "The editors chose it.",
    ReasonCode.EXPLORATION: "Shown to learn, not because it fits.",
    ReasonCode.SPONSORED: "Somebody pays for the place.",
    ReasonCode.NOT_PERSONALISED: "It rests on nothing about the person, or on next to nothing.",
})
_described(EvidenceKind, "What a reason may rest on.", {
    EvidenceKind.ACTION: "Something the person did.",
    EvidenceKind.SEGMENT: "A group that the person is in.",
    EvidenceKind.TREND: "What many people do.",
    EvidenceKind.PRICE: "A price.",
    EvidenceKind.OCCASION: "A day of the person or of the year.",
    EvidenceKind.CAMPAIGN: "An advertiser's campaign.",
    EvidenceKind.EDITORIAL: "The editors' choice.",
})
