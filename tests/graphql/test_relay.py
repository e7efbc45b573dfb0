"""Relay: every list pages both ways through one frozen order, and whatever has a global id is found again by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from graphql import build_schema

from service.graphql.ids import global_id
from service.graphql.schema import sdl
from tests.fakes import FakeClock
from tests.graphql.conftest import Client

ARGUMENTS = "$first: Int, $after: String, $last: Int, $before: String"
PASSED = "first: $first, after: $after, last: $last, before: $before"
PAGE = "slateId edges { cursor node { position } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
LISTS = {
    "viewer.recommendations": f"viewer {{ recommendations({PASSED}) {{ {PAGE} }} }}",
    "viewer.ads": f'viewer {{ ads(placement: "side", {PASSED}) {{ {PAGE} }} }}',
    "trending": f"trending({PASSED}) {{ {PAGE} }}",
    "search": f'search(query: "a", {PASSED}) {{ {PAGE} }}',
    "item.related": f'item(itemId: "p1") {{ ... on Product {{ related({PASSED}) {{ {PAGE} }} }} }}',
}
HOME = f"""query({ARGUMENTS}) {{ viewer {{ home({PASSED}) {{
  hero {{ position }} shelves {{ key }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""
SHELF = f"query($id: ID!, {ARGUMENTS}) {{ node(id: $id) {{ ... on Shelf {{ key items({PASSED}) {{ {PAGE} }} }} }} }}"


def _found(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data[name]
    return data


def _page(client: Client, path: str, **variables: object) -> dict[str, Any]:
    return _found(client.ask(f"query({ARGUMENTS}) {{ {LISTS[path]} }}", variables, customer="3"), path)


def _positions(page: dict[str, Any]) -> list[int]:
    return [edge["node"]["position"] for edge in page["edges"]]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_walked_to_its_end_and_back_again(client: Client, path: str) -> None:
    page = _page(client, path, first=2)
    pages = [page]
    while pages[-1]["pageInfo"]["hasNextPage"] and len(pages) < 4:
        pages.append(_page(client, path, first=2, after=pages[-1]["pageInfo"]["endCursor"]))
    assert len(pages) > 1
    assert [one["pageInfo"]["hasPreviousPage"] for one in pages] == [False] + [True] * (len(pages) - 1)
    for earlier, later in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        back = _page(client, path, last=2, before=later["pageInfo"]["startCursor"])
        assert back["edges"] == earlier["edges"]
        assert back["pageInfo"] == earlier["pageInfo"]
        assert back["slateId"] == page["slateId"]


@pytest.mark.parametrize("path", LISTS)
def test_the_last_of_a_new_list_are_its_end_in_its_order(client: Client, path: str) -> None:
    whole = _positions(_page(client, path, first=100))
    end = _page(client, path, last=2)
    positions = _positions(end)
    assert positions == sorted(positions)
    assert end["pageInfo"]["hasNextPage"] is False
    assert end["pageInfo"]["hasPreviousPage"] is (positions[0] > whole[0])
    beyond = _page(client, path, first=2, after=end["pageInfo"]["endCursor"])
    assert beyond["edges"] == []
    assert beyond["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None}


def test_both_cursors_cut_what_lies_between_them(client: Client) -> None:
    page = _page(client, "viewer.recommendations", first=10)
    ends = {"after": page["edges"][1]["cursor"], "before": page["edges"][8]["cursor"]}
    assert _positions(_page(client, "viewer.recommendations", **ends)) == [3, 4, 5, 6, 7, 8]
    assert _positions(_page(client, "viewer.recommendations", first=2, **ends)) == [3, 4]
    back = _page(client, "viewer.recommendations", last=2, **ends)
    assert _positions(back) == [7, 8]
    assert back["pageInfo"]["hasNextPage"] is back["pageInfo"]["hasPreviousPage"] is True


def test_a_shelf_pages_both_ways_by_its_id(client: Client) -> None:
    asked = "{ viewer { home { shelves { id key items(first: 4) { edges { cursor node { position } } } } } } }"
    for shelf in client.ask(asked, customer="3")["viewer"]["home"]["shelves"]:
        edges = shelf["items"]["edges"]
        variables = {"id": shelf["id"], "last": 2, "before": edges[-1]["cursor"]}
        found = client.ask(SHELF, variables, customer="3")["node"]
        assert found["key"] == shelf["key"]
        assert found["items"]["edges"] == edges[:-1][-2:]


def test_a_home_page_pages_both_ways(client: Client) -> None:
    first = client.ask(HOME, {"first": 2}, customer="3")["viewer"]["home"]
    second = client.ask(HOME, {"first": 2, "after": first["pageInfo"]["endCursor"]}, customer="3")["viewer"]["home"]
    assert second["hero"] is None
    assert second["pageInfo"]["hasPreviousPage"] is True
    back = client.ask(HOME, {"last": 2, "before": second["pageInfo"]["startCursor"]}, customer="3")["viewer"]["home"]
    assert back["shelves"] == first["shelves"]
    assert back["pageInfo"] == first["pageInfo"]


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize("path", LISTS)
def test_a_bad_cursor_is_refused_whichever_end_it_names(client: Client, path: str, end: str) -> None:
    asked = f"query({ARGUMENTS}) {{ {LISTS[path]} }}"
    good = _page(client, path, first=1)["pageInfo"]["endCursor"]
    for forged in ("", "x", good[:-2] + "AA", good + good, "x" * 5_000):
        assert client.refused(asked, {end: forged}, customer="3")[0] == "INVALID_CURSOR"


@pytest.mark.parametrize("end", ["after", "before"])
def test_an_old_cursor_has_expired_whichever_end_it_names(client: Client, clock: FakeClock, end: str) -> None:
    cursor = _page(client, "viewer.recommendations", first=3)["pageInfo"]["endCursor"]
    clock.advance(timedelta(minutes=31))
    asked = f"query({ARGUMENTS}) {{ {LISTS['viewer.recommendations']} }}"
    assert client.refused(asked, {"last": 2, end: cursor}, customer="3")[0] == "SLATE_EXPIRED"


@pytest.mark.parametrize(("arguments", "told"), [
    ("first: 2, last: 2", "not both"), ("last: -1", "last is -1"), ("last: 1000000000", "last is 1000000000"),
])
def test_a_page_that_contradicts_itself_is_told_in_a_sentence(client: Client, arguments: str, told: str) -> None:
    code, message = client.refused(f"{{ trending({arguments}) {{ slateId }} }}")
    assert code == "BAD_USER_INPUT"
    assert told in message


def test_what_is_left_null_contradicts_nothing(client: Client) -> None:
    assert len(_page(client, "trending", first=None, last=2)["edges"]) == 2
    assert len(_page(client, "trending", first=2, last=None)["edges"]) == 2


NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def _ids(client: Client, **who: Any) -> dict[str, str]:
    """An id of each type that a person meets."""
    items = {kind: client.ask(f'{{ item(itemId: "{item_id}") {{ ... on Node {{ id }} }} }}')["item"]["id"]
             for kind, item_id in (("Product", "p1"), ("Content", "c1"), ("Ad", "a1"))}
    viewer = client.ask("{ viewer { id home { shelves { id } } } }", **who)["viewer"]
    return {**items, "Customer": viewer["id"], "Shelf": viewer["home"]["shelves"][0]["id"]}


@pytest.mark.parametrize("who", [{"customer": "3"}, {"visitor": "7d444840-9dc0-11d1-b245-5ffdce74fad2"}, {}])
def test_whatever_has_a_global_id_is_found_again_by_it(client: Client, who: dict[str, str]) -> None:
    ids = _ids(client, **who)
    schema = build_schema(sdl(), assume_valid_sdl=True)
    kept = {kind.name for kind in schema.get_possible_types(schema.type_map["Node"])}
    assert ids.keys() == kept, "a new type of Node is to be found again, and tested, here"
    assert len(set(ids.values())) == len(ids)
    for kind, id_ in ids.items():
        assert client.ask(NODE, {"id": id_}, **who)["node"] == {"__typename": kind, "id": id_}
    found = client.ask(NODES, {"ids": [*reversed(ids.values()), "gone"]}, **who)["nodes"]
    assert [one and one["__typename"] for one in found] == [*reversed(ids), None]


@pytest.mark.parametrize("other", [{"customer": "4"}, {"visitor": "0b3a3a34-9dc0-11d1-b245-5ffdce74fad2"}, {}])
def test_nobody_else_is_found_by_any_id(client: Client, other: dict[str, str]) -> None:
    ids = _ids(client, customer="3")
    found = {kind: client.ask(NODE, {"id": id_}, **other)["node"] for kind, id_ in ids.items()}
    assert {kind for kind, one in found.items() if one is None} == {"Customer", "Shelf"}
    assert client.ask(NODES, {"ids": [ids["Customer"], ids["Shelf"]]}, **other)["nodes"] == [None, None]


@pytest.mark.parametrize("forge", [
    lambda id_: id_ + "=", lambda id_: id_[:-1], lambda id_: " " + id_, lambda _: "", lambda _: "Product:p1",
    lambda _: "%00", lambda _: "日本", lambda _: "A" * 10_000, lambda _: global_id("Recommendation", "x:1"),
    lambda _: global_id("Product", "gone"), lambda _: global_id("Product", "c1"), lambda _: global_id("Node", "p1"),
    lambda _: global_id("Customer", ""), lambda _: global_id("Customer", "c:"), lambda _: global_id("Customer", "x:3"),
    lambda _: global_id("Shelf", "home-x.for_you|c:3"), lambda _: global_id("Shelf", "home-x.for_you|:"),
])
def test_what_is_no_id_finds_nothing(client: Client, forge: Any) -> None:
    forged = forge(_ids(client, customer="3")["Product"])
    assert client.ask(NODE, {"id": forged}, customer="3") == {"node": None}
    assert client.ask(NODES, {"ids": [forged]}, customer="3") == {"nodes": [None]}


def test_at_most_a_hundred_are_found_at_once(client: Client) -> None:
    one = _ids(client)["Product"]
    assert len(client.ask(NODES, {"ids": [one] * 100})["nodes"]) == 100
    assert client.refused(NODES, {"ids": [one] * 101})[0] == "BAD_USER_INPUT"
