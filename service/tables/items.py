"""The items table: products, contents and ads."""

from __future__ import annotations

from typing import Final

from service.tables.columns import BOOLEAN, ID, MONEY, NAMES, PATH, TEXT, TIME, columns
from service.tables.currencies import CURRENCIES
from service.tables.rules import Rule, literal, needed, not_negative, one_of, told
from service.tables.table import Table

KINDS: Final = ("PRODUCT", "CONTENT", "AD")


def _url(column: str) -> Rule:
    broken = rf"NOT regexp_matches({column}, '^(?i)https?://[^\s/]+\S*$')"
    return Rule("INVALID_URL", broken, told(column, "; it must be an address that begins with http:// or https://."))


_CODES: Final = ", ".join(literal(code) for code in sorted(CURRENCIES))

ITEMS: Final = Table(
    name="items",
    identifier="item_id",
    columns=(
        *columns(ID, "item_id", required=True),
        *columns(TEXT, "kind title", required=True),
        *columns(TEXT, "description brand url image_url language"),
        *columns(PATH, "category"),
        *columns(NAMES, "tags"),
        *columns(MONEY, "price list_price"),
        *columns(TEXT, "currency"),
        *columns(BOOLEAN, "in_stock"),
        *columns(TIME, "available_from available_until"),
        *columns(BOOLEAN, "sensitive"),
        *columns(TEXT, "advertiser payer"),
        *columns(ID, "campaign_id"),
        *columns(NAMES, "promotes"),
        *columns(MONEY, "bid daily_budget"),
        *columns(TIME, "starts_at ends_at"),
        *columns(NAMES, "segments"),
    ),
    rules=(
        one_of("UNKNOWN_KIND", "kind", KINDS),
        _url("url"),
        _url("image_url"),
        *not_negative("price", "list_price", "bid", "daily_budget"),
        needed("currency", "coalesce(price, list_price) IS NOT NULL", "it is required where there is a price"),
        Rule("UNKNOWN_CURRENCY", f"currency NOT IN ({_CODES})", told("currency", "; it must be a code of ISO 4217.")),
        needed("advertiser", "kind = 'AD'", "an AD must say who advertises"),
        needed("payer", "kind = 'AD'", "an AD must say who pays"),
        needed("campaign_id", "kind = 'AD'", "an AD belongs to a campaign"),
    ),
    defaults={"in_stock": "coalesce(in_stock, true)", "sensitive": "coalesce(sensitive, false)"},
    in_languages={"title": "titles", "description": "descriptions"},
)
