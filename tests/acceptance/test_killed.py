"""`kill -9` in the middle of every command, while a server serves: nobody sees half of it, and the next run finishes."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from index.artefact import versions
from index.publication import current
from service.adapters.system_clock import SystemClock
from service.tables.store import TableStore
from tests.acceptance.onlookers import Onlooker, whole_answer, whole_artefact, whole_tables
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.test_next_answer import event, record
from tests.acceptance.village import STAGES, Village, arguments_of, perilous
from tests.stores import Stores

pytestmark = pytest.mark.demo

SEED, HOUSEHOLD, BOUGHT, EVENT_ID = 20265, "k5", "wine-3", "that-evening"
DEATHS = {"import": 3, "features": 2, "train": 1, "build": 1, "publish": 3, "refresh": 1}
NO_LIMIT = str(10**9)
"""On a quick machine the onlookers ask for more than one customer's budget."""
MOMENTS = (0.0, 0.05, 0.4)
"""How long after its chance a death comes, in seconds."""


@dataclass(frozen=True)
class Stage:
    """What was seen of one command."""

    returned: Sequence[int]
    finished: str
    faults: Sequence[str]
    looks: int
    tables: str
    artefact: str | None


@dataclass(frozen=True)
class Night:
    """A night on which every command was killed several times before it could finish."""

    state: Path
    stages: dict[str, Stage]
    served: dict[str, str]
    before: dict[str, str]


def deaths(village: Village, stage: str, draw: np.random.Generator) -> list[tuple[int, float]]:
    """When to die: at a chance before the last ones, and a moment later where the command is long enough."""
    last = 12 if stage == "refresh" else max(int(village.chances[stage] * 0.9), 5)
    points = sorted(draw.choice(np.arange(1, last), DEATHS[stage], replace=False).tolist())
    return [(point, 0.0 if stage == "publish" else float(draw.choice(MOMENTS))) for point in points]


@pytest.fixture(scope="module")
def night(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Night:
    state = stores.copy(village.state, tmp_path_factory.mktemp("night") / "state")
    draw, stages = np.random.default_rng(SEED), {}
    with Server(state, LIMITS__AT_ONCE=NO_LIMIT) as server:
        before = dict(server.versions)
        record(server, HOUSEHOLD, event("PURCHASE", BOUGHT, EVENT_ID, SystemClock().now()))
        for stage in (*STAGES, "refresh"):
            with ExitStack() as looking:
                looks = [
                    looking.enter_context(Onlooker(look)) for look in (
                        lambda: whole_tables(state), lambda: whole_artefact(state),
                        lambda: whole_answer(server, HOUSEHOLD, BOUGHT, EVENT_ID),
                    )
                ]
                returned = [
                    perilous(state, ["die", *death], arguments_of(stage, state, village.delivery)).returncode
                    for death in deaths(village, stage, draw)
                ]
                finished = konomi(state, *arguments_of(stage, state, village.delivery))
            generation = TableStore(state / "tables").current()
            stages[stage] = Stage(
                returned, succeed(finished), [fault for one in looks for fault in one.faults],
                min(one.looks for one in looks), generation.version, current(state / "artefacts"),
            )
        server.wait_until(lambda: server.versions["index"] == current(state / "artefacts"))
        whole_answer(server, HOUSEHOLD, BOUGHT, EVENT_ID)
        return Night(state, stages, dict(server.versions), before)


@pytest.mark.parametrize("stage", DEATHS)
def test_the_command_was_killed_in_its_midst(night, stage):
    assert list(night.stages[stage].returned) == [-signal.SIGKILL] * DEATHS[stage]


@pytest.mark.parametrize("stage", DEATHS)
def test_nobody_saw_half_of_it(night, stage):
    assert night.stages[stage].looks > 3
    assert night.stages[stage].faults == []


def test_the_tables_moved_on_once_and_then_with_the_live_log(night):
    after_import = night.stages["import"].tables
    assert after_import != night.before["catalogue"]
    assert after_import.startswith("000002-")
    assert night.stages["features"].tables.startswith("000003-")
    assert night.stages["refresh"].tables == night.stages["features"].tables


def test_only_publishing_changed_what_is_current(night):
    for stage in ("import", "features", "train", "build"):
        assert night.stages[stage].artefact == night.before["index"]
    assert night.stages["publish"].artefact != night.before["index"]
    assert night.stages["refresh"].artefact not in {night.before["index"], night.stages["publish"].artefact}


def test_the_server_serves_what_was_published_last(night):
    assert night.served["index"] == night.stages["refresh"].artefact
    assert night.served["catalogue"] == night.stages["refresh"].tables


def test_nothing_is_there_twice_and_nothing_is_lost(night, village):
    generation = TableStore(night.state / "tables").current()
    first = TableStore(village.state / "tables").current()
    ids = [one for path in generation.events for one in pq.read_table(path)["event_id"].to_pylist()]
    people = [one for path in generation.events for one in pq.read_table(path)["customer_id"].to_pylist()]
    assert len(set(zip(people, ids, strict=True))) == len(ids)
    with (village.delivery / "events.csv").open(encoding="utf-8") as lines:
        delivered = sum(1 for _ in lines) - 1
    assert len(ids) == first.counts["events"] + delivered + 1
    assert ids.count(EVENT_ID) == 1


def test_no_rubbish_is_left(night):
    hidden = [path.name for path in night.state.rglob(".*staging*")]
    assert hidden == []
    whole = versions(night.state / "artefacts")
    assert {path.name for path in (night.state / "artefacts").iterdir() if path.is_dir()} == set(whole)
    succeed(konomi(night.state, "index", "verify"))
