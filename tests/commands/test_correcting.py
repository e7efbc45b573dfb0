"""What is wrong about a customer is put right: told at once, in the features of the next run, and kept through imports."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from service.adapters.feast_personal import exclusive
from service.cli import app
from service.commands.importing import run_import
from service.commands.offline import run_features
from service.commands.workspace import Workspace
from service.privacy import personal_stores
from service.recommender.erasure import Eraser
from service.recommender.events import EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from service.settings import load_settings
from tests.evaluation.shop_folder import START, write_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

ANN = Person.customer("u0")
FIRST = "customer_id,region,birth_date,household,email\nu0,North,1990-01-01,4,ann@example.com\nu1,South,1980-01-01,2,\n"


class Shop:
    """A shop in which Ann's row is wrong."""

    def __init__(self, folder: Path) -> None:
        self.source = write_shop(folder / "shop", people=4)
        self.workspace = Workspace(load_settings())
        self.bring(FIRST)

    def bring(self, customers: str) -> None:
        (self.source / "customers.csv").write_text(customers, encoding="utf-8")
        run_import(self.workspace, self.source)

    def correct(self, *changes: str, customer: str = "u0") -> Result:
        words = [word for change in changes for word in ("--set", change)]
        return CliRunner().invoke(app, ["privacy", "correct", customer, *words, "--json"])

    def kept(self, person: Person = ANN) -> dict[str, list[dict[str, object]]]:
        one = self.workspace
        stores = personal_stores(one.settings, one.engine, one.repository, one.store, one.clock)
        return {store.name: [dict(row) for row in store.kept([person])] for store in stores}

    def row(self, person: Person = ANN) -> dict[str, object]:
        """The customer as `data` tells it."""
        return next(row for row in self.kept(person)["shop tables"] if row["table"] == "customers")

    def traits(self) -> list[dict[str, object]]:
        run_features(self.workspace, lambda _stage, _share: None)
        return pq.read_table(self.workspace.repository.data / "person_traits.parquet", filters=[("person_key", "=", ANN.key)]).to_pylist()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path / "state"))
    return Shop(tmp_path)


def test_it_is_told_at_once_and_in_the_features_of_the_next_run(shop: Shop):
    other = shop.row(Person.customer("u1"))
    done = shop.correct("region=West", "household=")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"corrected": ["household", "region"]})
    row = shop.row()
    assert (row["region"], row.get("household"), row["birth_date"], row["email"]) == ("West", None, "1990-01-01", "ann@example.com")
    assert shop.row(Person.customer("u1")) == other
    assert {one["column"] for one in shop.kept()["corrections"]} == {"household", "region"}
    traits = shop.traits()
    assert {one["region"] for one in traits} == {"West"}
    assert {one["household"] for one in traits} == {None}


def test_it_holds_through_imports_until_the_shop_says_something_else(shop: Shop):
    shop.correct("region=West", "birth_date=1991-02-03")
    for _ in range(2):
        shop.bring(FIRST)
        assert (shop.row()["region"], shop.row()["birth_date"]) == ("West", "1991-02-03")
    shop.correct("region=East")  # once more: what the shop said is remembered, not what was corrected before
    shop.bring(FIRST.replace("4,ann", "5,ann"))
    assert (shop.row()["region"], shop.row()["birth_date"], shop.row()["household"]) == ("East", "1991-02-03", "5")
    shop.bring(FIRST.replace("North", "Abroad"))
    assert (shop.row()["region"], shop.row()["birth_date"]) == ("Abroad", "1991-02-03")
    shop.bring(FIRST)
    assert (shop.row()["region"], shop.row()["birth_date"]) == ("North", "1991-02-03")  # that one was over
    assert [one["column"] for one in shop.kept()["corrections"]] == ["birth_date"]


def test_correcting_back_to_what_the_shop_says_leaves_nothing_to_hold(shop: Shop):
    shop.correct("region=West")
    shop.correct("region=North")
    assert shop.row()["region"] == "North"
    assert shop.kept()["corrections"] == []


def test_it_goes_with_an_erasure(shop: Shop):
    shop.correct("region=West")
    shop.correct("region=West", customer="u1")
    assert CliRunner().invoke(app, ["privacy", "erase", "u0"]).exit_code == 0
    assert not any(shop.kept().values())
    assert [one["customer_id"] for one in shop.kept(Person.customer("u1"))["corrections"]] == ["u1"]


def test_an_erasure_waits_for_a_server_that_is_at_it_too(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    looks, go_on = [], Eraser.go_on
    held = ExitStack()
    held.enter_context(exclusive(shop.workspace.repository.data))

    def held_at_first(eraser: Eraser) -> int:
        left = go_on(eraser)
        looks.append(left)
        if len(looks) == 6:
            held.close()
        return left

    monkeypatch.setattr(Eraser, "go_on", held_at_first)
    told = CliRunner().invoke(app, ["privacy", "erase", "u0"])
    assert told.exit_code == 0, told.output
    assert looks[:6] == [1] * 6
    assert looks[-1] == 0


@pytest.mark.parametrize(("changes", "customer", "code", "told"), [
    (["birth_date=17 May 1990"], "u0", 1, "INVALID_DATE"),
    (["time_zone=Moon/Base"], "u0", 1, "UNKNOWN_ZONE"),
    (["customer_id=u1"], "u0", 1, "cannot be corrected"),
    (["consents=MEASURE"], "u0", 1, "cannot be corrected"),
    (["region=West"], "nobody", 1, "no such customer"),
    (["region"], "u0", 2, "COLUMN=VALUE"),
    (["region=West", "region=East"], "u0", 2, "each column once"),
])
def test_what_cannot_be_is_refused_and_not_repeated(shop: Shop, changes, customer, code, told):
    version = shop.workspace.generation().version
    refused = shop.correct(*changes, customer=customer)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert told in refused.stderr
    assert not any(change.partition("=")[2] in refused.stderr for change in changes if "=" in change)
    assert shop.workspace.generation().version == version
    assert shop.kept()["corrections"] == []


def test_it_is_on_record_without_a_value(shop: Shop):
    shop.correct("region=West", "email=")
    lines = json.loads(CliRunner().invoke(app, ["privacy", "audit", "--json"]).stdout)["lines"]
    assert [(line["action"], line["actor"], line["detail"]) for line in lines] == [
        ("CORRECTED", "service:konomi privacy", {"columns": ["email", "region"]}),
    ]
    assert lines[0]["subject"] not in {"", "u0"}


def test_a_wrong_action_counts_nowhere_from_the_next_run(shop: Shop):
    """What giveFeedback with FORGET_ACTION keeps; that it holds from the next answer on is held elsewhere."""
    def bought() -> set[str]:
        run_features(shop.workspace, lambda _stage, _share: None)
        rows = pq.read_table(shop.workspace.repository.data / "person_actions.parquet", filters=[("person_key", "=", ANN.key)])
        return set(rows.to_pylist()[-1]["item_id"])

    wrong, *others = sorted(bought())
    now = shop.workspace.clock.now()
    shop.workspace.feedback.record(ANN, FeedbackKind.FORGET_ACTION, wrong, now, type=EventType.PURCHASE, through=now)
    assert bought() == set(others)
    assert now > START
