"""Whoever was erased and comes again with an import leaves nothing; of those who began anew, what is new alone is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.commands.importing import run_import
from service.commands.offline import move_live_events
from service.commands.workspace import Workspace
from service.privacy import personal_stores
from service.recommender.consent import Decision, Purpose, granted
from service.recommender.erasure import Eraser
from service.recommender.events import Event, EventType
from service.recommender.person import Person
from service.settings import Database, Settings, State
from tests.conftest import DATABASES
from tests.fakes import FakeClock

NOW, DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC), timedelta(days=1)
ANN, BEN, BROWSER = Person.customer("ann"), Person.customer("ben"), Person.visitor("anns-browser")
GRANTED = "PERSONALISE_CONTENT|MEASURE"


class Shop:
    """A state, its erasures, and a delivery of tables that names everybody each time."""

    def __init__(self, folder: Path, database: str) -> None:
        self.workspace = Workspace(Settings(state=State(dir=folder / "state"), database=Database(url=SecretStr(database))))
        self.clock = FakeClock(NOW)
        vars(self.workspace)["clock"] = self.clock
        self.source = folder / "shop"
        self.source.mkdir()
        (self.source / "items.csv").write_text("item_id,kind,title\nmilk,PRODUCT,Milk\n")
        (self.source / "customers.csv").write_text(f"customer_id,email,consents\nann,ann@example.com,{GRANTED}\nben,,{GRANTED}\n")
        (self.source / "segments.csv").write_text("segment,customer_id\nvip,ann\nvip,ben\n")
        one = self.workspace
        self.stores = personal_stores(one.settings, one.engine, one.repository, one.store, self.clock)
        self.eraser = Eraser(SqlErasureBook(one.engine), self.stores, self.clock)

    def bring(self) -> None:
        """Deliver the tables, with an event of each day since the first, and one that is refused."""
        days = [NOW + number * DAY for number in range((self.clock.now() - NOW).days + 1)]
        lines = [
            f"{who}-{day:%d},{'' if who == BROWSER.id else who},{who if who == BROWSER.id else ''},VIEW,milk,{day.isoformat()}\n"
            for day in days for who in ("ann", "ben", BROWSER.id)
        ]
        refused = "no,ann,,VIEW,no such item,2026-03-01T00:00:00Z\n"
        (self.source / "events.csv").write_text("event_id,customer_id,visitor_id,type,item_id,occurred_at\n" + "".join(lines) + refused)
        run_import(self.workspace, self.source)

    def erase(self, person: Person) -> None:
        self.eraser.request(person)
        assert self.eraser.go_on() == 0

    def left_of(self, *people: Person) -> dict[str, int]:
        return {store.name: number for store in self.stores if (number := len(store.kept(people)))}

    def events_of(self, person: Person) -> set[str]:
        column = "customer_id" if person.is_customer else "visitor_id"
        return {
            row["event_id"] for path in self.workspace.generation().events
            for row in pq.read_table(path, filters=[(column, "=", person.id)]).to_pylist()
        }


@pytest.fixture(params=DATABASES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    made = Shop(tmp_path, request.getfixturevalue(f"{request.param}_engine").url.render_as_string(hide_password=False))
    made.bring()
    return made


def test_an_import_that_names_them_again_leaves_nothing(shop: Shop):
    others = {store.name: store.kept([BEN]) for store in shop.stores}
    assert shop.left_of(ANN).items() >= {"consents": 2, "shop tables": 3, "rejected rows": 1}.items()
    for person in (ANN, BROWSER):
        shop.erase(person)
    shop.bring()
    assert shop.left_of(ANN, BROWSER) == {}
    assert {store.name: store.kept([BEN]) for store in shop.stores} == others
    assert Purpose.MEASURE not in granted(shop.workspace.consents.decisions(ANN))
    assert not any("ann@example.com" in repr(pq.read_table(path).to_pylist()) for path in shop.source.parent.rglob("*.parquet"))


def test_of_those_who_began_anew_only_what_is_newer_is_kept(shop: Shop):
    shop.erase(ANN)
    shop.clock.advance(DAY)
    shop.eraser.book.welcome(ANN, shop.clock.now())
    shop.workspace.consents.record(ANN, [Decision(Purpose.PERSONALISE_CONTENT, True, shop.clock.now(), "page", "May we?")])
    shop.clock.advance(2 * DAY)
    SqlEventLog(shop.workspace.engine).append([Event("live", ANN, EventType.VIEW, shop.clock.now(), "milk")], shop.clock.now())
    for _ in range(2):  # a delivery that comes again changes nothing
        shop.bring()
        move_live_events(shop.workspace)
        assert shop.events_of(ANN) == {"ann-04", "ann-05", "live"}
    assert shop.events_of(BEN) == {f"ben-{day:02d}" for day in range(2, 6)}
    assert granted(shop.workspace.consents.decisions(ANN)) == {Purpose.PERSONALISE_CONTENT}  # as they decided themselves
