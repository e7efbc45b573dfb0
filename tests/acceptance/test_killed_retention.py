"""`kill -9` in the middle of konomi retention: what may stay is there, the next run does the rest, and no line is torn."""

from __future__ import annotations

import json
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from service.adapters.sql_database import connect
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.system_clock import SystemClock
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.tables.store import TableStore
from tests.acceptance.running import konomi, succeed
from tests.acceptance.village import perilous

SEED, DEATHS = 20266, 2
AGES = (1, 400, 1200, 2000)
"""Days; the default period of actions is 1095."""
YOUNG = {f"{place}-{age}" for place in ("live", "imported") for age in AGES if age < 1095}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with old and young events, in the database and in history."""
    folder, now = tmp_path_factory.mktemp("retention"), SystemClock().now()
    shop, made = folder / "shop", folder / "state"
    shop.mkdir()
    (shop / "items.csv").write_text("item_id,kind,title\nmilk,PRODUCT,Milk\n", encoding="utf-8")
    lines = [f"imported-{age},ann,VIEW,milk,{(now - timedelta(days=age)).isoformat()}" for age in AGES]
    columns = "event_id,customer_id,type,item_id,occurred_at"
    (shop / "events.csv").write_text("\n".join([columns, *lines, ""]), encoding="utf-8")
    succeed(konomi(made, "import", shop))
    engine = connect(f"sqlite:///{made / 'konomi.db'}")
    ann = Person.customer("ann")
    events = [Event(f"live-{age}", ann, EventType.VIEW, now - timedelta(days=age), "milk") for age in AGES]
    SqlEventLog(engine).append(events, now)
    engine.dispose()
    return made


def left_in(state: Path) -> set[str]:
    engine = connect(f"sqlite:///{state / 'konomi.db'}")
    live = {event.event_id for _, event in SqlEventLog(engine).after(0, 100)}
    engine.dispose()
    generation = TableStore(state / "tables").current()
    assert generation is not None
    return live | {name for path in generation.events for name in pq.read_table(path)["event_id"].to_pylist()}


def test_killed_anywhere_the_next_run_does_the_rest(state: Path, tmp_path: Path):
    counting = shutil.copytree(state, tmp_path / "counting")
    succeed(perilous(counting, ["count", tmp_path / "chances"], ["retention"]))
    chances = int((tmp_path / "chances").read_text(encoding="utf-8"))
    assert left_in(counting) == YOUNG
    draw = np.random.default_rng(SEED)
    for point in sorted(draw.choice(np.arange(1, chances), DEATHS, replace=False).tolist()):
        killed = shutil.copytree(state, tmp_path / f"killed-{point}")
        died = perilous(killed, ["die", point, 0.0], ["retention"])
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert left_in(killed) >= YOUNG
        done = json.loads(succeed(konomi(killed, "retention", "--json")))
        assert left_in(killed) == YOUNG, point
        assert set(done["removed"]) <= {"actions"}
        record = json.loads(succeed(konomi(killed, "privacy", "audit", "--json")))
        assert record["broken_at"] is None
        assert all(line["action"] == "RETENTION" for line in record["lines"])
