"""However many fields ask, a person is read once, and what a list asks for is worked out in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.services import Services
from service.recommender.consent import Decision
from service.recommender.listing import Listing
from service.recommender.person import Person
from tests.graphql.conftest import Client, client_of
from tests.small_recommender import SmallRecommender


class Calls:
    """Counts the calls of a method, and what each was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.given: list[tuple[Any, ...]] = []
        real = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.given.append(args)
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    def __len__(self) -> int:
        return len(self.given)


EVERYTHING = """{ viewer { segments { key } consents { purpose } a: recommendations(first: 5) { nodes { item { itemId } } }
  b: recommendations(intent: ON_SALE, first: 5) { nodes { item { itemId } } } ads(placement: "x") { nodes { position } }
  home { shelves { key } } } again: viewer { recommendations(first: 1) { slateId } } }"""


def test_consents_and_features_are_read_once(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    consents = Calls(monkeypatch, shop.consents, "decisions")
    client.ask(EVERYTHING, customer="3")
    assert len(consents) == 1
    assert shop.features.reads == {Person.customer("3"): 1}


FEED = """{ viewer { recommendations(first: 20) { nodes { item { itemId }
  reasons(first: 3) { text positionWithout evidence { day count eventId item { title } } } } } } }"""


def test_a_feed_is_explained_in_one_batch(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons = Calls(monkeypatch, Listing, "reasons")
    positions = Calls(monkeypatch, Listing, "positions_without")
    latest = Calls(monkeypatch, shop.log, "latest")
    nodes = client.ask(FEED, customer="3")["viewer"]["recommendations"]["nodes"]
    assert (len(reasons), len(positions), len(latest)) == (1, 1, 1)
    assert len(reasons.given[0][1]) == 20
    _, actions = latest.given[0]
    assert len(set(actions)) == len(actions), "no action is looked up twice"
    told = [one for node in nodes for reason in node["reasons"] for one in reason["evidence"]]
    ids = [one["eventId"] for one in told if one["eventId"]]
    assert ids
    assert shop.log.find(Person.customer("3"), ids).keys() == set(ids), "every event that is named exists"


def test_all_shelves_are_explained_in_one_turn(
    client: Client, services: Services, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    hops = Calls(monkeypatch, services.threads, "submit")
    latest = Calls(monkeypatch, shop.log, "latest")
    reasons = Calls(monkeypatch, Listing, "reasons")
    asked = "{ viewer { home { shelves { items { nodes { reasons { text evidence { eventId } } } } } } } }"
    home = client.ask(asked, customer="3")["viewer"]["home"]
    assert len(reasons) == len(home["shelves"]), "one batch a list"
    assert len(latest) < len(home["shelves"]), "lists that ask in the same turn share a look-up"
    assert len(hops) == 3 + len(latest), "the visit, the home, the reasons of all shelves; and the events"


def test_nothing_is_worked_out_that_is_not_asked_for(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons = Calls(monkeypatch, Listing, "reasons")
    positions = Calls(monkeypatch, Listing, "positions_without")
    latest = Calls(monkeypatch, shop.log, "latest")
    client.ask("{ viewer { recommendations { nodes { item { title } } } } }", customer="3")
    assert (len(reasons), len(positions), len(latest)) == (0, 0, 0)
    client.ask("{ viewer { recommendations { nodes { reasons { text } } } } }", customer="3")
    assert (len(reasons), len(positions), len(latest)) == (1, 0, 0)


FRAGMENTS = """query { viewer { recommendations(first: 6) { ...list } } }
fragment list on RecommendationConnection { edges { node { ...why ... { ...why } } } }
fragment why on Recommendation { reasons { code } }"""


def test_reasons_behind_fragments_are_one_batch_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = Calls(monkeypatch, Listing, "reasons")
    client.ask(FRAGMENTS, customer="3")
    assert len(reasons) == 1


def test_position_without_is_where_the_item_stands_once_forgotten(client: Client, shop: SmallRecommender) -> None:
    nodes = client.ask(
        "{ viewer { recommendations(first: 20) { nodes { item { itemId } exploration reasons(first: 1) { code "
        "positionWithout evidence { eventId } } } } } }", customer="3",
    )["viewer"]["recommendations"]["nodes"]
    node = next(
        one for one in nodes
        if one["reasons"][0]["code"] in {"YOUR_ACTION", "BUY_AGAIN"} and one["reasons"][0]["positionWithout"]
    )
    for evidence in node["reasons"][0]["evidence"]:
        client.ask(
            "mutation($id: ID!) { giveFeedback(input: { kind: FORGET_ACTION, eventId: $id }) { userErrors { code } } }",
            {"id": evidence["eventId"]}, customer="3",
        )
    pages, after = [], None
    for _ in range(2):
        page = client.ask(
            "query($after: String) { viewer { recommendations(first: 100, after: $after) { nodes { item { itemId } } "
            "pageInfo { endCursor } } } }", {"after": after}, customer="3",
        )["viewer"]["recommendations"]
        pages += [one["item"]["itemId"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert pages.index(node["item"]["itemId"]) + 1 == node["reasons"][0]["positionWithout"]


class LateLedger:
    """A ledger that fails the second time within a request."""

    def __init__(self, real: Any) -> None:
        self._real, self.asked = real, 0

    def decisions(self, person: Person) -> Sequence[Decision]:
        self.asked += 1
        assert self.asked == 1
        return self._real.decisions(person)


def test_consents_are_shown_from_the_same_look(
    services: Services, shop: SmallRecommender, issuer: DevelopmentIssuer,
) -> None:
    ledger = LateLedger(shop.consents)
    shop.recommender.reception = replace(shop.recommender.reception, consents=ledger)
    client = client_of(replace(services, consents=ledger), issuer)
    found = client.ask("{ viewer { consents { granted } segments { key } } }", customer="3")["viewer"]
    assert sum(one["granted"] for one in found["consents"]) == 6
