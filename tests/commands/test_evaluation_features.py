"""Features of the past know nothing of what came after, nor of what no customer really did."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from index.inputs import TrainingInputs
from service.commands.evaluation_features import PastFeatures
from service.commands.importing import run_import
from service.commands.training_inputs import ACTION_COLUMNS
from service.commands.workspace import Workspace
from service.recommender.stored import StoredActions
from service.settings import Settings, State
from tests.evaluation.shop_folder import START, write_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

NOW = START + timedelta(days=30)
CUTOFF = NOW - timedelta(days=7)
REST = {"visitor_id": None, "type": "PURCHASE", "channel": "WEB"}


def bought(ago: timedelta) -> str:
    """A line of the events table: somebody buys what the checkerboard never sells them, so long before the moment."""
    at = NOW - ago
    return f"u0,PURCHASE,p1,{at.isoformat()},{at:%m%d%H%M%S}\n"


@pytest.fixture
def past(tmp_path: Path):
    """Features of the checkerboard as of a moment within it, with some more events in the data."""

    def inputs(name: str, *lines: str, **live: object) -> TrainingInputs:
        folder = write_shop(tmp_path / name / "shop")
        with (folder / "events.csv").open("a", encoding="utf-8") as file:
            file.writelines(lines)
        workspace = Workspace(Settings(state=State(dir=tmp_path / name / "state")))
        run_import(workspace, folder, lambda _stage, _done: None)
        if live:
            workspace.store.append_events(pa.Table.from_pylist([REST | live]), now=workspace.clock.now())
        scratch = tmp_path / name / "scratch"
        scratch.mkdir()
        return PastFeatures(workspace, scratch).inputs(NOW, [CUTOFF])

    return inputs


def _of_person(known: tuple[str, StoredActions]) -> str:
    key, stored = known
    return repr((key, [list(getattr(stored, name)) for name in ACTION_COLUMNS]))


def told(inputs: TrainingInputs) -> tuple[object, ...]:
    nights = [(at, table) for at, table in inputs.nightly.items() if at < NOW]
    rows = [*inputs.item_features.items(), *inputs.labels.items(), *nights]
    return (
        [(at, sorted(map(_of_person, people))) for at, people in inputs.people.items()],
        [(at, sorted(map(repr, table.to_pylist()))) for at, table in rows],
    )


def test_what_comes_later_changes_nothing(past):
    before = past("before")
    assert set(before.people) == set(before.item_features) == {CUTOFF, NOW}
    assert set(before.labels) == {CUTOFF}
    assert {key for key, _ in before.people[NOW]} == {f"c:u{number}" for number in range(20)}
    assert before.labels[CUTOFF].num_rows == 60  # a basket of three each
    assert told(past("after", *(bought(timedelta(days=-days)) for days in (0, 1, 9)))) == told(before)


def test_what_came_a_second_before_is_known(past):
    people = dict(past("just", bought(timedelta(seconds=1))).people[NOW])
    assert "p1" in people["c:u0"].item_id


def test_a_night_knows_what_had_happened_by_then_and_nothing_after_it(past):
    before, after = past("before"), past("after", bought(timedelta(days=-2)))
    nights = [NOW + timedelta(days=day) for day in range(1, 7)]
    assert set(nights) < set(after.nightly)
    for night in nights:
        known = {row["item_id"]: row["buyers_1"] for row in after.nightly[night].to_pylist()}
        usual = {row["item_id"]: row["buyers_1"] for row in before.nightly[night].to_pylist()}
        assert known.get("p1", 0) - usual.get("p1", 0) == (night == NOW + timedelta(days=3))


@pytest.mark.parametrize("live", [
    {"event_id": "s1", "customer_id": "u0", "source": "simulated"},
    {"event_id": "v1", "customer_id": None, "visitor_id": "v", "source": "live"},
])
def test_simulations_and_visitors_are_no_part_of_it(past, live):
    event = {"item_id": "p1", "occurred_at": NOW - timedelta(days=1), **live}
    assert told(past("with", **event)) == told(past("without"))
