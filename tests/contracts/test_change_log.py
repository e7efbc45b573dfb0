"""What every change log keeps to, and which writes are noted in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from service.adapters.sql_changes import SqlChangeLog
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.changes import ChangeLog
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import InvalidArgument
from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from service.recommender.ports import ConsentLedger, EventLog, FeedbackStore, VisitorLinks
from tests.conftest import DATABASES
from tests.fakes import START, FakeChangeLog, FakeConsentLedger, FakeEventLog, FakeFeedbackStore, FakeVisitorLinks

ALICE, BOB, VISITOR = Person.customer("alice"), Person.customer("bob"), Person.visitor("alice")
EMAIL = Decision(Purpose.EMAIL, True, START, "page", "May we write?")
HIDE = FeedbackKind.HIDE_ITEM


@dataclass
class Stores:
    changes: ChangeLog
    log: EventLog
    consents: ConsentLedger
    feedback: FeedbackStore
    links: VisitorLinks


@pytest.fixture(params=["fake", *DATABASES])
def stores(request) -> Stores:
    if request.param == "fake":
        changes, log = FakeChangeLog(), FakeEventLog()
        feedback = FakeFeedbackStore(changes)
        return Stores(changes, log, FakeConsentLedger(changes), feedback, FakeVisitorLinks(log, feedback, changes))
    engine = request.getfixturevalue(f"{request.param}_engine")
    return Stores(
        SqlChangeLog(engine), SqlEventLog(engine), SqlConsentLedger(engine), SqlFeedbackStore(engine),
        SqlVisitorLinks(engine),
    )


def people(stores: Stores, after: int = 0) -> list[Person]:
    return [person for _, person in stores.changes.after(after, 100)]


def test_it_begins_empty(stores):
    assert stores.changes.last_sequence() == 0
    assert people(stores) == []


def test_each_person_is_told_once_where_they_changed_last(stores):
    stores.consents.record(ALICE, [EMAIL])
    stores.consents.record(BOB, [EMAIL])
    seen = stores.changes.last_sequence()
    assert people(stores) == [ALICE, BOB]
    assert people(stores, seen) == []
    stores.feedback.record(ALICE, HIDE, "milk", START)
    assert people(stores, seen) == [ALICE]
    assert people(stores) == [BOB, ALICE]
    assert stores.changes.last_sequence() > seen


def test_it_is_read_page_by_page(stores):
    for number in range(5):
        stores.consents.record(Person.customer(str(number)), [EMAIL])
    told, sequence = [], 0
    while page := stores.changes.after(sequence, 2):
        assert len(page) <= 2
        told += [person.id for _, person in page]
        sequence = page[-1][0]
    assert told == ["0", "1", "2", "3", "4"]


def test_feedback_and_its_undoing_are_noted_and_undoing_nothing_is_not(stores):
    stores.feedback.record(ALICE, HIDE, "milk", START)
    first = stores.changes.last_sequence()
    assert stores.feedback.undo(ALICE, HIDE, "milk")
    assert people(stores, first) == [ALICE]
    second = stores.changes.last_sequence()
    assert not stores.feedback.undo(ALICE, HIDE, "milk")
    assert people(stores, second) == []


def test_imported_grants_are_noted_for_whom_they_change(stores):
    grants = {"alice": frozenset({Purpose.EMAIL}), "bob": frozenset({Purpose.PUSH})}
    stores.consents.import_grants(grants, START)
    assert set(people(stores)) == {ALICE, BOB}
    seen = stores.changes.last_sequence()
    stores.consents.import_grants({**grants, "bob": frozenset()}, START)
    assert people(stores, seen) == [BOB]


def test_a_link_is_noted_for_the_visitor_and_the_customer(stores):
    stores.log.append([Event("a", VISITOR, EventType.VIEW, START, "milk")], START)
    assert people(stores) == [], "what a person does is told by the event log"
    stores.links.link(VISITOR, BOB, START)
    assert set(people(stores)) == {VISITOR, BOB}
    seen = stores.changes.last_sequence()
    assert stores.links.link(VISITOR, ALICE, START) is None
    assert people(stores, seen) == []


def test_what_is_refused_is_not_noted(stores):
    with pytest.raises(InvalidArgument):
        stores.feedback.record(ALICE, HIDE, "half\ud800", START)
    assert people(stores) == []


def test_however_many_write_at_once_a_follower_misses_nobody(stores):
    everybody = {Person.customer(str(number)) for number in range(40)}

    def write(person: Person) -> None:
        stores.consents.record(person, [EMAIL])
        stores.feedback.record(person, HIDE, "milk", START)

    told: set[Person] = set()
    sequence = 0
    with ThreadPoolExecutor(8) as writers:
        writing = [writers.submit(write, person) for person in everybody]
        while True:
            done = all(one.done() for one in writing)
            page = stores.changes.after(sequence, 7)
            told |= {person for _, person in page}
            sequence = page[-1][0] if page else sequence
            if done and sequence == stores.changes.last_sequence():
                break
    for one in writing:
        one.result()
    assert told == everybody
