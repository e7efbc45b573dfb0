"""A home page of one's own: fifty households drawn at random, each with true, whole, different pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from service.recommender.identity import Scope
from tests.acceptance.running import Server

pytestmark = pytest.mark.demo

HOUSEHOLDS, SEED = 50, 20261
ITEM = """
position token
item { __typename itemId title ... on Ad { advertiser payer campaignId } ... on Product { price { amount currency } } }
reasons(first: 10) { code text share }
"""
SHELVES = f"""
shelves {{ id key title reason {{ code text }} items(first: 12) {{ profiled degraded {{ part }} nodes {{ {ITEM} }} }} }}
"""
HOME = f"""
query Home($profiling: Boolean!, $after: String) {{
  viewer {{ customerId home(profiling: $profiling, after: $after) {{
    id slateId profiled degraded {{ part }} hero {{ {ITEM} }} {SHELVES} pageInfo {{ hasNextPage endCursor }}
  }} }}
}}
"""
CONSENT = """
mutation ($input: SetConsentsInput!) { setConsents(input: $input) { userErrors { code } consents { purpose granted } } }
"""

Home = Mapping[str, Any]


def home_of(server: Server, customer: str | None, *, profiling: bool = True, after: str | None = None) -> Home:
    return server.ask(HOME, customer, {"profiling": profiling, "after": after})["viewer"]["home"]


def places(home: Home) -> Iterator[Mapping[str, Any]]:
    """Everything that stands on the page, the hero first."""
    if home["hero"] is not None:
        yield home["hero"]
    for shelf in home["shelves"]:
        yield from shelf["items"]["nodes"]


def item_ids(home: Home) -> list[str]:
    return [place["item"]["itemId"] for place in places(home)]


def shown(home: Home) -> Any:
    """All that a reader of the page sees, and what would tell two readers apart."""
    return [home["slateId"], home["id"], home["profiled"], home["hero"], home["shelves"], home["pageInfo"]]


@pytest.fixture(scope="module")
def shuffled(server: Server) -> list[str]:
    """All households of the shop, in an order that is the same for every run over the same data."""
    return server.households(SEED)


@pytest.fixture(scope="module")
def households(shuffled: Sequence[str]) -> Sequence[str]:
    return shuffled[:HOUSEHOLDS]


@pytest.fixture(scope="module")
def homes(server: Server, households: Sequence[str]) -> dict[str, Home]:
    return {household: home_of(server, household) for household in households}


def test_every_home_has_a_hero_and_at_least_five_shelves(homes):
    assert len(homes) == HOUSEHOLDS
    for household, home in homes.items():
        assert home["profiled"], household
        assert home["degraded"] == [], household
        assert home["hero"] is not None, household
        assert len(home["shelves"]) >= 5, household
        assert all(shelf["items"]["nodes"] for shelf in home["shelves"]), household
        assert len({shelf["key"] for shelf in home["shelves"]}) == len(home["shelves"]), household


def test_no_item_stands_twice_over_the_whole_page(homes):
    for household, home in homes.items():
        ids = item_ids(home)
        assert len(ids) == len(set(ids)), household


def test_no_item_of_the_shelves_behind_stands_on_the_first_page(server, homes):
    for household, home in list(homes.items())[:10]:
        everything = item_ids(home)
        page = home
        while page["pageInfo"]["hasNextPage"]:
            page = home_of(server, household, after=page["pageInfo"]["endCursor"])
            everything += item_ids(page)
        assert page is not home, household
        assert len(everything) == len(set(everything)), household


def test_products_contents_and_ads_stand_under_one_roof(homes):
    for household, home in homes.items():
        assert {place["item"]["__typename"] for place in places(home)} == {"Product", "Content", "Ad"}, household


def test_every_item_has_a_reason_and_so_has_every_shelf(homes):
    for household, home in homes.items():
        for place in places(home):
            assert place["reasons"], (household, place)
            assert all(reason["text"].strip() for reason in place["reasons"]), (household, place)
        assert all(shelf["title"].strip() and shelf["reason"]["text"].strip() for shelf in home["shelves"]), household


def test_every_ad_says_first_that_it_is_paid_and_by_whom(homes):
    for home in homes.values():
        ads = [place for place in places(home) if place["item"]["__typename"] == "Ad"]
        for ad in ads:
            first, *others = ad["reasons"]
            assert first["code"] == "SPONSORED"
            assert "SPONSORED" not in {reason["code"] for reason in others}
            assert ad["item"]["advertiser"]
            assert ad["item"]["payer"]
            assert ad["item"]["advertiser"] in first["text"]
            assert ad["item"]["payer"] in first["text"]


def test_only_ads_are_sponsored(homes):
    for home in homes.values():
        for place in places(home):
            if place["item"]["__typename"] != "Ad":
                assert "SPONSORED" not in {reason["code"] for reason in place["reasons"]}


def test_homes_of_two_households_differ_in_most_items(homes):
    overlap = [
        len(set(item_ids(one)) & set(item_ids(other))) / min(len(item_ids(one)), len(item_ids(other)))
        for one, other in combinations(homes.values(), 2)
    ]
    assert max(overlap) < 0.5


def test_without_profiling_all_of_them_get_the_very_same(server, households):
    everybody = home_of(server, households[0], profiling=False)
    assert not everybody["profiled"]
    assert len(everybody["shelves"]) >= 5
    for household in households[1:]:
        assert shown(home_of(server, household, profiling=False)) == shown(everybody), household


def test_a_visitor_and_nobody_get_what_those_without_profiling_get(server, households):
    everybody = shown(home_of(server, households[0], profiling=False))
    visitor = server.ask(HOME, variables={"profiling": True}, headers={"X-Konomi-Visitor": "someone-new"})
    assert shown(visitor["viewer"]["home"]) == everybody
    assert shown(home_of(server, None)) == everybody


def test_nothing_in_a_page_for_everybody_says_that_something_of_the_person_was_used(server, households):
    everybody = home_of(server, households[0], profiling=False)
    personal = {"YOUR_ACTION", "BUY_AGAIN", "BOUGHT_TOGETHER", "POPULAR_IN_SEGMENT"}
    for shelf in everybody["shelves"]:
        assert shelf["reason"]["code"] not in personal
        assert not shelf["items"]["profiled"]
    for place in places(everybody):
        assert not personal & {reason["code"] for reason in place["reasons"]}


def decide(server: Server, customer: str, *, grants: Sequence[str] = (), withdrawals: Sequence[str] = ()) -> None:
    asked = {"grants": list(grants), "withdrawals": list(withdrawals), "wording": "May we?"}
    answer = server.ask(CONSENT, customer, {"input": asked})["setConsents"]
    assert answer["userErrors"] == []


def test_who_withdraws_consent_gets_what_everybody_gets_until_they_grant_it_again(server, shuffled):
    customer = shuffled[HOUSEHOLDS]
    everybody = home_of(server, customer, profiling=False)
    own = item_ids(home_of(server, customer))
    assert own != item_ids(everybody)
    decide(server, customer, withdrawals=["PERSONALISE_CONTENT", "PERSONALISE_ADS"])
    assert shown(home_of(server, customer)) == shown(everybody)
    decide(server, customer, grants=["PERSONALISE_CONTENT", "PERSONALISE_ADS"])
    assert item_ids(home_of(server, customer)) == own


def test_without_consent_to_content_products_and_contents_are_everybodys_even_if_ads_may_be_ones_own(server, shuffled):
    customer = shuffled[HOUSEHOLDS + 1]
    everybody = home_of(server, customer, profiling=False)
    decide(server, customer, withdrawals=["PERSONALISE_CONTENT"])
    mine = home_of(server, customer)
    assert mine["hero"]["item"] == everybody["hero"]["item"]
    paid = {"sponsored"}
    of = {shelf["key"]: shelf for shelf in mine["shelves"] if shelf["key"] not in paid}
    for shelf in everybody["shelves"]:
        if shelf["key"] not in paid:
            same = of[shelf["key"]]
            assert [shelf["title"], shelf["reason"]] == [same["title"], same["reason"]]
            wanted = [(node["item"], node["reasons"]) for node in shelf["items"]["nodes"]]
            assert [(node["item"], node["reasons"]) for node in same["items"]["nodes"]] == wanted


def test_a_service_sees_the_home_that_the_household_sees(server, households, homes):
    bearer = {"authorization": f"Bearer {server.service_token(Scope.CUSTOMERS_READ)}"}
    query = HOME.replace("viewer {", "viewer: customer(customerId: $customer) {").replace(
        "query Home(", "query Home($customer: String!, ",
    )
    variables = {"profiling": True, "customer": households[0]}
    seen = server.ask(query, variables=variables, headers=bearer)["viewer"]["home"]
    assert item_ids(seen) == item_ids(homes[households[0]])
