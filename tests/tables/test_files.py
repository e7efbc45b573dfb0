"""Broken files: each gives its reason, and nothing good around it is lost."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.tables.errors import SourceUnusable, TablesError
from service.tables.importing import import_tables
from tests.tables.shops import CUSTOMER, EVENT, ITEM, NOW


@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
def test_an_empty_file_is_a_table_of_no_rows_with_a_warning(shop, name):
    report = shop.csv(items=[ITEM]).raw(name, b"").bring()
    assert report.warnings == (f"{name} is empty",)
    assert (report.tables["events"].accepted, report.rejected) == (0, 0)
    assert shop.generation.counts["items"] == 1


def test_a_header_without_rows_is_a_table_of_no_rows_with_a_warning(shop):
    report = shop.csv(items=[ITEM]).raw("events.csv", b"customer_id,type,item_id,occurred_at\n").bring()
    assert report.warnings == ("events.csv has no rows",)


def test_lines_in_another_encoding_are_refused_alone(shop):
    lines = ["item_id,kind,title", "a,PRODUCT,茶", "b,PRODUCT,Tea", "c,PRODUCT,抹茶", "d,PRODUCT,Mate"]
    text = "\n".join(lines[:1] + lines[2:3] + lines[4:]).encode()
    report = shop.raw("items.csv", text + "\n".join(["", lines[1], lines[3], ""]).encode("shift-jis")).bring()
    assert {row["item_id"] for row in shop.rows("items")} == {"b", "d"}
    assert shop.reasons() == [("items", 3, "WRONG_ENCODING"), ("items", 4, "WRONG_ENCODING")]
    assert shop.refused()[0]["sentence"] == "Column title holds bytes that are not UTF-8; save the file as UTF-8."
    assert report.tables["items"].rejected == {"WRONG_ENCODING": 2}


def test_a_file_that_is_no_utf8_text_at_all_is_refused_whole(shop):
    shop.csv(items=[ITEM]).raw("customers.csv", "customer_id\nann\n".encode("utf-16"))
    report = shop.bring()
    assert report.tables["customers"].rejected == {"WRONG_ENCODING": 1}
    assert shop.reasons() == [("customers", None, "WRONG_ENCODING")]
    assert shop.generation.counts["items"] == 1


def test_text_that_is_not_utf8_in_parquet_is_refused_by_its_row(shop):
    raw = pa.array([b"Tea", b"\xff\xfe", b"Mate"], pa.binary())
    titles = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    shop.parquet(items=pa.table({"item_id": ["a", "b", "c"], "kind": ["PRODUCT"] * 3, "title": titles})).bring()
    assert {row["item_id"] for row in shop.rows("items")} == {"a", "c"}
    assert shop.reasons() == [("items", 2, "WRONG_ENCODING")]


def test_a_missing_required_column_refuses_every_row_of_its_table_alone(shop):
    shop.csv(items=[ITEM], events=[{k: v for k, v in EVENT.items() if k != "occurred_at"}] * 2)
    report = shop.bring()
    assert report.tables["events"].rejected == {"MISSING_COLUMN": 2}
    assert report.warnings == ("events.csv lacks the required occurred_at, so all its rows are rejected",)
    assert shop.refused()[0]["sentence"].startswith(
        "The file has no column occurred_at, which is required; it has customer_id, type, item_id.",
    )
    assert shop.generation.counts["items"] == 1


def test_lines_with_too_many_or_too_few_fields_are_refused_alone(shop):
    lines = "item_id,kind,title\na,PRODUCT,Tea\nb,PRODUCT\nc,PRODUCT,Green, loose\n\nd,PRODUCT,Mate\n"
    shop.raw("items.csv", lines.encode()).bring()
    assert {row["item_id"] for row in shop.rows("items")} == {"a", "d"}
    assert shop.reasons() == [("items", 2, "MALFORMED_ROW"), ("items", 3, "MALFORMED_ROW")]
    assert "4 fields where the first line names 3" in shop.refused()[1]["sentence"]


def test_a_quote_that_is_never_closed_swallows_its_own_line_alone(shop):
    lines = ["item_id,kind,title", 'a,PRODUCT,"Tea', *(f"i{n},PRODUCT,Mate" for n in range(50)), 'z,PRODUCT,"x\ny"']
    shop.raw("items.csv", "\n".join(lines).encode()).bring()
    assert shop.reasons() == [("items", 1, "MALFORMED_ROW")]
    titles = {row["item_id"]: row["title"] for row in shop.rows("items")}
    assert len(titles) == 51
    assert titles["z"] == "x\ny"


def test_a_file_that_is_no_parquet_is_refused_whole(shop):
    report = shop.csv(items=[ITEM]).raw("customers.parquet", b"PAR1 not really PAR1").bring()
    assert report.tables["customers"].rejected == {"UNREADABLE_FILE": 1}
    assert "customers.parquet cannot be read" in shop.refused()[0]["sentence"]


def test_a_parquet_file_damaged_in_the_middle_keeps_the_rows_before(shop):
    rows = pa.table(
        {"item_id": [str(n) for n in range(40_000)], "kind": ["PRODUCT"] * 40_000, "title": ["Tea"] * 40_000}
    )
    path = shop.source / "items.parquet"
    pq.write_table(rows, path, row_group_size=20_000, compression="none", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)
    report = shop.bring()
    assert report.tables["items"].rejected == {"UNREADABLE_FILE": 1}
    assert shop.generation.counts["items"] >= 16_384


def test_a_header_is_matched_without_regard_to_case_and_blanks(shop):
    shop.raw("items.csv", b"\xef\xbb\xbf Item_ID ,KIND,Title\na,PRODUCT,Tea\n").bring()
    assert [row["item_id"] for row in shop.rows("items")] == ["a"]


def test_what_writers_leave_beside_their_parts_is_not_read(shop):
    shop.csv(items=[ITEM]).parts(customers=[[CUSTOMER], [{"customer_id": "bob"}]])
    (shop.source / "customers" / "_SUCCESS").write_bytes(b"")
    (shop.source / "customers" / "_delta.parquet").write_bytes(b"junk")
    report = shop.bring()
    assert {row["customer_id"] for row in shop.rows("customers")} == {"ann", "bob"}
    assert (report.warnings, report.rejected) == ((), 0)


def test_a_folder_that_cannot_be_imported_says_what_to_do(shop, tmp_path):
    for source, words in [
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path / "source", "holds none of the tables items, customers, events, segments, offers"),
    ]:
        with pytest.raises(SourceUnusable, match=words) as raised:
            import_tables(source, shop.store, shop.refusals, now=NOW, default_time_zone="Asia/Tokyo")
        assert "\n" not in str(raised.value)
    assert shop.store.current() is None


def test_a_first_import_needs_items(shop):
    with pytest.raises(SourceUnusable, match="has no items table"):
        shop.csv(events=[EVENT]).bring()
    assert shop.store.current() is None


def test_a_table_in_two_forms_is_refused(shop):
    with pytest.raises(SourceUnusable, match=r"items\.csv and items\.parquet; leave one"):
        shop.csv(items=[ITEM]).parquet(items=[ITEM]).bring()


def test_a_shop_in_no_time_zone_is_refused(shop):
    shop.csv(items=[ITEM])
    with pytest.raises(TablesError, match="'Tokyo' is no IANA time zone"):
        import_tables(shop.source, shop.store, shop.refusals, now=NOW, default_time_zone="Tokyo")


def test_facts_come_along_and_stay_until_new_ones_come(shop):
    shop.csv(items=[ITEM]).raw("facts.json", b'{"shift_en": "Dates are shifted.", "weeks": 421}').bring()
    assert dict(shop.generation.facts) == {"shift_en": "Dates are shifted.", "weeks": "421"}
    shop.clear().csv(customers=[CUSTOMER]).bring()
    assert shop.generation.facts["weeks"] == "421"


def test_unreadable_facts_are_warned_of_and_left_out(shop):
    report = shop.csv(items=[ITEM]).raw("facts.json", b"{").bring()
    assert "facts.json is not readable JSON" in report.warnings[0]
    assert dict(shop.generation.facts) == {}
