"""What a process remembers of a person goes once they were erased, on whichever replica that was asked and done."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_personal import personal_tables
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_tombstones import protect
from service.privacy import Memory
from service.recommender.changes import Changes
from service.recommender.erasure import OVERLAP, Eraser
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.pipeline import Recommender
from tests.fakes import FakeClock
from tests.small_recommender import small_recommender

ANN, BEN, CYD = Person.customer("3"), Person.customer("4"), Person.customer("5")


class Replica:
    """A process that answered some people, and what it remembers of them."""

    def __init__(self, engine: Engine, clock: FakeClock) -> None:
        shop = small_recommender(clock)
        self.slates, self.changes, self.woken = SqlSlateStore(engine, clock), Changes(), []
        self.recommender = Recommender(
            shop.snapshot, shop.recommender.reception, self.slates, shop.signer, clock, shop.live, shop.zone,
        )
        self.memory = Memory(self.slates, self.recommender, self.changes)
        self.eraser = Eraser(SqlErasureBook(engine), personal_tables(engine), clock, self.memory.forget, self.memory.people)

    def answers(self, *people: Person) -> None:
        for person in people:
            visit, question = self.recommender.open(person), self.recommender.question()
            self.recommender.recommend(visit, question, Window(2))
            self.recommender.home(visit, question, Window(2))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(engine: Engine) -> Engine:
    return protect(engine, b"a key for tests alone")


def test_whoever_was_erased_elsewhere_is_remembered_nowhere(engine: Engine, clock: FakeClock):
    here, elsewhere = Replica(engine, clock), Replica(engine, clock)
    here.answers(ANN, BEN)
    elsewhere.answers(ANN)
    assert here.slates.flush()
    with ExitStack() as open_:
        for one in (ANN, CYD):
            open_.enter_context(here.changes.watching(one, lambda one=one: here.woken.append(one)))
        elsewhere.eraser.request(ANN)
        assert elsewhere.eraser.go_on() == 0
        assert elsewhere.memory.people() == frozenset()
        assert here.memory.people() == {ANN.key, BEN.key, CYD.key}
        here.eraser.hear()
        assert here.woken == [ANN]
    assert here.memory.people() == {BEN.key}
    for replica in (here, elsewhere):
        replica.slates.close()


def test_what_a_request_under_way_left_goes_with_the_next_look(engine: Engine, clock: FakeClock):
    here = Replica(engine, clock)
    here.eraser.request(ANN)
    here.eraser.hear()
    here.answers(ANN)  # began before, and ends now
    clock.advance(OVERLAP)
    here.eraser.hear()
    assert here.memory.people() == frozenset()
    here.slates.close()


def test_while_nobody_is_erased_nobodys_name_is_asked_for(engine: Engine, clock: FakeClock):
    def never() -> frozenset[str]:
        raise AssertionError

    Eraser(SqlErasureBook(engine), [], clock, lambda _: None, never).hear()
