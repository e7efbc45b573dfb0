"""The herald wakes whoever watches, for what concerns them, wherever it was done; nobody watching costs nothing."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack

import pytest

from service.recommender.changes import Changes
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Event, EventType
from service.recommender.herald import BATCH, Herald
from service.recommender.person import Person
from tests.fakes import START, FakeChangeLog, FakeEventLog

ALICE, BOB = Person.customer("alice"), Person.customer("bob")


class Watched:
    """Two people and nobody in particular, a herald over logs of its own, and how often each was woken."""

    def __init__(self) -> None:
        self.changes, self.log, self.altered = Changes(), FakeEventLog(), FakeChangeLog()
        self.served: object = "first version"
        self.herald = Herald(self.changes, self.log, self.altered, lambda: self.served, 0.001)
        self.woken: Counter[Person | None] = Counter()

    def watch(self, open_: ExitStack, *people: Person | None) -> None:
        for person in people:
            open_.enter_context(self.changes.watching(person, lambda who=person: self.woken.update([who])))

    def does(self, person: Person, kind: EventType = EventType.VIEW) -> None:
        name = f"e{self.log.last_sequence()}"
        self.log.append([Event(name, person, kind, START, f"item-{name}")], START)

    def looks(self) -> Counter[Person | None]:
        self.woken.clear()
        self.herald.look()
        return self.woken


@pytest.fixture
def watched():
    made = Watched()
    with ExitStack() as open_:
        made.does(ALICE)
        made.altered.note(ALICE)
        made.watch(open_, ALICE, BOB, None)
        made.herald.look()
        yield made


def test_the_first_look_wakes_everybody_since_what_they_missed_is_not_known():
    watched = Watched()
    with ExitStack() as open_:
        watched.watch(open_, ALICE, None)
        assert watched.looks() == {ALICE: 1, None: 1}
        assert watched.looks() == {}


def test_an_action_wakes_whoever_did_it(watched):
    watched.does(ALICE)
    assert watched.looks() == {ALICE: 1}
    assert watched.looks() == {}


def test_what_was_merely_shown_wakes_nobody(watched):
    watched.does(ALICE, EventType.IMPRESSION)
    assert watched.looks() == {}
    watched.does(BOB)
    assert watched.looks() == {BOB: 1}


def test_many_actions_wake_once_however_many_pages_they_fill(watched):
    watched.log.append([Event(f"n{n}", BOB, EventType.VIEW, START, "milk") for n in range(BATCH + 1)], START)
    assert watched.looks() == {BOB: 1}
    assert watched.looks() == {}


def test_a_change_of_consents_feedback_or_links_wakes_its_person(watched):
    watched.altered.note(BOB, ALICE)
    assert watched.looks() == {ALICE: 1, BOB: 1}
    watched.altered.note(BOB)
    assert watched.looks() == {BOB: 1}
    assert watched.looks() == {}


def test_a_newly_published_version_wakes_everybody(watched):
    watched.served = "second version"
    assert watched.looks() == {ALICE: 1, BOB: 1, None: 1}
    assert watched.looks() == {}


def test_several_who_watch_one_person_are_all_woken_and_one_who_ended_is_not(watched):
    with ExitStack() as more:
        watched.watch(more, ALICE)
        watched.does(ALICE)
        assert watched.looks() == {ALICE: 2}
    watched.does(ALICE)
    assert watched.looks() == {ALICE: 1}


class Away:
    """A log that is asked for nothing, or fails."""

    def after(self, _sequence, _limit):
        raise EventsUnavailable("away")

    def last_sequence(self):
        raise EventsUnavailable("away")


def test_while_nobody_watches_nothing_is_read():
    Herald(Changes(), Away(), Away(), object).look()


def test_publishing_is_told_even_while_the_logs_are_away():
    watched = Watched()
    watched.herald = Herald(watched.changes, Away(), watched.altered, lambda: watched.served)
    with ExitStack() as open_:
        watched.watch(open_, ALICE)
        watched.served = "second version"
        with pytest.raises(EventsUnavailable):
            watched.looks()
        assert watched.woken == {ALICE: 1}


def test_a_look_that_failed_is_made_good_by_the_next(watched):
    after = watched.altered.after
    watched.does(ALICE)
    watched.altered.after = Away().after
    with pytest.raises(EventsUnavailable):
        watched.looks()
    watched.altered.after = after
    assert watched.looks() == {ALICE: 1}


@pytest.mark.parametrize("fault", [EventsUnavailable("away"), RuntimeError("unforeseen")])
def test_it_goes_on_whatever_fails(fault):
    watched, failed, woken = Watched(), threading.Semaphore(0), threading.Event()
    last = watched.log.last_sequence

    def broken():
        failed.release()
        raise fault

    watched.log.last_sequence = broken
    with watched.changes.watching(ALICE, woken.set):
        watched.herald.start()
        assert all(failed.acquire(timeout=10) for _ in range(3))
        watched.log.last_sequence = last
        assert woken.wait(10)
        watched.herald.stop()


def test_it_stops_although_it_never_started():
    Watched().herald.stop()
