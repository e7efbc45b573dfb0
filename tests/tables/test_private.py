"""What a table says of people goes no further than it must."""

import json

import pytest

from tests.tables.shops import CUSTOMER, ITEM

SECRET = {"email": "ann@example.com", "phone": "+81 90 1234 5678", "E-Mail 2": "ann@home.example"}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_refused_row_is_shown_without_email_and_phone(shop, form):
    row = CUSTOMER | SECRET | {"region": "Kyoto", "time_zone": "Nowhere", "birth_date": ""}
    getattr(shop, form)(items=[ITEM], customers=[row]).bring()
    (refused,) = shop.refused()
    assert json.loads(refused["raw"]) == {"customer_id": "ann", "region": "Kyoto", "time_zone": "Nowhere"}
    assert refused["id"] == "ann"
    assert not any(secret in json.dumps(refused) for secret in SECRET.values())


def test_a_line_that_cannot_be_split_into_columns_is_not_shown_at_all(shop):
    lines = b"customer_id,email,region\nann,ann@example.com,Kyoto,x\nbob,b@\xff.example,Ky\xffto\n"
    shop.csv(items=[ITEM]).raw("customers.csv", lines).bring()
    assert [row["reason"] for row in shop.refused()] == ["MALFORMED_ROW", "WRONG_ENCODING"]
    assert b"example" not in shop.refusals.read_bytes()


def test_consents_of_those_brought_are_handed_on(shop):
    customers = [CUSTOMER | {"consents": "EMAIL|MEASURE"}, {"customer_id": "bob", "consents": ""}]
    shop.csv(items=[ITEM], customers=customers, segments=[{"segment": "s", "customer_id": "bare"}]).bring()
    handed = [{"customer_id": "ann", "consents": ["EMAIL", "MEASURE"]}, {"customer_id": "bob", "consents": []}]
    assert shop.synced == [handed]


def test_nothing_is_granted_where_the_column_is_missing(shop):
    shop.csv(items=[ITEM], customers=[CUSTOMER]).bring()
    assert shop.synced == [[{"customer_id": "ann", "consents": []}]]
    assert [row["consents"] for row in shop.rows("customers")] == [[]]


def test_a_list_with_an_unknown_purpose_grants_nothing(shop):
    shop.csv(items=[ITEM], customers=[CUSTOMER | {"consents": "EMAIL|SELL_MY_DATA"}]).bring()
    assert shop.synced == [[]]
    assert shop.rows("customers") == []


def test_an_import_whose_consents_cannot_be_kept_changes_nothing(shop):
    def broken(_table):
        raise ConnectionError

    shop.csv(items=[ITEM]).bring()
    version = shop.generation.version
    shop.csv(customers=[CUSTOMER])
    shop.synced = type("Ledger", (), {"append": staticmethod(broken)})()
    with pytest.raises(ConnectionError):
        shop.bring()
    assert shop.generation.version == version
    shop.synced = []
    assert shop.bring().changed
