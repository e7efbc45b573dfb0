"""Each rule of each table, broken alone in one row between good ones: that row is refused for it, the others load."""

from collections.abc import Iterator, Mapping

import pytest

from service.tables.report import ImportReport
from tests.tables.shops import AD, CUSTOMER, EVENT, GOOD, ITEM, OFFER, SEGMENT, Row, Shop

LONG = "ü" * 65  # 130 bytes, though only 65 characters

BROKEN: dict[str, list[tuple[Row, str, str]]] = {
    "items": [
        (ITEM | {"kind": "GADGET"}, "UNKNOWN_KIND", 'kind is "GADGET"; it must be one of PRODUCT, CONTENT, AD.'),
        (ITEM | {"kind": ""}, "MISSING_VALUE", "kind is empty; it is required."),
        (ITEM | {"title": "  "}, "MISSING_VALUE", "title is empty; it is required."),
        (ITEM | {"item_id": ""}, "MISSING_VALUE", "item_id is empty; it is required."),
        (ITEM | {"item_id": LONG}, "ID_TOO_LONG", "longer than 128 bytes"),
        (ITEM | {"item_id": "x" * 200}, "ID_TOO_LONG", "longer than 128 bytes"),
        (ITEM | {"url": "ftp://shop.example/tea"}, "INVALID_URL", "begins with http:// or https://"),
        (ITEM | {"image_url": "javascript:alert(1)"}, "INVALID_URL", "image_url is"),
        (ITEM | {"price": "-1", "currency": "JPY"}, "NEGATIVE_NUMBER", 'price is "-1"; it must not be negative.'),
        (ITEM | {"list_price": "-0.01", "currency": "JPY"}, "NEGATIVE_NUMBER", "list_price is"),
        (ITEM | {"price": "1,200", "currency": "JPY"}, "INVALID_NUMBER", "decimal number such as 12.50"),
        (ITEM | {"price": "12.50"}, "MISSING_VALUE", "currency is empty; it is required where there is a price."),
        (ITEM | {"list_price": "12.50"}, "MISSING_VALUE", "currency is empty"),
        (ITEM | {"price": "1", "currency": "YEN"}, "UNKNOWN_CURRENCY", "must be a code of ISO 4217"),
        (ITEM | {"in_stock": "maybe"}, "INVALID_BOOLEAN", "true or false"),
        (ITEM | {"sensitive": "2"}, "INVALID_BOOLEAN", "sensitive is"),
        (ITEM | {"available_from": "yesterday"}, "INVALID_TIME", "ISO 8601"),
        (ITEM | {"available_until": "2026-02-30"}, "INVALID_TIME", "available_until is"),
        (AD | {"advertiser": ""}, "MISSING_VALUE", "an AD must say who advertises"),
        (AD | {"payer": ""}, "MISSING_VALUE", "an AD must say who pays"),
        (AD | {"campaign_id": ""}, "MISSING_VALUE", "an AD belongs to a campaign"),
        (AD | {"bid": "-0.5"}, "NEGATIVE_NUMBER", "bid is"),
        (AD | {"daily_budget": "-5"}, "NEGATIVE_NUMBER", "daily_budget is"),
        (AD | {"starts_at": "soon"}, "INVALID_TIME", "starts_at is"),
    ],
    "customers": [
        (CUSTOMER | {"customer_id": ""}, "MISSING_VALUE", "customer_id is empty"),
        (CUSTOMER | {"customer_id": LONG}, "ID_TOO_LONG", "longer than 128 bytes"),
        (CUSTOMER | {"birth_date": "1.4.1990"}, "INVALID_DATE", "ISO 8601 date such as 1990-01-31"),
        (CUSTOMER | {"anniversary": "2020-13-01"}, "INVALID_DATE", "anniversary is"),
        (CUSTOMER | {"time_zone": "Mars/Olympus"}, "UNKNOWN_ZONE", "IANA name such as Asia/Tokyo"),
        (CUSTOMER | {"signed_up_at": "1709290000"}, "INVALID_TIME", "signed_up_at is"),
        (CUSTOMER | {"consents": "EMAIL|EVERYTHING"}, "UNKNOWN_PURPOSE", "PERSONALISE_CONTENT, PERSONALISE_ADS"),
    ],
    "events": [
        (EVENT | {"customer_id": ""}, "NO_PERSON", "Neither customer_id nor visitor_id"),
        (EVENT | {"customer_id": LONG}, "ID_TOO_LONG", "customer_id is"),
        (EVENT | {"visitor_id": LONG}, "ID_TOO_LONG", "visitor_id is"),
        (EVENT | {"event_id": LONG}, "ID_TOO_LONG", "event_id is"),
        (EVENT | {"type": "STARE"}, "UNKNOWN_TYPE", "it must be one of VIEW, CLICK, SEARCH"),
        (EVENT | {"type": ""}, "MISSING_VALUE", "type is empty"),
        (EVENT | {"item_id": "coffee"}, "UNKNOWN_ITEM", 'item_id is "coffee"'),
        (EVENT | {"item_id": ""}, "NO_SUBJECT", "None of item_id, topic, text, message_id, offer_code"),
        (EVENT | {"occurred_at": ""}, "MISSING_VALUE", "occurred_at is empty"),
        (EVENT | {"occurred_at": "2026-02-01 25:00:00"}, "INVALID_TIME", "ISO 8601"),
        (EVENT | {"occurred_at": "2026-03-01T12:05:01Z"}, "IN_FUTURE", "more than 5 minutes in the future"),
        (EVENT | {"occurred_at": "2026-03-01T12:05:00-01:00"}, "IN_FUTURE", "more than 5 minutes in the future"),
        (EVENT | {"type": "SEARCH"}, "MISSING_VALUE", "a SEARCH needs what was searched for"),
        (EVENT | {"type": "REVIEW"}, "MISSING_VALUE", "needs what was said"),
        (EVENT | {"type": "RATE"}, "MISSING_VALUE", "a RATE needs a value from 1 to 5"),
        (EVENT | {"type": "RATE", "value": "5.5"}, "OUT_OF_RANGE", 'value is "5.5"; it must be from 1 to 5.'),
        (EVENT | {"type": "RATE", "value": "nan"}, "INVALID_NUMBER", "value is"),
        (EVENT | {"quantity": "two"}, "INVALID_NUMBER", "quantity is"),
        (EVENT | {"quantity": "-1"}, "NEGATIVE_NUMBER", "quantity is"),
        (EVENT | {"amount": "-1"}, "NEGATIVE_NUMBER", "amount is"),
        (EVENT | {"discount": "-1"}, "NEGATIVE_NUMBER", "discount is"),
        (EVENT | {"channel": "FAX"}, "UNKNOWN_CHANNEL", "WEB, APP, STORE, EMAIL, SOCIAL, CALL"),
        (EVENT | {"basket_id": LONG}, "ID_TOO_LONG", "basket_id is"),
    ],
    "segments": [
        (SEGMENT | {"segment": ""}, "MISSING_VALUE", "segment is empty"),
        (SEGMENT | {"customer_id": ""}, "MISSING_VALUE", "customer_id is empty"),
        (SEGMENT | {"segment": LONG}, "ID_TOO_LONG", "segment is"),
    ],
    "offers": [
        (OFFER | {"code": ""}, "MISSING_VALUE", "code is empty"),
        (OFFER | {"discount_rate": "1.2"}, "OUT_OF_RANGE", "it must be from 0 to 1."),
        (OFFER | {"discount_rate": "ten"}, "INVALID_NUMBER", "discount_rate is"),
        (OFFER | {"valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "OUT_OF_RANGE", "before valid_from"),
        (OFFER | {"occasion": "EASTER"}, "UNKNOWN_OCCASION", "BIRTHDAY, ANNIVERSARY"),
        (OFFER | {"limit_per_customer": "1.5"}, "INVALID_NUMBER", "a whole number"),
        (OFFER | {"limit_per_customer": "-1"}, "NEGATIVE_NUMBER", "limit_per_customer is"),
        (OFFER | {"budget": "-1"}, "NEGATIVE_NUMBER", "budget is"),
    ],
}
CASES = [(table, n, reason, words) for table, rows in BROKEN.items() for n, (_, reason, words) in enumerate(rows)]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, ImportReport]]:
    shop = Shop(tmp_path_factory.mktemp("rules"))
    shop.csv(**{table: [GOOD[table], *(row for row, _, _ in rows), GOOD[table]] for table, rows in BROKEN.items()})
    return shop, shop.bring()


@pytest.mark.parametrize(
    ("table", "number", "reason", "words"), CASES, ids=[f"{table}-{words[:30]}-{n}" for table, n, _, words in CASES]
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_reason(imported, table, number, reason, words):
    shop, _ = imported
    refused = {(row["table"], row["row"]): row for row in shop.refused()}
    found = refused[table, number + 2]
    assert found["reason"] == reason
    assert words in found["sentence"]
    assert found["file"] == f"{table}.csv"


@pytest.mark.parametrize("table", BROKEN)
def test_the_rows_around_it_are_loaded(imported, table):
    shop, report = imported
    counts = report.tables[table]
    assert shop.generation.counts[table] == (2 if table == "events" else 1)
    assert counts.accepted == shop.generation.counts[table]
    assert counts.duplicates == 2 - counts.accepted
    expected: dict[str, int] = {}
    for _, reason, _ in BROKEN[table]:
        expected[reason] = expected.get(reason, 0) + 1
    assert counts.rejected == expected


def test_a_row_that_breaks_several_rules_is_told_all_of_them_and_counted_under_the_first(shop):
    report = shop.csv(items=[ITEM | {"kind": "GADGET", "url": "nowhere", "price": "-1"}]).bring()
    (refused,) = shop.refused()
    assert report.tables["items"].rejected == {"UNKNOWN_KIND": 1}
    assert [word in refused["sentence"] for word in ("kind", "url", "price", "currency")] == [True] * 4


ALLOWED: Mapping[str, list[Row]] = {
    "items": [
        ITEM | {"item_id": "ü" * 64},
        ITEM | {"item_id": "free", "price": "0", "currency": "JPY"},
        ITEM | {"item_id": "dearer", "price": "5", "list_price": "4", "currency": "EUR", "url": "HTTPS://shop.example"},
        AD | {"promotes": "not-here-yet"},
    ],
    "customers": [CUSTOMER, CUSTOMER | {"customer_id": "Ünal", "time_zone": "America/Argentina/Ushuaia"}],
    "events": [
        EVENT | {"item_id": "free", "occurred_at": "2026-03-01T12:05:00Z"},
        EVENT | {"item_id": "", "topic": "Kitchen > Pans", "type": "SHARE", "channel": "SOCIAL"},
        EVENT | {"item_id": "", "text": "tea", "type": "SEARCH", "customer_id": "", "visitor_id": "v"},
        EVENT | {"item_id": "", "message_id": "m1", "type": "EMAIL_OPEN", "channel": "EMAIL"},
        EVENT | {"item_id": "", "offer_code": "TEN", "type": "COUPON_REDEEM"},
        EVENT | {"item_id": "free", "type": "RATE", "value": "1"},
        EVENT | {"item_id": "free", "type": "PURCHASE", "quantity": "0", "amount": "0"},
    ],
    "offers": [OFFER | {"occasion": "", "margin": "-1"}],
}


def test_what_the_rules_allow_is_loaded(shop):
    shop.csv(**ALLOWED).bring()
    assert shop.refused() == []
    assert {table: len(shop.rows(table)) for table in ALLOWED} == {t: len(rows) for t, rows in ALLOWED.items()}
