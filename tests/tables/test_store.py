from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.tables.errors import BatchUnusable, StoreBusy, StoreDamaged
from service.tables.store import TableStore
from tests.tables.shops import CUSTOMER, EVENT, ITEM, NOW

LIVE = {
    "event_id": "live-1",
    "customer_id": "ann",
    "type": "VIEW",
    "item_id": "tea",
    "occurred_at": NOW - timedelta(hours=1),
    "channel": "APP",
    "source": "live",
}


def live(*changes):
    rows = [{"visitor_id": None} | LIVE | change for change in changes]
    return pa.Table.from_pylist(rows)


def test_a_store_without_an_import_has_no_generation(tmp_path):
    assert TableStore(tmp_path / "tables").current() is None


def test_a_generation_says_what_it_holds(shop):
    shop.csv(
        items=[ITEM], customers=[CUSTOMER], events=[EVENT, EVENT | {"occurred_at": "2026-02-03T00:00:00Z"}]
    ).bring()
    generation = shop.generation
    assert dict(generation.counts) == {"items": 1, "customers": 1, "events": 2, "segments": 0, "offers": 0}
    assert generation.imported_at == NOW
    assert generation.data_through.isoformat() == "2026-02-03T00:00:00+00:00"
    assert (generation.segments, generation.offers) == (None, None)
    assert generation.directory == shop.store.directory


def test_the_files_of_the_generation_before_are_kept_and_older_ones_removed(shop):
    generations = []
    for number in range(3):
        shop.clear().csv(items=[ITEM | {"title": f"Tea {number}"}]).bring()
        generations.append(shop.generation)
        assert all(path.exists() for generation in generations[-2:] for path in generation.files)
    assert not generations[0].items.exists()


def test_what_a_dead_writer_left_is_removed_by_the_next(shop):
    shop.csv(items=[ITEM]).bring()
    left = shop.store.directory / "000002-20260301T120000Z" / "scratch" / "spill" / "x.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    shop.csv(customers=[CUSTOMER]).bring()
    assert not left.exists()
    assert shop.generation.counts["customers"] == 1


def test_one_writer_at_a_time(shop):
    shop.csv(items=[ITEM]).bring()
    with shop.store.draft(now=NOW), pytest.raises(StoreBusy, match="try again when it is done"):
        shop.bring()
    shop.bring()


def test_a_draft_that_is_not_published_leaves_nothing(shop):
    shop.csv(items=[ITEM]).bring()
    before = sorted(shop.store.directory.rglob("*"))
    with shop.store.draft(now=NOW) as draft:
        (draft.directory / "items.parquet").write_bytes(b"half")
    assert sorted(shop.store.directory.rglob("*")) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9}', "\x00"])
def test_a_manifest_that_cannot_be_read_says_so(shop, text):
    shop.csv(items=[ITEM]).bring()
    (shop.store.directory / "current.json").write_text(text)
    with pytest.raises(StoreDamaged, match=r"current\.json"):
        shop.store.current()


def test_appending_adds_each_event_of_a_person_once(shop):
    shop.csv(items=[ITEM], customers=[CUSTOMER], events=[EVENT | {"event_id": "old"}]).bring()
    batch = live({}, {}, {"event_id": "old"}, {"customer_id": "bob"}, {"customer_id": None, "visitor_id": "ann"})
    generation = shop.store.append_events(batch, now=NOW)
    assert generation == shop.generation
    keys = [(row["event_id"], row["customer_id"], row["visitor_id"]) for row in shop.rows("events")]
    expected = {("old", "ann", None), ("live-1", "ann", None), ("live-1", "bob", None), ("live-1", None, "ann")}
    assert set(keys) == expected
    assert len(keys) == generation.counts["events"] == len(expected)
    assert {row["customer_id"] for row in shop.rows("customers")} == {"ann", "bob"}
    assert {row["source"] for row in shop.rows("events")} == {"import", "live"}
    assert generation.data_through == LIVE["occurred_at"]


def test_appending_again_changes_nothing(shop):
    shop.csv(items=[ITEM]).bring()
    first = shop.store.append_events(live({}), now=NOW)
    assert shop.store.append_events(live({}), now=NOW + timedelta(days=1)).version == first.version
    assert shop.generation == first


def test_appended_events_keep_all_that_they_say(shop):
    shop.csv(items=[ITEM]).bring()
    attributes = pa.array([[("page", "home")]], pa.map_(pa.string(), pa.string()))
    shop.store.append_events(live({"token": "t", "text": "x"}).append_column("attributes", attributes), now=NOW)
    (row,) = shop.rows("events")
    assert {name: row[name] for name in LIVE} == LIVE
    assert (row["token"], row["text"], row["attributes"]) == ("t", "x", [("page", "home")])
    assert pq.ParquetFile(shop.generation.events[0]).metadata.num_rows == 1


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (live({"event_id": None}), "event_id in every row; 1 lack it"),
        (live({"customer_id": None}), "customer_id or visitor_id in every row"),
        (live({}).append_column("colour", pa.array(["red"])), "not canonical: colour"),
        (live({"occurred_at": "noon"}), "canonical types"),
    ],
)
def test_rows_that_are_no_canonical_events_are_not_appended(shop, batch, words):
    shop.csv(items=[ITEM]).bring()
    version = shop.generation.version
    with pytest.raises(BatchUnusable, match=words):
        shop.store.append_events(batch, now=NOW)
    assert shop.generation.version == version


def test_nothing_is_appended_before_the_first_import(tmp_path):
    with pytest.raises(BatchUnusable, match="import the shop's tables first"):
        TableStore(tmp_path).append_events(live({}), now=NOW)
