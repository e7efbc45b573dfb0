"""History after a link: what the shop imported of a visitor is found as the customer's, and no longer as the visitor's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from service.adapters.parquet_groups import CurrentGroups
from service.adapters.parquet_history import ParquetHistory
from service.adapters.sql_event_export import SCHEMA
from service.recommender.events import EventType
from service.recommender.person import Person
from tests.fakes import START, FakeEventLog, FakeFeedbackStore, FakeVisitorLinks

VISITOR, ANN, BOB = Person.visitor("v-1"), Person.customer("ann"), Person.customer("bob")
VIEW = (EventType.VIEW, "milk")


@pytest.fixture
def links() -> FakeVisitorLinks:
    return FakeVisitorLinks(FakeEventLog(), FakeFeedbackStore())


@pytest.fixture
def history(tmp_path: Path, links: FakeVisitorLinks) -> ParquetHistory:
    rows = [("before", None, "v-1", -1), ("after", None, "v-1", 1), ("own", "ann", None, -2), ("other", None, "v-2", -1)]
    table = [
        {"event_id": event_id, "customer_id": customer, "visitor_id": visitor, "type": "VIEW", "item_id": "milk",
         "occurred_at": START + timedelta(days=days), "channel": "WEB", "source": "import"}
        for event_id, customer, visitor, days in rows
    ]
    columns = [{name: row.get(name) for name in SCHEMA.names} for row in table]
    path = tmp_path / "events.parquet"
    pq.write_table(SCHEMA.empty_table().from_pylist(columns, SCHEMA), path)
    return ParquetHistory(CurrentGroups(lambda: [path]), links)


def found(history: ParquetHistory, person: Person) -> set[str]:
    return set(history.find(person, ["before", "after", "own", "other"]))


def test_without_a_link_each_has_their_own(history: ParquetHistory) -> None:
    assert (found(history, ANN), found(history, VISITOR)) == ({"own"}, {"before", "after"})


def test_a_link_moves_what_was_until_then(history: ParquetHistory, links: FakeVisitorLinks) -> None:
    links.link(VISITOR, ANN, START)
    assert (found(history, ANN), found(history, VISITOR), found(history, BOB)) == ({"own", "before"}, {"after"}, set())
    latest = history.latest(ANN, [VIEW])[VIEW]
    assert (latest.event_id, latest.person) == ("before", ANN)
