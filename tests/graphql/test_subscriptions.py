"""recommendationsUpdated: the first page at once, a new one after whatever changes it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql import subscription_turns
from service.graphql.budgets import Allowance, Budgets
from service.graphql.services import Services
from service.graphql.websocket_operations import LOOK
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.events import Event, EventType
from service.recommender.herald import Herald
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.graphql.conftest import Client, client_of
from tests.graphql.sockets import UPDATES, Socket, connected, ids, until
from tests.small_recommender import SmallRecommender
from tests.small_shop import small_snapshot

WHO = Person.customer("3")
OTHER = Person.customer("4")
LIST = "{ viewer { recommendations(intent: DISCOVER, first: 5) { profiled nodes { item { itemId } } } } }"


class Town:
    """The shop, one customer's socket, and whatever happens meanwhile."""

    def __init__(self, shop: SmallRecommender, services: Services, issuer: DevelopmentIssuer, http: TestClient) -> None:
        self.shop, self.services, self.issuer, self.http = shop, services, issuer, http
        self.herald = Herald(services.changes, shop.log, shop.altered, lambda: shop.recommender.snapshot)
        self._number = 0
        with services.changes.watching(OTHER, lambda: None):
            self.herald.look()  # from now on it knows where the logs end

    def listen(self, socket: Socket, person: Person | None = WHO) -> dict[str, Any]:
        """Subscribe; the first page."""
        bearer = {"authorization": f"Bearer {self.issuer.token(person)}"} if person else {}
        socket.begin(bearer)
        socket.subscribe()
        return socket.page()

    def buys(self, item_id: str, person: Person = WHO, kind: EventType = EventType.PURCHASE) -> None:
        self._number += 1
        event = Event(f"e{self._number}", person, kind, self.shop.clock.now(), item_id)
        assert self.shop.recorder.record(Identity(person), [event]).accepted == 1

    def decides(self, purpose: Purpose, *, granted: bool, person: Person = WHO) -> None:
        self.shop.consents.record(person, [Decision(purpose, granted, self.shop.clock.now(), "test", "May we?")])


@pytest.fixture
def http(services: Services, issuer: DevelopmentIssuer) -> Iterator[TestClient]:
    with client_of(services, issuer).http as made:
        yield made


@pytest.fixture
def town(shop: SmallRecommender, services: Services, issuer: DevelopmentIssuer, http: TestClient, monkeypatch) -> Town:
    return Town(shop, services, issuer, http)


@pytest.fixture
def socket(http: TestClient) -> Iterator[Socket]:
    with connected(http) as made:
        yield made


def asked(client: Client, **who: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.ask(LIST, **who)["viewer"]["recommendations"]
    return found


def test_the_first_page_comes_at_once_and_is_the_one_that_a_query_gives(town, socket, client):
    page = town.listen(socket)
    assert page["profiled"]
    assert ids(page) == ids(asked(client, customer="3"))


def test_an_action_of_the_viewer_brings_a_new_page(town, socket, client):
    before = town.listen(socket)
    town.buys(ids(before)[0])
    town.herald.look()
    after = socket.page()
    assert ids(after) != ids(before)
    assert after["slateId"] != before["slateId"]
    assert ids(after) == ids(asked(client, customer="3"))


def test_feedback_and_its_undoing_bring_new_pages(town, socket, client):
    before = town.listen(socket)
    hide = 'mutation { giveFeedback(input: { kind: HIDE_ITEM, itemId: "%s"%s }) { userErrors { code } } }'
    client.ask(hide % (ids(before)[0], ""), customer="3")
    town.herald.look()
    hidden = socket.page()
    assert ids(before)[0] not in ids(hidden)
    client.ask(hide % (ids(before)[0], ", undo: true"), customer="3")
    town.herald.look()
    assert ids(socket.page()) == ids(before)


def test_once_consent_is_withdrawn_the_next_list_is_everybodys(town, socket, client):
    assert town.listen(socket)["profiled"]
    town.decides(Purpose.PERSONALISE_CONTENT, granted=False)
    town.herald.look()
    page = socket.page()
    assert not page["profiled"]
    assert ids(page) == ids(asked(client))
    town.buys(ids(page)[0])
    town.herald.look()
    town.decides(Purpose.PERSONALISE_CONTENT, granted=True)
    town.herald.look()
    assert socket.page()["profiled"], "and what was done in between made no page"


def test_a_new_version_brings_everybody_a_new_page(town, http):
    with connected(http) as mine, connected(http) as nobodys:
        first = town.listen(mine), town.listen(nobodys, None)
        town.shop.recommender.replace(small_snapshot(seed=11, products=600))
        town.herald.look()
        second = mine.page(), nobodys.page()
        for before, after in zip(first, second, strict=True):
            assert ids(before) != ids(after)


def test_nothing_is_sent_while_the_list_stays_as_it_is(town, socket):
    before = town.listen(socket)
    reads = town.shop.features.reads

    def looked() -> None:
        seen = reads[WHO]
        town.herald.look()
        until(lambda: reads[WHO] > seen)

    town.decides(Purpose.EMAIL, granted=False)
    looked()
    town.shop.altered.note(WHO)
    looked()
    town.buys(ids(before)[0])
    town.herald.look()
    assert ids(socket.page()) != ids(before), "the next that comes is the one that is new"


def test_time_and_others_and_what_was_merely_shown_wake_nobody(town, socket):
    before = town.listen(socket)
    seen = town.shop.features.reads[WHO]
    town.buys(ids(before)[0], OTHER)
    town.buys(ids(before)[0], kind=EventType.IMPRESSION)
    town.decides(Purpose.PERSONALISE_CONTENT, granted=False, person=OTHER)
    town.shop.clock.advance(timedelta(minutes=5))
    town.herald.look()
    socket.say({"type": "ping"})
    assert socket.hear() == {"type": "pong"}
    assert town.shop.features.reads[WHO] == seen


def test_a_page_that_is_not_whole_is_made_anew_until_it_is(town, socket, monkeypatch):
    monkeypatch.setattr(subscription_turns, "HEALING_S", 0.02)
    read = town.shop.features.read

    def away(person, purposes):
        raise FeaturesUnavailable("away")

    monkeypatch.setattr(town.shop.features, "read", away)
    socket.begin({"authorization": f"Bearer {town.issuer.token(WHO)}"})
    socket.subscribe("subscription { recommendationsUpdated { degraded { part } } }")
    assert socket.page()["degraded"] == [{"part": "FEATURES"}]
    monkeypatch.setattr(town.shop.features, "read", read)
    assert socket.page()["degraded"] == []


@pytest.mark.parametrize("who", ["visitor", "service", "nobody"])
def test_whoever_may_ask_may_listen(town, http, issuer, who):
    payload = {
        "visitor": {"X-Konomi-Visitor": "tab-1"}, "nobody": None,
        "service": {"Authorization": f"Bearer {issuer.token('crm', [Scope.CUSTOMERS_READ])}"},
    }[who]
    with connected(http) as socket:
        socket.begin(payload)
        socket.subscribe()
        assert not socket.page()["profiled"]


def test_a_visitor_who_agreed_hears_of_their_own_session(town, http):
    tab = Person.visitor("tab-1")
    town.shop.grant(tab)
    with connected(http, {"X-Konomi-Visitor": "tab-1"}) as socket:
        socket.begin()
        socket.subscribe()
        before = socket.page()
        for item_id in ids(before)[:2]:
            town.buys(item_id, tab)
        town.herald.look()
        assert socket.page()["profiled"]


def test_whoever_spent_their_budget_waits_and_then_hears_the_newest(services, issuer, shop, clock, monkeypatch):
    poor = replace(services, budgets=Budgets(Allowance(operation=4_000, at_once=4_000, per_second=4_000)))
    with client_of(poor, issuer).http as http, connected(http) as socket:
        town = Town(shop, poor, issuer, http)
        before = town.listen(socket)
        purse = poor.budgets.purse("customer:3", Identity(WHO), clock.now().timestamp())
        purse.pay(4_000)
        for item_id in ids(before)[:2]:
            town.buys(item_id)
        town.herald.look()
        socket.say({"type": "ping"})
        assert socket.hear() == {"type": "pong"}
        errors = socket.refused("{ viewer { id } }")
        assert errors[0]["extensions"] == {"code": "THROTTLED", "retryAfter": 1}
        clock.advance(timedelta(seconds=5))
        after = socket.page()
        assert ids(after) == ids(asked(Client(http, issuer), customer="3")), "both purchases are in it"


def test_what_an_answer_did_not_use_is_given_back(town, socket, clock: FakeClock):
    page = town.listen(socket)
    budget = town.services.budgets.purse("customer:3", Identity(WHO), clock.now().timestamp()).budgets[0]
    spent = budget.most - budget.has
    town.decides(Purpose.EMAIL, granted=False)
    seen = town.shop.features.reads[WHO]
    town.herald.look()
    until(lambda: town.shop.features.reads[WHO] > seen)
    until(lambda: round(budget.most - budget.has - spent) == LOOK)
    assert page


def test_over_http_nothing_can_be_listened_to(client):
    code, message = client.refused(UPDATES, customer="3")
    assert code == "BAD_REQUEST"
    assert "queries and mutations" in message


@pytest.mark.parametrize(("arguments", "said"), [
    ("first: -1", "first is -1"), ("first: 101", "first is 101"), ('placement: ""', "placement is a name"),
])
def test_bad_arguments_are_told(town, socket, arguments, said):
    socket.begin()
    (error,) = socket.refused(f"subscription {{ recommendationsUpdated({arguments}) {{ slateId }} }}")
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert said in error["message"]


def test_reasons_come_in_the_language_that_the_init_says(town, http):
    with connected(http) as socket:
        socket.begin({"authorization": f"Bearer {town.issuer.token(WHO)}", "accept-language": "ja"})
        socket.subscribe("subscription { recommendationsUpdated { nodes { reasons { text } } } }")
        texts = [reason["text"] for node in socket.page()["nodes"] for reason in node["reasons"]]
        assert any(not text.isascii() for text in texts)
