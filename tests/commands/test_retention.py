"""Kept long enough, it is gone from every store with the next run and the features after it; what is younger stays."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from typer.testing import CliRunner

from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_personal import OnlineFeatures
from service.adapters.sql_alone import alone
from service.adapters.sql_audit import SqlAuditLog
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_tables import metadata
from service.cli import app
from service.commands.importing import run_import
from service.commands.offline import move_live_events, run_features
from service.commands.retention import retention_in
from service.commands.workspace import Workspace
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.retention import periods
from service.settings import Database, Features, Settings, State, load_settings
from service.settings_retention import Retention
from tests.conftest import DATABASES
from tests.evaluation.shop_folder import START, write_shop
from tests.fakes import FakeClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

NOW, DAY = START + timedelta(days=45), timedelta(days=1)
KEPT = Retention(actions_days=60, searches_days=20, impressions_days=15, visitors_days=30, moved_days=40)
ANN, EARLY, LATE = Person.customer("u0"), Person.visitor("early"), Person.visitor("late")
LIVE = (
    (ANN, "asked", EventType.SEARCH, 19), (ANN, "asked-lately", EventType.SEARCH, 17), (ANN, "seen", EventType.IMPRESSION, 14),
    (ANN, "looked", EventType.VIEW, 39), (ANN, "looked-lately", EventType.VIEW, 1),
    (EARLY, "visited", EventType.VIEW, 29), (LATE, "visited-lately", EventType.VIEW, 1),
)


class Shop:
    """A shop with history, live events and features, on a clock to move."""

    def __init__(self, folder: Path, database: str, online: str) -> None:
        settings = Settings(
            state=State(dir=folder / "state"), database=Database(url=SecretStr(database)),
            features=Features(online=SecretStr(online)), retention=KEPT,
        )
        self.workspace, self.clock = Workspace(settings), FakeClock(NOW)
        vars(self.workspace)["clock"] = self.clock
        self.source = write_shop(folder / "shop")
        with (self.source / "events.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"u0,PURCHASE,p1,{(NOW - ago * DAY).isoformat()},{basket}\n" for ago, basket in ((59, "old"), (57, "late")))
            file.write(f"u0,PURCHASE,p3,{(NOW - 59 * DAY).isoformat()},old\n")
        run_import(self.workspace, self.source)
        self.log = SqlEventLog(self.workspace.engine)
        for person, name, kind, ago in LIVE:
            item = None if kind is EventType.SEARCH else "p5"
            self.log.append([Event(name, person, kind, NOW - ago * DAY, item, text=f"words-{name}")], NOW)
        move_live_events(self.workspace)

    def compute(self) -> None:
        run_features(self.workspace, lambda _stage, _share: None)

    def project(self) -> None:
        features = FeastFeatures(self.workspace.repository, self.clock)
        features.push_recent({one: self.log.recent(one, 0, 100) for one in (ANN, EARLY, LATE)})

    def bought(self) -> set[str]:
        """What the offline features know that Ann bought."""
        rows = pq.read_table(self.workspace.repository.data / "person_actions.parquet", filters=[("person_key", "=", ANN.key)])
        return {item for row in rows.to_pylist() for item in row["item_id"] or ()}

    def recent(self, person: Person) -> list[str]:
        kept = OnlineFeatures(self.workspace.repository).kept([person])
        return [event for row in kept if row["view"] == "person_recent" for event in row["recent_event_id"]]

    def everything(self) -> str:
        """All that the database and the files under the state say."""
        with self.workspace.engine.connect() as connection:
            said = [repr(connection.execute(select(table)).all()) for table in metadata.tables.values()]
        files = [repr(pq.read_table(path).to_pylist()) for path in self.workspace.settings.state.dir.rglob("*.parquet")]
        return "\n".join([*said, *files])


@pytest.fixture(params=DATABASES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    url = request.getfixturevalue(f"{request.param}_engine").url.render_as_string(hide_password=False)
    return Shop(tmp_path, url, "sqlite" if request.param == "sqlite" else request.getfixturevalue("valkey_url"))


def test_what_is_older_is_gone_from_every_store_and_what_is_younger_stays(shop: Shop):
    shop.compute()
    shop.project()
    assert shop.bought() >= {"p1", "p3", "p5"}
    assert shop.recent(ANN) == ["asked", "asked-lately", "looked", "looked-lately"]
    retention = retention_in(shop.workspace)
    assert retention.count() == {}
    shop.clock.advance(2 * DAY)
    gone = {"actions": 2, "searches": 2, "impressions": 2, "visitors": 2, "moved": 1}  # of each live one, history's too
    assert retention.count() == gone
    swept = retention.enforce()
    assert (swept.removed, swept.waiting) == (gone, ())
    assert {event.event_id for _, event in shop.log.after(0, 100)} == {"asked-lately", "looked-lately", "visited-lately"}
    assert {one: set(shop.recent(one)) for one in (ANN, EARLY, LATE)} == {
        ANN: {"asked-lately", "looked-lately"}, EARLY: set(), LATE: {"visited-lately"},
    }
    report = run_import(shop.workspace, shop.source)
    assert any("2 events are older than what konomi retention keeps" in told for told in report.warnings)
    assert retention.count() == {}  # neither the import nor a feature run brings back what went
    shop.compute()
    assert "p3" not in shop.bought()
    assert shop.bought() >= {"p1", "p5"}  # the later purchase of the one, and the look that moved into history
    said = shop.everything()
    for _, name, _, _ in LIVE:
        assert (f"words-{name}'" in said) == (name in {"asked-lately", "looked", "looked-lately", "visited-lately"}), name
    assert not any(word in said for word in (EARLY.key, f"'{EARLY.id}'"))
    assert [line.action for line in SqlAuditLog(shop.workspace.engine).lines()] == ["RETENTION"] * 2


def test_live_events_that_no_history_has_yet_stay_for_their_whole_period(shop: Shop):
    shop.clock.advance(41 * DAY - DAY)
    shop.log.append([Event("fresh", ANN, EventType.VIEW, NOW, "p5")], NOW)
    shop.clock.advance(2 * DAY)
    removed = retention_in(shop.workspace).enforce().removed
    assert removed["moved"] >= 1
    assert "fresh" in {event.event_id for _, event in shop.log.after(0, 100)}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path))
    return tmp_path


def test_the_command_counts_removes_and_lets_one_run_at_a_time(environment: Path):
    asked = CliRunner()
    workspace = Workspace(load_settings())
    log = SqlEventLog(workspace.engine)
    log.append([Event(f"e{ago}", ANN, EventType.VIEW, workspace.clock.now() - ago * DAY, "p1") for ago in (1, 1094, 1096)], NOW)
    expected = {"dry_run": True, "removed": {"actions": 1}}
    for _ in range(2):
        assert json.loads(asked.invoke(app, ["retention", "--dry-run", "--json"]).stdout) == expected
    with alone(workspace.engine):
        busy = asked.invoke(app, ["retention"])
        assert (busy.exit_code, busy.stdout) == (1, "")
        assert "Another run" in busy.stderr
    done = asked.invoke(app, ["retention", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"dry_run": False, "removed": {"actions": 1}})
    assert {event.event_id for _, event in log.after(0, 100)} == {"e1", "e1094"}
    assert environment.exists()


def test_a_store_that_does_not_answer_is_named(environment: Path):
    tables = load_settings().tables_dir
    tables.mkdir()
    (tables / "current.json").write_text("{")
    said = CliRunner().invoke(app, ["retention", "--json"])
    assert said.exit_code == 1
    assert json.loads(said.stdout) == {"dry_run": False, "removed": {}}
    assert "history did not answer" in said.stderr
    assert environment.exists()


def test_no_period_and_0_keep_for_ever_and_one_too_short_is_refused(environment: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONOMI_RETENTION__ACTIONS_DAYS", "")
    monkeypatch.setenv("KONOMI_RETENTION__VISITORS_DAYS", "0")
    assert [periods(load_settings())[kind] for kind in ("actions", "visitors")] == [0, 0]
    monkeypatch.setenv("KONOMI_RETENTION__MOVED_DAYS", "30")
    refused = CliRunner().invoke(app, ["retention"])
    assert refused.exit_code == 2
    assert "KONOMI_RETENTION__MOVED_DAYS" in refused.stderr
    assert "at least 31" in refused.stderr
    assert environment.exists()
