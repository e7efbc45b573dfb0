"""What comes again: nothing is added twice, newer rows replace older ones, equal receipt lines stay two."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from service.tables.history import FILES_AT_MOST
from tests.tables.shops import CUSTOMER, EVENT, ITEM, OFFER, SEGMENT

TABLES = {"items": [ITEM], "customers": [CUSTOMER], "events": [EVENT], "segments": [SEGMENT], "offers": [OFFER]}
LINE = EVENT | {"type": "PURCHASE", "quantity": "1", "amount": "3.20", "basket_id": "b1"}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_importing_twice_adds_nothing(shop, form):
    getattr(shop, form)(**TABLES)
    first = shop.bring()
    before = {table: shop.rows(table) for table in TABLES}
    second = shop.bring()
    assert {table: shop.rows(table) for table in TABLES} == before
    assert (second.changed, second.version) == (False, first.version)
    assert (second.tables["events"].accepted, second.tables["events"].duplicates) == (0, 1)


def test_two_equal_lines_of_a_receipt_stay_two_however_often_they_come(shop):
    shop.csv(items=[ITEM], events=[LINE, LINE, LINE | {"amount": "3.2"}, LINE | {"basket_id": "b2"}]).bring()
    ids = [row["event_id"] for row in shop.rows("events")]
    assert len(ids) == len(set(ids)) == 4
    shop.clear().parquet(events=[LINE | {"amount": Decimal("3.20")}] * 2)
    report = shop.bring()
    assert (report.tables["events"].accepted, report.tables["events"].duplicates) == (0, 2)
    shop.clear().csv(events=[LINE] * 4).bring()
    assert sum(row["basket_id"] == "b1" for row in shop.rows("events")) == 4


def test_made_ids_do_not_change_when_the_export_gains_columns(shop):
    shop.csv(items=[ITEM], events=[LINE]).bring()
    shop.clear().csv(events=[LINE | {"channel": "", "token": "", "till": "4"}])
    assert shop.bring().tables["events"].duplicates == 1


def test_an_event_id_is_unique_per_person(shop):
    people = [{"customer_id": "x"}, {"customer_id": "y"}, {"customer_id": "", "visitor_id": "x"}]
    events = [EVENT | person | {"event_id": "e1"} for person in people]
    report = shop.csv(items=[ITEM], events=[*events, *events]).bring()
    assert (report.tables["events"].accepted, report.tables["events"].duplicates) == (3, 3)
    assert len(shop.rows("events")) == 3


def test_an_event_that_comes_again_with_other_content_stays_what_it_was(shop):
    shop.csv(items=[ITEM], events=[EVENT | {"event_id": "e", "type": "LIKE"}, EVENT | {"event_id": "e"}]).bring()
    shop.clear().csv(events=[EVENT | {"event_id": "e", "type": "CLICK"}]).bring()
    assert [row["type"] for row in shop.rows("events")] == ["LIKE"]


def test_an_item_or_customer_that_comes_again_replaces_its_earlier_row(shop):
    other = {"item_id": "mate", "kind": "PRODUCT", "title": "Mate"}
    report = shop.csv(items=[ITEM, other, ITEM | {"title": "Second"}], customers=[CUSTOMER | {"region": "a"}]).bring()
    assert report.tables["items"].duplicates == 1
    assert {row["item_id"]: row["title"] for row in shop.rows("items")} == {"tea": "Second", "mate": "Mate"}
    shop.clear().csv(items=[ITEM | {"title": "Third"}], customers=[CUSTOMER]).bring()
    assert {row["item_id"]: row["title"] for row in shop.rows("items")} == {"tea": "Third", "mate": "Mate"}
    assert [row["region"] for row in shop.rows("customers")] == [None]


def test_of_a_folder_of_parts_the_last_row_stands(shop):
    shop.parts(items=[[ITEM | {"title": "First"}], [ITEM | {"title": "Last"}, ITEM | {"kind": "GADGET"}]]).bring()
    assert [row["title"] for row in shop.rows("items")] == ["Last"]


def test_items_of_earlier_imports_are_known(shop):
    shop.csv(items=[ITEM]).bring()
    shop.clear().csv(events=[EVENT, EVENT | {"item_id": "coffee"}]).bring()
    assert [row["item_id"] for row in shop.rows("events")] == ["tea"]
    assert [row["reason"] for row in shop.refused()] == ["UNKNOWN_ITEM"]


def test_a_refused_item_is_not_known(shop):
    shop.csv(items=[ITEM, {"item_id": "coffee", "kind": "DRINK", "title": "x"}], events=[EVENT | {"item_id": "coffee"}])
    shop.bring()
    assert [row["reason"] for row in shop.refused()] == ["UNKNOWN_KIND", "UNKNOWN_ITEM"]


def test_whom_only_events_or_segments_name_exists_with_an_id_alone(shop):
    events = [EVENT | {"customer_id": "eve"}, EVENT, EVENT | {"customer_id": "", "visitor_id": "someone"}]
    report = shop.csv(items=[ITEM], customers=[CUSTOMER], events=events, segments=[SEGMENT | {"customer_id": "sam"}])
    assert report.bring().bare_customers == 2
    rows = {row["customer_id"]: row for row in shop.rows("customers")}
    assert set(rows) == {"ann", "eve", "sam"}
    assert rows["eve"]["consents"] == []


def test_a_bare_customer_becomes_whole_and_a_whole_one_never_bare(shop):
    shop.csv(items=[ITEM], events=[EVENT]).bring()
    shop.clear().csv(customers=[CUSTOMER | {"region": "Kyoto"}]).bring()
    shop.clear().csv(events=[EVENT | {"occurred_at": "2026-02-02"}]).bring()
    assert [(row["customer_id"], row["region"]) for row in shop.rows("customers")] == [("ann", "Kyoto")]


def test_a_segment_that_comes_again_is_its_whole_list_of_members(shop):
    shop.csv(items=[ITEM], segments=[SEGMENT, SEGMENT | {"customer_id": "bob"}, SEGMENT | {"segment": "new"}]).bring()
    shop.clear().csv(segments=[SEGMENT | {"customer_id": "cat"}, SEGMENT | {"customer_id": "cat"}]).bring()
    assert {(row["segment"], row["customer_id"]) for row in shop.rows("segments")} == {("vip", "cat"), ("new", "ann")}


def test_simulated_events_stay_marked(shop):
    events = [EVENT | {"source": "simulated"}, EVENT | {"source": "live", "type": "LIKE"}, EVENT | {"type": "SHARE"}]
    shop.csv(items=[ITEM], events=events).bring()
    marks = {row["type"]: row["source"] for row in shop.rows("events")}
    assert marks == {"VIEW": "simulated", "LIKE": "import", "SHARE": "import"}


def test_history_is_sorted_by_person_and_time_in_small_row_groups(shop):
    people = [f"p{n % 7}" for n in range(50_000)]
    times = [f"2026-01-01T{n % 24:02}:{n % 60:02}:00Z" for n in range(50_000)]
    rows = [
        EVENT | {"customer_id": p, "occurred_at": t, "basket_id": str(n)}
        for n, (p, t) in enumerate(zip(people, times, strict=True))
    ]
    shop.parquet(items=[ITEM], events=rows).bring()
    (path,) = shop.generation.events
    order = [(row["customer_id"], row["occurred_at"]) for row in pq.read_table(path).to_pylist()]
    assert order == sorted(order)
    metadata = pq.ParquetFile(path).metadata
    assert [metadata.row_group(n).num_rows for n in range(3)] == [4_096] * 3
    assert metadata.row_group(0).column(1).statistics.max < "p6"


def test_history_in_many_files_is_merged_into_one(shop):
    shop.csv(items=[ITEM]).bring()
    for day in range(1, FILES_AT_MOST + 2):
        shop.clear().csv(events=[EVENT | {"occurred_at": f"2026-01-{day:02}"}]).bring()
        assert len(shop.generation.events) <= FILES_AT_MOST
    assert len(shop.generation.events) == 1
    assert [row["occurred_at"].day for row in shop.rows("events")] == list(range(1, FILES_AT_MOST + 2))
    assert shop.generation.data_through == max(row["occurred_at"] for row in shop.rows("events"))
