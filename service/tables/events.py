"""The events table: what people did."""

from __future__ import annotations

from typing import Final

from service.recommender.events import MOST_AHEAD, Channel, EventType
from service.tables.columns import ID, MONEY, NUMBER, TEXT, TIME, columns
from service.tables.rules import Rule, literal, needed, not_negative, one_of, told, within
from service.tables.table import Table

SIMULATED: Final = "simulated"
_ABOUT: Final = ("item_id", "topic", "text", "message_id", "offer_code")
_SAID: Final = ", ".join(f"'{kind}'" for kind in (EventType.REVIEW, EventType.QUESTION, EventType.ANSWER))
_MINUTES_AHEAD: Final = int(MOST_AHEAD.total_seconds() // 60)

EVENTS: Final = Table(
    name="events",
    identifier="coalesce(event_id, item_id, customer_id, visitor_id)",
    columns=(
        *columns(ID, "event_id customer_id visitor_id"),
        *columns(TEXT, "type", required=True),
        *columns(ID, "item_id"),
        *columns(TEXT, "topic"),
        *columns(TIME, "occurred_at", required=True),
        *columns(MONEY, "quantity amount discount"),
        *columns(NUMBER, "value"),
        *columns(TEXT, "text"),
        *columns(ID, "message_id offer_code in_reply_to"),
        *columns(TEXT, "channel"),
        *columns(ID, "basket_id"),
        *columns(TEXT, "token source"),
    ),
    rules=(
        Rule(
            "NO_PERSON",
            "customer_id IS NULL AND visitor_id IS NULL",
            literal("Neither customer_id nor visitor_id says whose event it is; one is required."),
        ),
        one_of("UNKNOWN_TYPE", "type", EventType),
        one_of("UNKNOWN_CHANNEL", "channel", Channel),
        Rule(
            "IN_FUTURE",
            "occurred_at > getvariable('latest')",
            told("occurred_at", f", more than {_MINUTES_AHEAD} minutes in the future."),
        ),
        needed("text", "type = 'SEARCH'", "a SEARCH needs what was searched for"),
        needed("text", f"type IN ({_SAID})", "a REVIEW, QUESTION or ANSWER needs what was said"),
        needed("value", "type = 'RATE' AND given_value IS NULL", "a RATE needs a value from 1 to 5"),
        Rule("OUT_OF_RANGE", f"type = 'RATE' AND {within('value', 1, 5).broken}", within("value", 1, 5).sentence),
        *not_negative("quantity", "amount", "discount"),
        Rule(
            "NO_SUBJECT",
            f"coalesce({', '.join(_ABOUT)}) IS NULL",
            literal(f"None of {', '.join(_ABOUT)} says what the event is about; one is required."),
        ),
        Rule(
            "UNKNOWN_ITEM",
            "item_is_unknown",
            told("item_id", ", which no row of the items table names; bring the item too."),
        ),
    ),
    lookups={"item_is_unknown": "item_id NOT IN (SELECT item_id FROM known_items)"},
    defaults={
        "channel": f"coalesce(channel, '{Channel.WEB}')",
        "source": f"CASE WHEN source = '{SIMULATED}' THEN source ELSE 'import' END",
    },
)
