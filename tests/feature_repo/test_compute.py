"""The job around the transformations: whole files, clear refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from feature_repo import compute as job
from feature_repo.snapshot import VIEWS
from tests.feature_repo.shop_tables import AS_OF, ShopTables, bought, days_ago

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

KILLED = """
import sys
from datetime import timedelta
from pathlib import Path
from feature_repo.compute import compute, engine
from feature_repo.snapshot import VIEWS
from tests.feature_repo.shop_tables import AS_OF, ShopTables

def stop(step, done):
    if step.startswith("person_affinity"):
        print(step, flush=True)
        sys.stdin.read()  # until killed

compute(ShopTables().write(Path(sys.argv[1])), dict.fromkeys(VIEWS, (AS_OF,)), Path(sys.argv[1]) / "data",
        through_sequence=0, time_zone="UTC", progress=stop)
"""
SHOP = ShopTables([bought("ann", "milk", days_ago(1), basket="1")])


def test_a_shop_without_events_has_empty_features(tmp_path):
    data = ShopTables().compute(tmp_path)
    assert pq.read_table(data / "person_actions.parquet").num_rows == 2
    assert pq.read_table(data / "item_popularity.parquet").num_rows == 0


@pytest.mark.parametrize(
    "as_of", [[], [datetime(2026, 3, 2)], [datetime(2026, 3, 2, microsecond=5, tzinfo=UTC)]],  # noqa: DTZ001
)
def test_moments_that_cannot_be_told_apart_are_refused(tmp_path, as_of):
    with pytest.raises(ValueError, match="person_actions: "):
        SHOP.compute(tmp_path, as_of)


def test_timestamps_are_microseconds_in_utc(tmp_path):
    for path in SHOP.compute(tmp_path).glob("*.parquet"):
        assert str(pq.read_schema(path).field("event_timestamp").type) == "timestamp[us, tz=UTC]", path


def test_a_killed_run_leaves_the_former_files_and_the_next_one_finishes(tmp_path):
    data = SHOP.compute(tmp_path)
    before = {path.name: path.read_bytes() for path in data.glob("*.parquet")}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as run:
        assert run.stdout
        assert run.stdout.readline().startswith("person_affinity")
        run.kill()
    assert (data / job.STAGING).exists()
    assert {path.name: path.read_bytes() for path in data.glob("*.parquet")} == before
    SHOP.compute(tmp_path, [AS_OF + timedelta(days=1)])
    assert not (data / job.STAGING).exists()
    assert set(pq.read_table(data / "person_rfm.parquet")["event_timestamp"].to_pylist()) == {AS_OF + timedelta(days=1)}


def test_progress_goes_from_nothing_to_nearly_all(tmp_path):
    files, told = replace(SHOP.write(tmp_path), segments=None), []
    job.compute(
        files, dict.fromkeys(VIEWS, (AS_OF,)), tmp_path / "data", through_sequence=0, time_zone="UTC",
        progress=lambda step, done: told.append((step, done)),
    )
    assert told[0] == ("person_actions as of 2026-03-02", 0.0)
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[-1][1] < 1
    assert pq.read_table(tmp_path / "data" / "person_segments.parquet")["shop_segments"].null_count == 2


def test_each_view_has_snapshots_of_its_own_moments_and_those_not_wanted_have_no_file(tmp_path):
    week_after = AS_OF + timedelta(days=7)
    job.compute(
        SHOP.write(tmp_path), {"person_rfm": [week_after], "item_price": [week_after, AS_OF]}, tmp_path / "data",
        through_sequence=0, time_zone="UTC",
    )
    written = {path.stem: pq.read_table(path)["event_timestamp"].to_pylist() for path in (tmp_path / "data").glob("*.parquet")}
    assert {view: set(moments) for view, moments in written.items()} == {
        "person_rfm": {week_after}, "item_price": {AS_OF, week_after}, job.RECENT: set(),
    }


def test_every_file_and_its_name_are_on_disk(tmp_path, monkeypatch):
    synced, sync = set(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: synced.add(os.fstat(handle).st_ino) or sync(handle))
    data = SHOP.compute(tmp_path)
    assert {path.stat().st_ino for path in (data, *data.glob("*.parquet"))} <= synced


def test_nothing_that_is_wanted_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no view"):
        job.compute(SHOP.write(tmp_path), {}, tmp_path / "data", through_sequence=0, time_zone="UTC")


LONG_QUERY = """
import sys
from pathlib import Path
from feature_repo.compute import engine
query = "SELECT count(*) FROM range(3000) a, range(3000) b, range(120) c WHERE a.range + b.range > c.range"
assert engine(Path(sys.argv[1])).raw_sql(query).fetchall()[0][0] > 0
"""


def test_the_engine_draws_nothing_where_results_are_printed(tmp_path):
    """Without a file to run, DuckDB takes a program for a person at a prompt, and draws."""
    done = subprocess.run(
        [sys.executable, "-c", LONG_QUERY, str(tmp_path)], capture_output=True, check=True, timeout=120,
    )
    assert done.stdout == b""
