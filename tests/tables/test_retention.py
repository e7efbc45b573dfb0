"""What history keeps no longer than its period; what went does not come back with an import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person, VisitorLink
from service.recommender.retention import Kind
from service.tables.importing import import_tables
from service.tables.personal import PersonalTables
from service.tables.retention import Gone, RetainedHistory, RetainedRejects
from service.tables.store import TableStore
from tests.fakes import FakeClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = {Kind.ACTIONS: 30, Kind.SEARCHES: 20, Kind.IMPRESSIONS: 10, Kind.VISITORS: 15}
EVENTS = (
    ("bought", "ann", "", "PURCHASE", 31), ("bought lately", "ann", "", "PURCHASE", 29),
    ("asked", "ann", "", "SEARCH", 21), ("asked lately", "ann", "", "SEARCH", 19),
    ("seen", "ann", "", "IMPRESSION", 11), ("seen lately", "ann", "", "IMPRESSION", 9),
    ("visited", "", "val", "VIEW", 16), ("visited lately", "", "val", "VIEW", 14),
    ("signed in", "", "browser", "VIEW", 16), ("signed out", "", "browser", "VIEW", 15.5),
    ("both", "ann", "val", "VIEW", 16),
)
LINK = VisitorLink(Person.visitor("browser"), Person.customer("ann"), NOW - 16 * DAY)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    source = tmp_path / "shop"
    source.mkdir()
    (source / "items.csv").write_text("item_id,kind,title\nmilk,PRODUCT,Milk\n")
    (source / "customers.csv").write_text("customer_id\nann\n,\n")
    lines = [
        f"{name},{customer},{visitor},{kind},milk,{(NOW - ago * DAY).isoformat()},oats\n"
        for name, customer, visitor, kind, ago in EVENTS
    ]
    (source / "events.csv").write_text("event_id,customer_id,visitor_id,type,item_id,occurred_at,text\n" + "".join(lines))
    return source


@pytest.fixture
def store(shop: Path, tmp_path: Path) -> TableStore:
    tables = TableStore(tmp_path / "tables")
    bring(shop, tables)
    return tables


def bring(shop: Path, tables: TableStore) -> None:
    import_tables(shop, tables, tables.directory.parent / "rejected.parquet", now=NOW, default_time_zone="Asia/Tokyo")


def history_of(store: TableStore, days: Mapping[Kind, int] = DAYS) -> RetainedHistory:
    gone = Gone(store.directory.parent / "gone.json")
    return RetainedHistory(PersonalTables(store, FakeClock(NOW)), gone, days, lambda: [LINK])


def left_in(store: TableStore) -> set[str]:
    """Events by name, wherever a file of the tables still has them."""
    files = [path for path in store.directory.rglob("*.parquet") if "event_id" in pq.read_schema(path).names]
    return {name for path in files for name in pq.read_table(path)["event_id"].to_pylist()}


def test_each_kind_goes_by_its_period_and_what_is_younger_stays(store: TableStore):
    history = history_of(store)
    expected = {"actions": 1, "searches": 1, "impressions": 1, "visitors": 2}
    assert history.overdue(NOW) == expected
    assert list(history.sweep(NOW)) == [expected]
    # What a visitor did until they signed in goes by the customer's period, and what they did since by a visitor's.
    assert left_in(store) == {"bought lately", "asked lately", "seen lately", "visited lately", "signed in", "both"}
    now = store.current()
    assert now is not None
    assert now.counts["events"] == 6
    assert list(history.sweep(NOW)) == [{}]
    assert store.current() == now  # nothing is published where nothing went


def test_on_a_moved_clock_the_next_run_takes_the_rest(store: TableStore):
    history = history_of(store)
    for _ in history.sweep(NOW):
        pass
    assert list(history.sweep(NOW + 2 * DAY)) == [{"actions": 1, "searches": 1, "impressions": 1, "visitors": 1}]
    assert left_in(store) == {"signed in", "both"}
    assert list(history.sweep(NOW + 15 * DAY)) == [{"actions": 2}]
    assert left_in(store) == set()


def test_what_went_does_not_come_back_with_an_import(shop: Path, store: TableStore):
    history = history_of(store)
    assert history.keep_out() == 0  # before the first run, an import brings whatever it has
    for _ in history.sweep(NOW):
        pass
    left = left_in(store)
    bring(shop, store)
    assert left_in(store) > left
    assert history.keep_out() == 5
    assert left_in(store) == left


def test_a_longer_period_lets_older_events_come_again(shop: Path, store: TableStore):
    for days in (DAYS, {Kind.ACTIONS: 40}):
        for _ in history_of(store, days).sweep(NOW):
            pass
    bring(shop, store)
    assert history_of(store).keep_out() == 0
    assert len(left_in(store)) == len(EVENTS)


def test_nothing_goes_that_is_kept_for_ever(store: TableStore):
    assert list(history_of(store, dict.fromkeys(Kind, 0)).sweep(NOW + 5000 * DAY)) == [{}]
    assert len(left_in(store)) == len(EVENTS)


def test_while_an_import_runs_it_waits_and_nothing_is_said_to_be_gone(store: TableStore):
    history, gone = history_of(store), store.directory.parent / "gone.json"
    with store.draft(now=NOW), pytest.raises(EventsUnavailable):
        list(history.sweep(NOW))
    assert not gone.exists()
    assert list(history.sweep(NOW)) != [{}]
    assert Gone(gone).read() == {kind: NOW - days * DAY for kind, days in DAYS.items()}


def test_a_damaged_memory_is_told(store: TableStore):
    (store.directory.parent / "gone.json").write_text("[")
    with pytest.raises(EventsUnavailable, match="remove it"):
        history_of(store).keep_out()


def test_an_empty_state_has_nothing_to_remove(tmp_path: Path):
    assert list(history_of(TableStore(tmp_path / "tables")).sweep(NOW)) == [{}]


def test_refused_rows_go_with_their_file(store: TableStore):
    path = store.directory.parent / "rejected.parquet"
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    rejects = RetainedRejects(path, 30)
    assert list(rejects.sweep(NOW + 30 * DAY)) == []
    assert rejects.overdue(NOW + 31 * DAY) == {"rejected": 1}
    assert list(RetainedRejects(path, 0).sweep(NOW + 31 * DAY)) == []
    assert list(rejects.sweep(NOW + 31 * DAY)) == [{"rejected": 1}]
    assert not path.exists()
    assert list(rejects.sweep(NOW + 31 * DAY)) == []
