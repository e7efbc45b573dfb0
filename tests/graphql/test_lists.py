"""Lists: pages of one frozen order, bounds of arguments, and what they may use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

PAGE = """query($after: String, $first: Int = 20) { viewer { recommendations(first: $first, after: $after) {
  slateId profiled edges { cursor node { position token item { itemId } } } nodes { position }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } treatments { experiment } degraded { part } } } }"""


def _page(client: Client, after: str | None = None, customer: str = "3") -> dict[str, Any]:
    return client.ask(PAGE, {"after": after}, customer=customer)["viewer"]["recommendations"]


def test_ten_pages_are_one_order_without_repeats(client: Client) -> None:
    page, seen, positions = _page(client), [], []
    slate = page["slateId"]
    for _ in range(10):
        seen += [edge["node"]["item"]["itemId"] for edge in page["edges"]]
        positions += [edge["node"]["position"] for edge in page["edges"]]
        assert page["slateId"] == slate
        assert page["degraded"] == page["treatments"] == []
        last = page["pageInfo"]
        page = _page(client, last["endCursor"])
    assert len(set(seen)) == len(seen) == 200
    assert positions == list(range(1, 201))
    assert last["hasNextPage"] is True
    assert last["hasPreviousPage"] is True


@pytest.mark.parametrize("forge", [lambda cursor: cursor[:-2] + "AA", lambda _: "", lambda _: "x" * 5_000, lambda _: "日本"])
def test_a_forged_cursor_is_refused(client: Client, forge: Any) -> None:
    cursor = _page(client)["pageInfo"]["endCursor"]
    assert client.refused(PAGE, {"after": forge(cursor)}, customer="3")[0] == "INVALID_CURSOR"


def test_somebody_elses_cursor_is_refused(client: Client) -> None:
    cursor = _page(client)["pageInfo"]["endCursor"]
    assert client.refused(PAGE, {"after": cursor}, customer="4")[0] == "INVALID_CURSOR"
    assert client.refused(PAGE, {"after": cursor})[0] == "INVALID_CURSOR"


def test_an_old_cursor_has_expired(client: Client, clock: FakeClock) -> None:
    cursor = _page(client)["pageInfo"]["endCursor"]
    clock.advance(timedelta(minutes=31))
    code, message = client.refused(PAGE, {"after": cursor}, customer="3")
    assert code == "SLATE_EXPIRED"
    assert "first page" in message


@pytest.mark.parametrize(("arguments", "told"), [
    ("first: -1", "first is -1"),
    ("first: 1000000000", "0 to 100"),
    ("diversity: 1.5", "diversity is 1.5"),
    ('placement: ""', "placement"),
    ('filter: { priceFrom: "5", priceTo: "2" }', "priceFrom"),
    ('filter: { priceFrom: "cheap" }', "A Decimal is a string"),
    ('filter: { priceFrom: "Infinity" }', "A Decimal is a string"),
])
def test_bad_arguments_are_told_in_a_sentence(client: Client, arguments: str, told: str) -> None:
    code, message = client.refused(f"{{ viewer {{ recommendations({arguments}) {{ slateId }} }} }}", customer="3")
    assert code == "BAD_USER_INPUT"
    assert told in message


@pytest.mark.parametrize("first", [0, 11])
def test_an_item_tells_one_to_ten_reasons(client: Client, first: int) -> None:
    said = client.send(f"{{ viewer {{ recommendations(first: 1) {{ nodes {{ reasons(first: {first}) {{ code }} }} }} }} }}")
    assert said["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_an_empty_page_is_a_page(client: Client) -> None:
    page = client.ask(PAGE, {"first": 0}, customer="3")["viewer"]["recommendations"]
    assert page["edges"] == []
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


UNPROFILED = """{ viewer { recommendations(profiling: false) { profiled slateId nodes { item { itemId }
  reasons(first: 5) { code } } } home(profiling: false) { profiled slateId shelves { key items { nodes { item { itemId } } } } } } }"""


def test_profiling_off_gives_everybody_the_same_and_reads_nothing(client: Client, shop: SmallRecommender) -> None:
    answers = [client.ask(UNPROFILED, customer=name) for name in ("3", "4")]
    assert answers[0] == answers[1] == client.ask(UNPROFILED)
    found = answers[0]["viewer"]["recommendations"]
    assert found["profiled"] is False
    assert all(node["reasons"][-1]["code"] == "NOT_PERSONALISED" for node in found["nodes"])
    assert not shop.features.reads


def test_a_filter_and_the_cart_narrow_the_list(client: Client) -> None:
    asked = """query($cart: [String!]) { viewer { recommendations(filter: { category: "Dairy", priceTo: "9.99" },
      context: { cartItemIds: $cart, device: MOBILE }) { nodes { item { itemId category ... on Product { price { amount currency } } } } } } }"""
    before = client.ask(asked, {"cart": []}, customer="3")["viewer"]["recommendations"]["nodes"]
    assert before
    assert all(node["item"]["category"][:2] == ["Fresh", "Dairy"] for node in before)
    assert all(float(node["item"]["price"]["amount"]) <= 9.99 for node in before)
    assert {node["item"]["price"]["currency"] for node in before} == {"USD"}
    cart = [node["item"]["itemId"] for node in before[:3]]
    after = client.ask(asked, {"cart": cart}, customer="3")["viewer"]["recommendations"]["nodes"]
    assert not {node["item"]["itemId"] for node in after} & set(cart)


def test_a_list_starts_from_the_purchase_asked_for(client: Client, shop: SmallRecommender) -> None:
    anchor = shop.features.stored[next(iter(shop.features.stored))].actions.item_id[0]
    asked = "query($anchor: String) { viewer { recommendations(intent: BECAUSE_YOU_BOUGHT, anchorItemId: $anchor) { nodes { reasons { code evidence { item { itemId } } } } } } }"
    nodes = client.ask(asked, {"anchor": anchor}, customer="0")["viewer"]["recommendations"]["nodes"]
    assert nodes
    told = {one["item"]["itemId"] for node in nodes for reason in node["reasons"] for one in reason["evidence"]
            if reason["code"] in {"BOUGHT_TOGETHER", "YOUR_ACTION"}}
    assert anchor in told


def test_ads_name_who_pays_and_say_so_first(client: Client) -> None:
    asked = """{ viewer { ads(placement: "side", first: 5) { nodes { item { __typename ... on Ad { advertiser payer campaignId
      promotes(first: 2) { itemId inStock } } } reasons { code text } } } } }"""
    nodes = client.ask(asked, customer="3")["viewer"]["ads"]["nodes"]
    assert 0 < len(nodes) <= 5
    campaigns = [node["item"]["campaignId"] for node in nodes]
    assert len(set(campaigns)) == len(campaigns)
    for node in nodes:
        assert node["item"]["advertiser"] == "Hearth Foods"
        assert len(node["item"]["promotes"]) <= 2
        assert node["reasons"][0] == {
            "code": "SPONSORED", "text": "Advertisement by Hearth Foods, paid for by Hearth Group.",
        }


def test_trending_and_search_page_on_for_everybody(client: Client) -> None:
    asked = """query($after: String) { trending(first: 4, after: $after) { profiled nodes { item { itemId } reasons { code } }
      pageInfo { endCursor } } search(query: "tea 1", kind: PRODUCT, first: 3) { nodes { item { title } } } }"""
    first = client.ask(asked)
    assert first["trending"]["nodes"][0]["reasons"][0]["code"] == "TRENDING"
    assert first["search"]["nodes"]
    assert all(node["item"]["title"].startswith("Tea 1") for node in first["search"]["nodes"])
    second = client.ask(asked, {"after": first["trending"]["pageInfo"]["endCursor"]}, customer="3")
    ids = [node["item"]["itemId"] for answer in (first, second) for node in answer["trending"]["nodes"]]
    assert len(set(ids)) == 8
    assert client.refused('{ search(query: "  ") { slateId } }')[0] == "BAD_USER_INPUT"


def test_content_is_about_products_and_products_have_relatives(client: Client) -> None:
    asked = """{ content: item(itemId: "c4") { title ... on Content { publishedAt about(first: 3) { itemId category } } }
      product: item(itemId: "p40") { ... on Product { related(intent: BOUGHT_TOGETHER, first: 3) {
        nodes { item { itemId } reasons { code text } } } } } missing: item(itemId: "none") { itemId } }"""
    found = client.ask(asked)
    assert found["content"]["publishedAt"].endswith("+00:00")
    assert {tuple(one["category"]) for one in found["content"]["about"]} <= {
        ("Grocery", "Bakery", "Bread"), ("Grocery", "Bakery", "Cake"),
    }
    related = found["product"]["related"]["nodes"]
    assert len(related) == 3
    assert related[0]["reasons"][0] == {"code": "BOUGHT_TOGETHER", "text": "Often bought together with Tea 40."}
    assert found["missing"] is None


def test_texts_come_in_the_language_of_the_request(client: Client) -> None:
    asked = '{ item(itemId: "p40") { title } viewer { recommendations(first: 1) { nodes { reasons { text en: text } } } } }'
    found = client.ask(asked, customer="3", language="ja-JP,ja;q=0.9,en;q=0.8")
    assert found["item"]["title"] == "紅茶 40"
    assert "。" in found["viewer"]["recommendations"]["nodes"][0]["reasons"][0]["text"]


def test_a_locale_goes_before_the_language_of_the_request(client: Client) -> None:
    asked = '{ viewer { recommendations(first: 1) { nodes { reasons(locale: "en") { text } } } } transparency(locale: "ja") { summary choices parameters { name meaning purpose weight } } }'
    found = client.ask(asked, customer="3", language="ja")
    assert found["viewer"]["recommendations"]["nodes"][0]["reasons"][0]["text"].isascii()
    told = found["transparency"]
    assert told["summary"].endswith("架空の店です。")
    assert len(told["choices"]) == 4
    assert all(one["meaning"] and one["weight"] is None for one in told["parameters"])


def test_global_ids_find_items_again(client: Client) -> None:
    ids = client.ask('{ a: item(itemId: "p1") { ... on Node { id } } b: item(itemId: "c1") { ... on Node { id } } c: item(itemId: "a1") { ... on Node { id } } }')
    wanted = [one["id"] for one in ids.values()]
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Item { itemId } } }"
    found = client.ask(asked, {"ids": [*wanted, "bogus", "UHJvZHVjdDpjMQ", "日本", "UHJvZHVjdDo"]})["nodes"]
    assert found[:3] == [
        {"__typename": "Product", "itemId": "p1"}, {"__typename": "Content", "itemId": "c1"},
        {"__typename": "Ad", "itemId": "a1"},
    ]
    assert found[3:] == [None] * 4, "malformed, of another type, not ASCII, without a key"
    assert client.refused(asked, {"ids": ["x"] * 101})[0] == "BAD_USER_INPUT"
