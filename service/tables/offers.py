"""The offers table: what may be given."""

from __future__ import annotations

from typing import Final

from service.tables.columns import ID, MONEY, NAMES, NUMBER, PATH, TEXT, TIME, WHOLE, columns
from service.tables.rules import Rule, not_negative, one_of, told, within
from service.tables.table import Table

OCCASIONS: Final = ("BIRTHDAY", "ANNIVERSARY")

OFFERS: Final = Table(
    name="offers",
    identifier="code",
    columns=(
        *columns(ID, "code", required=True),
        *columns(TEXT, "title_en title_ja"),
        *columns(NUMBER, "discount_rate"),
        *columns(TIME, "valid_from valid_until"),
        *columns(NAMES, "segments item_ids"),
        *columns(PATH, "category"),
        *columns(TEXT, "occasion"),
        *columns(WHOLE, "limit_per_customer"),
        *columns(MONEY, "budget cost margin"),
    ),
    rules=(
        within("discount_rate", 0, 1),
        Rule("OUT_OF_RANGE", "valid_until < valid_from", told("valid_until", ", before valid_from.")),
        one_of("UNKNOWN_OCCASION", "occasion", OCCASIONS),
        *not_negative("limit_per_customer", "budget", "cost"),
    ),
)
