"""Home pages and the shelves on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.recommender.identity import Scope
from tests.fakes import FakeClock
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

HOME = """query($after: String, $first: Int) { viewer { home(first: $first, after: $after) { id slateId profiled
  hero { position item { itemId } reasons { code } }
  shelves { id key title reason { code text positionWithout } items { nodes { item { itemId } reasons { code } }
    pageInfo { endCursor hasNextPage } } }
  pageInfo { hasNextPage hasPreviousPage endCursor } degraded { part } treatments { variant } } } }"""
SHELF = """query($id: ID!, $after: String) { node(id: $id) { __typename ... on Shelf { key title
  items(first: 12, after: $after) { slateId nodes { position item { itemId } reasons { text } } } } } }"""


def _home(client: Client, customer: str = "3", **variables: Any) -> dict[str, Any]:
    return client.ask(HOME, variables, customer=customer)["viewer"]["home"]


def test_a_home_has_a_hero_and_shelves_and_no_item_twice(client: Client) -> None:
    home = _home(client)
    assert home["profiled"] is True
    assert len(home["shelves"]) >= 5
    shown = [home["hero"]["item"]["itemId"]]
    shown += [node["item"]["itemId"] for shelf in home["shelves"] for node in shelf["items"]["nodes"]]
    assert len(set(shown)) == len(shown)
    assert all(node["reasons"] for shelf in home["shelves"] for node in shelf["items"]["nodes"])
    assert all(shelf["reason"]["text"] for shelf in home["shelves"])
    assert home["degraded"] == home["treatments"] == []


def test_further_shelves_come_with_a_cursor(client: Client) -> None:
    first = _home(client, first=2)
    assert first["pageInfo"]["hasNextPage"] is True
    second = _home(client, first=2, after=first["pageInfo"]["endCursor"])
    assert second["hero"] is None
    assert second["id"] == first["id"]
    assert second["pageInfo"]["hasPreviousPage"] is True
    assert not {one["id"] for one in first["shelves"]} & {one["id"] for one in second["shelves"]}
    assert client.refused(HOME, {"first": 7}, customer="3")[0] == "BAD_USER_INPUT"


def test_a_shelf_is_a_node_that_pages_on(client: Client) -> None:
    shelf = next(one for one in _home(client)["shelves"] if one["items"]["pageInfo"]["hasNextPage"])
    front = [node["item"]["itemId"] for node in shelf["items"]["nodes"]]
    again = client.ask(SHELF, {"id": shelf["id"]}, customer="3")["node"]
    assert (again["key"], again["title"]) == (shelf["key"], shelf["title"])
    assert [node["item"]["itemId"] for node in again["items"]["nodes"]] == front
    variables = {"id": shelf["id"], "after": shelf["items"]["pageInfo"]["endCursor"]}
    following = client.ask(SHELF, variables, customer="3")["node"]["items"]["nodes"]
    assert following[0]["position"] == len(front) + 1
    assert following[0]["reasons"]
    assert not {node["item"]["itemId"] for node in following} & set(front)


def test_a_shelf_is_its_owners_and_a_services_that_may_read_customers(client: Client) -> None:
    shelf = _home(client)["shelves"][0]["id"]
    assert client.ask(SHELF, {"id": shelf}, customer="4")["node"] is None
    assert client.ask(SHELF, {"id": shelf})["node"] is None
    assert client.ask(SHELF, {"id": shelf}, scopes=(Scope.EVENTS_WRITE,))["node"] is None
    assert client.ask(SHELF, {"id": shelf}, scopes=(Scope.CUSTOMERS_READ,))["node"]["items"]["nodes"]


def test_a_shelf_of_everybody_is_everybodys(client: Client) -> None:
    home = client.ask("{ viewer { home(profiling: false) { shelves { id key } } } }", customer="3")["viewer"]["home"]
    found = client.ask(SHELF, {"id": home["shelves"][0]["id"]})["node"]
    assert found["key"] == home["shelves"][0]["key"]
    assert found["items"]["nodes"]


def test_an_expired_shelf_is_gone(client: Client, clock: FakeClock) -> None:
    home = _home(client, first=1)
    clock.advance(timedelta(minutes=31))
    assert client.ask(SHELF, {"id": home["shelves"][0]["id"]}, customer="3")["node"] is None
    code, _ = client.refused(HOME, {"after": home["pageInfo"]["endCursor"]}, customer="3")
    assert code == "SLATE_EXPIRED"


def test_a_shelf_that_another_replica_made_is_found_and_one_that_is_half_lost_is_not(
    client: Client, shop: SmallRecommender,
) -> None:
    shelf = _home(client)["shelves"][1]
    shop.recommender.__post_init__()  # forgets what it keeps in process, like another replica
    again = client.ask(SHELF, {"id": shelf["id"]}, customer="3")["node"]
    assert (again["key"], again["title"]) == (shelf["key"], shelf["title"])
    assert [node["item"] for node in again["items"]["nodes"]] == [node["item"] for node in shelf["items"]["nodes"]]
    for slate_id in [one for one in shop.slates._slates if one.endswith(".buy_again")]:
        del shop.slates._slates[slate_id]
    assert client.ask(SHELF, {"id": shelf["id"]}, customer="3")["node"] is None


def test_titles_and_reasons_of_shelves_come_in_the_language_asked_for(client: Client) -> None:
    asked = '{ viewer { home(first: 2) { shelves { title ja: title(locale: "ja") reason { text } } } } }'
    shelf = client.ask(asked, customer="3")["viewer"]["home"]["shelves"][0]
    assert shelf["title"] == "Time to restock"
    assert not shelf["ja"].isascii()
