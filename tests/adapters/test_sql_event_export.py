from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from service.adapters.sql_event_export import SCHEMA, export_events
from service.adapters.sql_event_log import SqlEventLog
from service.recommender.events import Channel, Event, EventType, Mark
from service.recommender.person import Person
from service.tables.canonical import EVENTS
from tests.fakes import START

BOUGHT = Event(
    event_id="one",
    person=Person.customer("alice"),
    type=EventType.PURCHASE,
    occurred_at=START + timedelta(microseconds=1),
    item_id="milk",
    channel=Channel.STORE,
    quantity=Decimal(2),
    amount=Decimal("3.1234"),
    discount=Decimal("99999999999999.9999"),
    basket_id="b1",
    token="t1",  # noqa: S106 - a recommendation token
)
RATED = Event("two", Person.visitor("v"), EventType.RATE, START, "milk", value=Decimal("4.5"), source="simulated")


def test_its_schema_is_that_of_the_shops_tables():
    assert SCHEMA == EVENTS


def test_rows_are_canonical_events_in_log_order(engine):
    SqlEventLog(engine).append([BOUGHT, RATED], START)
    exported = export_events(engine, 0, 10)
    assert exported.table.schema == SCHEMA
    bought, rated = exported.table.to_pylist()
    assert {name: value for name, value in bought.items() if value is not None} == {
        "event_id": "one",
        "customer_id": "alice",
        "type": "PURCHASE",
        "item_id": "milk",
        "occurred_at": BOUGHT.occurred_at,
        "quantity": Decimal(2),
        "amount": Decimal("3.1234"),
        "discount": Decimal("99999999999999.9999"),
        "channel": "STORE",
        "basket_id": "b1",
        "token": "t1",
        "source": "live",
    }
    assert (rated["customer_id"], rated["visitor_id"], rated["value"], rated["source"]) == (None, "v", 4.5, "simulated")


def test_stretches_follow_each_other_to_the_end(engine):
    log = SqlEventLog(engine)
    log.append([Event(f"e{n}", Person.customer("alice"), EventType.VIEW, START, f"p{n}") for n in range(7)], START)
    ids, through = [], 0
    while (exported := export_events(engine, through, 3)).table.num_rows:
        ids += exported.table["event_id"].to_pylist()
        through = exported.through_sequence
    assert ids == [f"e{n}" for n in range(7)]
    assert exported.through_sequence == through == log.last_sequence()
    assert exported.table.schema == SCHEMA


def test_what_counts_nowhere_stays_in_the_log(engine):
    log = SqlEventLog(engine)
    alice = Person.customer("alice")
    log.append([Event(f"e{n}", alice, EventType.VIEW, START, "milk") for n in range(3)], START)
    log.append([Event("crawled", alice, EventType.VIEW, START, "tea", mark=Mark.BOT)], START)
    log.append([Event("last", alice, EventType.VIEW, START, "bread")], START)
    exported = export_events(engine, 0, 10)
    assert exported.table["event_id"].to_pylist() == ["e0", "last"]
    assert exported.through_sequence == log.last_sequence() == 5
    assert [event.event_id for _, event in log.after(0, 10)] == ["e0", "e1", "e2", "crawled", "last"]
