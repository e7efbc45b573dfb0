"""What every store of visitors who became customers keeps to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.errors import InvalidArgument
from service.recommender.events import Channel, Event, EventType
from service.recommender.feedback import FeedbackKind, ForgottenAction
from service.recommender.person import Person, VisitorLink
from service.recommender.ports import EventLog, FeedbackStore, VisitorLinks
from tests.conftest import DATABASES
from tests.fakes import START, FakeEventLog, FakeFeedbackStore, FakeVisitorLinks

VISITOR, OTHER_VISITOR = Person.visitor("v-1"), Person.visitor("v-2")
ALICE, BOB = Person.customer("alice"), Person.customer("bob")
HOUR = timedelta(hours=1)


@dataclass
class Stores:
    log: EventLog
    feedback: FeedbackStore
    links: VisitorLinks


@pytest.fixture(params=["fake", *DATABASES])
def stores(request) -> Stores:
    if request.param == "fake":
        log, feedback = FakeEventLog(), FakeFeedbackStore()
        return Stores(log, feedback, FakeVisitorLinks(log, feedback))
    engine = request.getfixturevalue(f"{request.param}_engine")
    return Stores(SqlEventLog(engine), SqlFeedbackStore(engine), SqlVisitorLinks(engine))


def view(event_id: str, person: Person = VISITOR, **more) -> Event:
    return Event(event_id, person, EventType.VIEW, more.pop("at", START), more.pop("item_id", f"item-{event_id}"), **more)


def ids(stores: Stores, person: Person) -> list[str]:
    return [one.event_id for one in stores.log.recent(person, 0, 100)]


def test_what_a_visitor_did_is_the_customers_and_comes_last(stores):
    whole = Event(
        "c", VISITOR, EventType.PURCHASE, START, "milk", Channel.APP, Decimal(2), Decimal("5.00"), Decimal("0.5"), Decimal(3),
        "words", "dairy", "b1", "m1", "o1", "r1", "t1",
    )
    stores.log.append([view("a"), view("b", ALICE), whole, view("d", OTHER_VISITOR)], START)
    last = stores.log.last_sequence()
    assert stores.links.link(VISITOR, ALICE, START) == 2
    assert ids(stores, VISITOR) == []
    assert ids(stores, ALICE) == ["b", "a", "c"]
    assert all(one.sequence > last for one in stores.log.recent(ALICE, 0, 100)[1:])
    assert stores.log.find(ALICE, ["c"]) == {"c": replace(whole, person=ALICE)}
    assert ids(stores, OTHER_VISITOR) == ["d"]


def test_linking_again_moves_what_is_new_and_nothing_twice(stores):
    stores.log.append([view("a")], START)
    assert [stores.links.link(VISITOR, ALICE, START) for _ in range(3)] == [1, 0, 0]
    stores.log.append([view("a"), view("b")], START)
    assert stores.links.link(VISITOR, ALICE, START + HOUR) == 1, "the other is the same event"
    assert ids(stores, ALICE) == ["a", "b"]
    assert ids(stores, VISITOR) == []


def test_the_first_customer_keeps_a_visitor(stores):
    stores.log.append([view("a")], START)
    stores.links.link(VISITOR, ALICE, START)
    stores.log.append([view("b")], START)
    assert stores.links.link(VISITOR, BOB, START) is None
    assert (ids(stores, ALICE), ids(stores, VISITOR), ids(stores, BOB)) == (["a"], ["b"], [])
    assert [one.customer for one in stores.links.all()] == [ALICE]


def test_a_link_reaches_as_far_as_what_was_moved(stores):
    stores.log.append([view("ahead", at=START + timedelta(minutes=4))], START)
    stores.links.link(VISITOR, ALICE, START)
    link = VisitorLink(VISITOR, ALICE, START + timedelta(minutes=4))
    assert stores.links.of_visitors([VISITOR, OTHER_VISITOR]) == {VISITOR: link}
    assert list(stores.links.of_customer(ALICE)) == list(stores.links.all()) == [link]
    stores.links.link(VISITOR, ALICE, START)
    assert list(stores.links.all()) == [link], "it never goes back"
    stores.links.link(VISITOR, ALICE, START + HOUR)
    assert [one.through for one in stores.links.all()] == [START + HOUR]


def test_nobody_is_linked_to_begin_with(stores):
    assert stores.links.of_visitors([]) == {}
    assert stores.links.of_visitors([VISITOR]) == {}
    assert list(stores.links.of_customer(ALICE)) == list(stores.links.all()) == []


def test_a_customer_may_have_been_several_visitors(stores):
    stores.log.append([view("a"), view("b", OTHER_VISITOR)], START)
    assert [stores.links.link(one, ALICE, START) for one in (OTHER_VISITOR, VISITOR)] == [1, 1]
    assert [one.visitor for one in stores.links.of_customer(ALICE)] == [VISITOR, OTHER_VISITOR]
    assert ids(stores, ALICE) == ["b", "a"]


def test_a_visitor_of_a_customers_name_is_another(stores):
    namesake = Person.visitor("alice")
    stores.log.append([view("a", ALICE), view("b", namesake)], START)
    assert stores.links.link(namesake, BOB, START) == 1
    assert ids(stores, ALICE) == ["a"]


def test_feedback_stands_with_the_later_of_two_times(stores):
    kinds = FeedbackKind
    for person, at in ((VISITOR, START + HOUR), (ALICE, START)):
        stores.feedback.record(person, kinds.LESS_LIKE_THIS, "milk", at)
        stores.feedback.record(person, kinds.FORGET_ACTION, "milk", at, type=EventType.VIEW, through=at)
    stores.feedback.record(VISITOR, kinds.HIDE_ITEM, "bread", START)
    stores.links.link(VISITOR, ALICE, START)
    found = stores.feedback.restrictions(ALICE)
    assert found.hidden == {"bread"}
    assert found.fewer == (("milk", START + HOUR),)
    assert found.forgotten == (ForgottenAction(EventType.VIEW, "milk", START + HOUR),)
    assert stores.feedback.restrictions(VISITOR).hidden == frozenset()
    assert [person for person, *_ in stores.feedback.forgotten()] == [ALICE]


def test_who_follows_the_log_is_told_each_event_once(stores):
    stores.log.append([view("seen")], START)
    cursor = stores.log.last_sequence()
    stores.log.append([view("unseen")], START)
    stores.links.link(VISITOR, ALICE, START)
    assert [event.event_id for _, event in stores.log.after(cursor, 100)] == ["unseen"]
    assert [event.event_id for _, event in stores.log.after(0, 100)] == ["seen", "unseen"]
    assert list(stores.log.after(stores.log.last_sequence(), 100)) == []


def test_two_customers_at_once_do_not_share_a_visitor(stores):
    stores.log.append([view(f"e{number}") for number in range(50)], START)
    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(lambda who: stores.links.link(VISITOR, who, START), [ALICE, BOB] * 6))
    owner, other = (ALICE, BOB) if ids(stores, ALICE) else (BOB, ALICE)
    assert len(ids(stores, owner)) == 50
    assert ids(stores, other) == []
    assert sorted(one for one in outcomes if one is not None) == [0] * 5 + [50]
    assert outcomes.count(None) == 6


@pytest.mark.parametrize("name", ["nul\x00", "half\ud800"])
def test_names_that_no_database_holds_are_refused(stores, name):
    with pytest.raises(InvalidArgument):
        stores.links.link(Person.visitor(name), ALICE, START)


def test_a_reader_who_wants_it_is_told_again_what_became_a_customers(stores):
    stores.log.append([view("a"), view("b", ALICE)], START)
    seen = stores.log.last_sequence()
    stores.links.link(VISITOR, ALICE, START)
    assert list(stores.log.after(seen, 10)) == []
    assert [(one.event_id, one.person) for _, one in stores.log.after(seen, 10, again=True)] == [("a", ALICE)]
    assert [one.event_id for _, one in stores.log.after(0, 10, again=True)] == ["b", "a"]


def test_what_was_moved_does_not_mislead_about_where_the_log_was(stores):
    for hour in range(9):
        stores.log.append([view(f"v{hour}"), view(f"a{hour}", ALICE)], START + hour * HOUR)
    last = stores.log.last_sequence()
    assert stores.links.link(VISITOR, ALICE, START) == 9
    found = stores.log.recorded_before(START + 8 * HOUR)
    assert last - 4 <= found <= last - 2
    stores.log.append([view("new", BOB)], START + 20 * HOUR)
    assert [one.event_id for _, one in stores.log.after(stores.log.recorded_before(START + 19 * HOUR), 99, again=True)][-1] == "new"
