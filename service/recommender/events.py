"""Events: the records of what people did. An action is a person, a type and an item; its repetitions count together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from service.recommender.person import Person

MOST_PER_CALL = 500
OLDEST = timedelta(days=30)
MOST_AHEAD = timedelta(minutes=5)
MOST_ID_BYTES = 128
MOST_TEXT_CHARACTERS = 4_000
LARGEST = Decimal(10) ** 14
DAY = 86_400
"""Seconds; what people do is counted by days, from midnight to midnight UTC."""


class EventType(StrEnum):
    """What a person did, or was shown."""

    VIEW = "VIEW"
    CLICK = "CLICK"
    SEARCH = "SEARCH"
    ADD_TO_CART = "ADD_TO_CART"
    PURCHASE = "PURCHASE"
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"
    RATE = "RATE"
    REVIEW = "REVIEW"
    QUESTION = "QUESTION"
    ANSWER = "ANSWER"
    SHARE = "SHARE"
    EMAIL_OPEN = "EMAIL_OPEN"
    EMAIL_CLICK = "EMAIL_CLICK"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    COUPON_REDEEM = "COUPON_REDEEM"
    IMPRESSION = "IMPRESSION"


class Mark(StrEnum):
    """Why an event counts nowhere, although it is kept."""

    BOT = "BOT"
    REPEAT = "REPEAT"


class Channel(StrEnum):
    """Where it happened."""

    WEB = "WEB"
    APP = "APP"
    STORE = "STORE"
    EMAIL = "EMAIL"
    SOCIAL = "SOCIAL"
    CALL = "CALL"


INTEREST_WEIGHT: dict[EventType, float] = {
    EventType.PURCHASE: 1.0,
    EventType.ADD_TO_CART: 0.7,
    EventType.LIKE: 0.7,
    EventType.SHARE: 0.5,
    EventType.CLICK: 0.35,
    EventType.VIEW: 0.2,
    EventType.DISLIKE: -0.7,
}
"""How strongly an action of each type moves the person's vector; types not named here do not move it.

A rating does not: one star and five are one type, and the stored features do not tell them apart.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One record, as it is kept; `event_id` is unique per person, times are aware."""

    event_id: str
    person: Person
    type: EventType
    occurred_at: datetime
    item_id: str | None = None
    channel: Channel = Channel.WEB
    quantity: Decimal | None = None
    amount: Decimal | None = None
    discount: Decimal | None = None
    value: Decimal | None = None
    text: str | None = None
    topic: str | None = None
    basket_id: str | None = None
    message_id: str | None = None
    offer_code: str | None = None
    in_reply_to: str | None = None
    token: str | None = None
    source: str = "live"
    mark: Mark | None = None
    """Why it counts nowhere; None where it does."""

    @property
    def counts(self) -> bool:
        """Whether it is anything but kept."""
        return self.mark is None


@dataclass(frozen=True, slots=True)
class RecentAction:
    """An action not yet part of the stored features; `sequence` is its place in the log.

    `item_id` is empty where it was about no item; `topic` then says what: the words searched for, or what was looked at
    elsewhere.
    """

    sequence: int
    event_id: str
    type: EventType
    item_id: str
    occurred_at: datetime
    price: float | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Impression:
    """One viewed showing of an item."""

    item_id: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one event of a call was not taken: a path into the input, a code, a sentence."""

    field: tuple[str, ...]
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of a call: `accepted` are on disk, `duplicates` were there before."""

    accepted: int = 0
    duplicates: int = 0
    refusals: tuple[Refusal, ...] = field(default=())


def refuse(event: Event, *, now: datetime, item_is_known: bool) -> tuple[str, str, str] | None:
    """Say what is wrong with an event, as (field, code, sentence); None where it can be taken."""
    return next(_faults(event, now, item_is_known=item_is_known), None)


def _faults(event: Event, now: datetime, *, item_is_known: bool) -> Iterator[tuple[str, str, str]]:
    """Everything that is wrong with an event, the gravest first."""
    yield from _unwritable(event)
    if not 1 <= len(event.event_id.encode()) <= MOST_ID_BYTES:
        yield "eventId", "INVALID", f"An event id has 1 to {MOST_ID_BYTES} bytes."
    if not 1 <= len(event.person.id.encode()) <= MOST_ID_BYTES:
        yield "customerId", "INVALID", f"A customer or visitor id has 1 to {MOST_ID_BYTES} bytes."
    if event.occurred_at > now + MOST_AHEAD:
        yield "occurredAt", "IN_FUTURE", "The time lies more than 5 minutes ahead; send the time when it happened."
    if event.occurred_at < now - OLDEST:
        yield "occurredAt", "TOO_OLD", "The event is more than 30 days old; bring old events with konomi import."
    if event.item_id is not None and not item_is_known:
        yield "itemId", "UNKNOWN_ITEM", "The shop has no item of this id; import the item first."
    yield from _content(event)


def _unwritable(event: Event) -> Iterator[tuple[str, str, str]]:
    """Texts that no database takes."""
    texts = {
        "eventId": event.event_id, "customerId": event.person.id, "itemId": event.item_id, "text": event.text,
        "topic": event.topic, "basketId": event.basket_id, "messageId": event.message_id,
        "offerCode": event.offer_code, "inReplyTo": event.in_reply_to,
    }
    for name, text in texts.items():
        if text is not None and not _is_writable(text):
            yield name, "INVALID", "The text has a NUL character or half a surrogate pair; send proper Unicode."


def _is_writable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)  # noqa: PLR2004


def _content(event: Event) -> Iterator[tuple[str, str, str]]:
    about = (event.item_id, event.topic, event.text, event.message_id, event.offer_code)
    if all(one is None for one in about):
        yield "itemId", "INVALID", "Say what it is about: itemId, topic, text, messageId or offerCode."
    if event.type is EventType.SEARCH and not (event.text or "").strip():
        yield "text", "INVALID", "A SEARCH needs the query as text."
    yield from _numbers(event)
    rated = event.value if event.value is not None and event.value.is_finite() else 0
    if event.type is EventType.RATE and not 1 <= rated <= 5:  # noqa: PLR2004
        yield "value", "INVALID", "A RATE needs a value from 1 to 5."
    for name, text in (("text", event.text), ("topic", event.topic)):
        if text is not None and len(text) > MOST_TEXT_CHARACTERS:
            yield name, "INVALID", f"At most {MOST_TEXT_CHARACTERS} characters."
    ids = {"basketId": event.basket_id, "messageId": event.message_id, "offerCode": event.offer_code,
           "inReplyTo": event.in_reply_to}
    for name, one in ids.items():
        if one is not None and len(one.encode()) > MOST_ID_BYTES:
            yield name, "INVALID", f"At most {MOST_ID_BYTES} bytes."


def _numbers(event: Event) -> Iterator[tuple[str, str, str]]:
    if event.value is not None and not (event.value.is_finite() and abs(event.value) < LARGEST):
        yield "value", "INVALID", "A number below 10^14."
    for name in ("quantity", "amount", "discount"):
        number: Decimal | None = getattr(event, name)
        if number is not None and not (number.is_finite() and 0 <= number < LARGEST):
            yield name, "INVALID", "A number that is not negative, and below 10^14."
