"""A person's rows go from every table and every generation; everybody else's stay as they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person
from service.tables.importing import import_tables
from service.tables.personal import PersonalTables
from service.tables.rejected_rows import RejectedRows
from service.tables.store import TableStore
from tests.fakes import FakeClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ALICE, BROWSER, BOB = Person.customer("alice"), Person.visitor("alices-browser"), Person.customer("bob")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    source = tmp_path / "shop"
    source.mkdir()
    (source / "items.csv").write_text("item_id,kind,title\nmilk,PRODUCT,Milk\n")
    (source / "customers.csv").write_text("customer_id,email,birth_date\nalice,alice@example.com,1990-01-01\nbob,bob@example.com,1991-01-01\n,nobody,\n")
    (source / "events.csv").write_text(
        "event_id,customer_id,visitor_id,type,item_id,occurred_at,text\n"
        "1,alice,,VIEW,milk,2026-02-01T10:00:00Z,\n2,bob,,VIEW,milk,2026-02-01T10:00:00Z,\n"
        "3,,alices-browser,SEARCH,,2026-02-01T11:00:00Z,oat milk\n4,,alice,VIEW,milk,2026-02-02T10:00:00Z,\n"
        "5,alice,,VIEW,no such item,2026-02-02T10:00:00Z,\n",
    )
    (source / "segments.csv").write_text("segment,customer_id,title_en,title_ja\nvip,alice,VIP,VIP\nvip,bob,VIP,VIP\n")
    return source


@pytest.fixture
def store(shop: Path, tmp_path: Path) -> TableStore:
    tables = TableStore(tmp_path / "tables")
    import_tables(shop, tables, tmp_path / "rejected.parquet", now=NOW, default_time_zone="Asia/Tokyo")
    return tables


def table(store: TableStore, name: str) -> pa.Table:
    now = store.current()
    assert now is not None
    return pa.concat_tables([pq.read_table(path) for path in now.events]) if name == "events" else pq.read_table(now.tables[name])


def test_a_person_is_told_all_that_the_tables_have(store: TableStore):
    kept = PersonalTables(store, FakeClock()).kept([ALICE, BROWSER])
    assert sorted((row["table"], row.get("event_id", "")) for row in kept) == [
        ("customers", ""), ("events", "1"), ("events", "3"), ("segments", ""),
    ]
    customer = next(row for row in kept if row["table"] == "customers")
    assert (customer["email"], customer["birth_date"]) == ("alice@example.com", "1990-01-01")
    json.dumps(kept)


def test_their_rows_go_and_no_others(store: TableStore):
    personal = PersonalTables(store, FakeClock())
    before = {name: table(store, name) for name in ("events", "customers", "segments")}
    others = {name: [row for row in rows.to_pylist() if row["customer_id"] != "alice" and row.get("visitor_id") != BROWSER.id]
              for name, rows in before.items()}
    assert personal.erase([ALICE, BROWSER]) == 4
    assert {name: table(store, name).to_pylist() for name in before} == others
    assert {name: table(store, name).schema for name in before} == {name: rows.schema for name, rows in before.items()}
    assert store.current().counts["events"] == 2  # the visitor whose id is another customer's is somebody else
    assert personal.kept([ALICE, BROWSER]) == []
    assert len(personal.kept([BOB])) == 3
    for file in store.directory.rglob("*.parquet"):
        assert "alice@example.com" not in str(pq.read_table(file).to_pylist()), file
    assert personal.erase([ALICE, BROWSER]) == 0


def test_erasing_nobody_publishes_nothing(store: TableStore):
    version = store.current().version
    assert PersonalTables(store, FakeClock()).erase([Person.customer("a stranger")]) == 0
    assert store.current().version == version


def test_while_an_import_runs_the_step_stays_open(store: TableStore):
    with store.draft(now=NOW), pytest.raises(EventsUnavailable):
        PersonalTables(store, FakeClock()).erase([ALICE])
    assert PersonalTables(store, FakeClock()).erase([ALICE]) == 3


def test_refused_rows_are_told_and_go(store: TableStore, tmp_path: Path):
    rejected = RejectedRows(tmp_path / "rejected.parquet")
    assert len(rejected.kept([ALICE])) == 1
    assert rejected.erase([ALICE]) == 1
    assert (rejected.kept([ALICE]), rejected.erase([ALICE])) == ([], 0)
    assert pq.read_table(tmp_path / "rejected.parquet").num_rows == 1


def test_a_generation_that_is_taken_away_while_it_is_read_is_read_anew(store: TableStore, monkeypatch: pytest.MonkeyPatch):
    old = store.current()
    PersonalTables(store, FakeClock()).erase([BOB])
    new = store.current()
    assert old is not None
    assert new is not None
    for path in old.events:
        path.unlink(missing_ok=True)
    turns = iter([old])
    monkeypatch.setattr(store, "current", lambda: next(turns, new))
    assert {row["table"] for row in PersonalTables(store, FakeClock()).kept([ALICE])} == {"customers", "events", "segments"}
    monkeypatch.setattr(store, "current", lambda: old)
    with pytest.raises(EventsUnavailable):
        PersonalTables(store, FakeClock()).kept([ALICE])
