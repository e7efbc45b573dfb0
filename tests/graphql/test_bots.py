"""Events of bots and repeated ones are kept, marked, and count nowhere: not in the next answer, not in what trends."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.graphql.events import events_route
from service.recommender.catalogue import ItemKind
from service.recommender.events import Mark
from service.recommender.following import Follower
from service.recommender.identity import Scope
from service.recommender.marking import MOST_A_MINUTE
from service.recommender.person import Person
from tests.fakes import START

RECORD = "mutation ($events: [EventInput!]!) { recordEvents(input: {events: $events}) { accepted duplicates userErrors { code } } }"
LIST = "{ viewer { recommendations(first: 50) { nodes { item { itemId } reasons { code evidence { eventId count } } } } } }"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


def event(event_id, item_id="p7", kind="PURCHASE", after=0.0):
    at = START + timedelta(seconds=after)
    return {"eventId": event_id, "type": kind, "itemId": item_id, "occurredAt": at.isoformat()}


def record(client, *events, agent=CHROME, **who):
    client.http.headers["User-Agent"] = agent
    return client.ask(RECORD, {"events": list(events)}, **who)["recordEvents"]


def marks(shop, person, *event_ids):
    return [shop.log.find(person, [one])[one].mark for one in event_ids]


def heat(shop):
    Follower(shop.recommender, shop.log, shop.live, lambda: None, 0.001).look()
    return shop.live.heat(ItemKind.PRODUCT, shop.snapshot, shop.clock.now())


@pytest.fixture
def till(services, issuer):
    http = TestClient(Starlette(routes=[events_route(services)]))
    http.headers["Authorization"] = f"Bearer {issuer.token('till', [Scope.EVENTS_WRITE])}"
    http.headers["Content-Type"] = "application/x-ndjson"
    return http


def test_what_is_said_again_changes_no_answer(client, shop):
    three = Person.customer("3")
    assert record(client, event("first"), customer="3") == {"accepted": 1, "duplicates": 0, "userErrors": []}
    once = client.ask(LIST, customer="3")
    assert record(client, event("again", after=9), event("and-again", after=25), customer="3")["accepted"] == 2
    assert client.ask(LIST, customer="3") == once
    assert marks(shop, three, "first", "again", "and-again") == [None, Mark.REPEAT, Mark.REPEAT]
    record(client, event("a-minute-later", after=60), customer="3")
    assert marks(shop, three, "a-minute-later") == [None]
    assert client.ask(LIST, customer="3") != once


@pytest.mark.parametrize("who", [{"customer": "3"}, {"visitor": "a-crawler"}])
def test_what_a_robot_does_changes_no_answer_and_makes_nothing_trend(client, shop, who):
    before = client.ask(LIST, **who)
    assert record(client, event("crawled", "p99"), agent=GOOGLE, **who)["accepted"] == 1
    assert client.ask(LIST, **who) == before
    person = Person.customer("3") if "customer" in who else Person.visitor("a-crawler")
    assert marks(shop, person, "crawled") == [Mark.BOT]


def test_a_crowd_of_robots_heats_nothing_and_a_crowd_of_people_does(client, shop):
    cold = heat(shop)
    for number in range(9):
        record(client, event("crawled", "p99"), agent=GOOGLE, visitor=f"robot-{number}")
    assert heat(shop) == cold
    for number in range(9):
        record(client, event("bought", "p99"), visitor=f"reader-{number}")
    assert shop.snapshot.catalogue.row_of["p99"] in heat(shop)


def test_whoever_is_faster_than_a_person_is_a_bot_until_an_hour_later(client, shop):
    bot, pages = Person.visitor("scraper"), [(0, 400), (400, 650)]
    for first, last in pages:
        views = [event(f"s{n}", f"p{n % 600}", "VIEW", after=n / 20) for n in range(first, last)]
        assert record(client, *views, visitor="scraper")["accepted"] == last - first
    kept = marks(shop, bot, *(f"s{n}" for n in range(650)))
    assert kept == [None] * MOST_A_MINUTE + [Mark.BOT] * 50
    record(client, event("bought", after=200), visitor="scraper")
    assert marks(shop, bot, "bought") == [Mark.BOT]
    shop.clock.advance(timedelta(hours=2))
    record(client, event("later", after=7200), visitor="scraper")
    assert marks(shop, bot, "later") == [None]


def test_a_services_word_holds_whatever_its_program_is_called_and_however_much_it_brings(till, shop):
    for name in ("a", "b"):
        lines = [{**event(f"{name}{n}", f"p{n}", "VIEW"), "customerId": "3", "topic": name} for n in range(500)]
        answer = till.post("/events", content="\n".join(map(json.dumps, lines)), headers={"User-Agent": "shopbot/1.0"})
        assert answer.json() == {"accepted": 500, "duplicates": 0, "userErrors": []}
    assert set(marks(shop, Person.customer("3"), "a0", "a499", "b0", "b499")) == {None}
