"""Unmet demand: told where five people had it in the same words, on both databases, and of nobody who did not agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_cursors import SqlCursors
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_personal import personal_tables
from service.adapters.sql_tables import wishes
from service.adapters.sql_tombstones import protect
from service.adapters.sql_unmet_demand import SqlWishes
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.consent import Decision, Purpose
from service.recommender.erasure import Eraser
from service.recommender.events import Event, EventType, Mark
from service.recommender.person import Person
from service.recommender.projecting import Projector
from service.recommender.unmet_demand import Demand, Unmet, UnmetDemand, wording
from tests.fakes import START, FakeClock
from tests.recommender.odd_shops import the_shop

PEOPLE = [Person.customer(f"c{number}") for number in range(8)]
TAB, DAY = Person.visitor("a-tab"), timedelta(days=1)
SHOP = the_shop()


class Shop:
    def __init__(self, engine):
        self.engine, self.clock = protect(engine, b"a key for tests alone"), FakeClock()
        self.log, self.kept, self.consents = SqlEventLog(engine), SqlWishes(engine), SqlConsentLedger(engine)
        for person in (*PEOPLE, TAB):
            self.decide(person, granted=True)

    def decide(self, person, *, granted):
        self.consents.record(person, [Decision(Purpose.MEASURE, granted, START, "test", "May we count?")])

    def asks(self, text, people, kind=EventType.SEARCH, **more):
        at = more.pop("at", START)
        self.log.append([Event(more.get("name", f"{kind}-{text}-{at}"), one, kind, at, text=text, item_id=more.get("item"), mark=more.get("mark"))
                         for one in people], START)

    def demands(self, kind=Unmet.SEARCH, since=START - DAY, until=START + DAY, most=20):
        projection = UnmetDemand(self.kept, self.consents, lambda: SHOP)
        Projector(self.log, SqlCursors(self.engine), [projection], self.clock, "one").look()
        return list(self.kept.demands(kind, since, until, most))

    def who(self):
        with self.engine.connect() as connection:
            return set(connection.execute(select(wishes.c.person_key)).scalars())


@pytest.fixture
def shop(engine):
    return Shop(engine)


def test_a_search_that_found_nothing_is_told_once_five_people_made_it(shop):
    shop.asks("Gluten-free ramen", PEOPLE[:4])
    assert shop.demands() == []
    shop.asks("gluten-free  RAMEN", PEOPLE[3:4], at=START + timedelta(hours=2))
    assert shop.demands() == []
    shop.asks("gluten-free ramen!", PEOPLE[4:5], at=START + timedelta(hours=1))
    assert shop.demands() == [Demand("gluten-free ramen", None, 5, 6, START + timedelta(hours=2))]
    assert shop.demands(since=START + timedelta(minutes=1)) == []


def test_a_search_that_found_something_is_no_unmet_demand(shop):
    title = SHOP.catalogue.texts.title[0]
    assert SHOP.titles.find(title).size
    shop.asks(title, PEOPLE)
    assert shop.demands() == []
    assert shop.who() == set()


def test_a_question_is_told_until_somebody_answers_it_whatever_comes_first(shop):
    for number, person in enumerate(PEOPLE[:6]):
        shop.asks("Is it vegan?", [person], EventType.QUESTION, item="p7", name=f"q{number}")
    assert shop.demands(Unmet.QUESTION) == [Demand("is it vegan", "p7", 6, 6, START)]
    for name in ("q0", "q1"):
        shop.log.append([Event(f"answer-{name}", PEOPLE[7], EventType.ANSWER, START, "p7", text=f"Yes, {name}.", in_reply_to=name)], START)
    assert shop.demands(Unmet.QUESTION) == []
    shop.log.append([Event("early", PEOPLE[7], EventType.ANSWER, START, "p7", text="Yes!", in_reply_to="late")], START)
    shop.asks("Is it vegan?", [PEOPLE[6]], EventType.QUESTION, item="p7", name="late")
    assert shop.demands(Unmet.QUESTION) == []
    shop.asks("Is it vegan?", [PEOPLE[7]], EventType.QUESTION, item="p7", name="open")
    assert [one.people for one in shop.demands(Unmet.QUESTION)] == [5]


@pytest.mark.parametrize("text", ["write to ann@example.com", "call me 090-1234-5678", "+81 (90) 1234 5678", "x" * 201, " ?! ", "4901234567894"])
def test_what_may_be_somebodys_is_kept_of_nobody(shop, text):
    assert wording(text) is None
    shop.asks(text, PEOPLE)
    assert shop.demands() == []
    assert shop.who() == set()


def test_without_consent_to_measure_nobody_counts_and_bots_never_do(shop):
    shop.decide(PEOPLE[0], granted=False)
    shop.asks("natto ice", PEOPLE[:5])
    shop.asks("mochi soda", PEOPLE, mark=Mark.BOT)
    assert shop.demands() == []
    assert shop.who() == {person.key for person in PEOPLE[1:5]}


def test_the_most_wanted_come_first_and_no_more_than_asked_for(shop):
    for text, people in (("six", 6), ("eight", 8), ("five", 5)):
        shop.asks(f"{text} zzyzx", PEOPLE[:people])
    assert [one.people for one in shop.demands(most=2)] == [8, 6]


def test_a_visitor_who_became_a_customer_is_one_person(shop):
    shop.asks("natto ice", [*PEOPLE[:4], TAB])
    assert [one.people for one in shop.demands()] == [5]
    SqlVisitorLinks(shop.engine).link(TAB, PEOPLE[0], START + DAY)
    assert shop.demands() == []
    assert TAB.key not in shop.who()


def test_erasing_takes_the_wishes_along(shop):
    shop.asks("natto ice", PEOPLE[:5])
    assert len(shop.demands()) == 1
    eraser = Eraser(SqlErasureBook(shop.engine), personal_tables(shop.engine), shop.clock)
    eraser.request(PEOPLE[0])
    assert eraser.go_on() == 0
    assert shop.demands() == []
    assert shop.who() == {person.key for person in PEOPLE[1:5]}
