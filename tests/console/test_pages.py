"""The storefront as it leaves the server: what it says, what it allows, what it keeps apart."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from tests.console.canned import CannedShop
from tests.console.conftest import application


@pytest.fixture
def shop() -> CannedShop:
    return CannedShop()


@pytest.fixture
def client(shop: CannedShop) -> TestClient:
    return TestClient(application(shop), follow_redirects=False)


def test_without_a_household_nothing_personal_is_asked_for(client, shop):
    page = client.get("/").text
    assert shop.sent == [("Home", {"profiling": False}, None, "en")]
    assert "For everybody" in page
    assert 'data-act="' not in page.replace('data-act="forget">Don', "")


def test_a_household_is_asked_for_with_its_own_token_and_language(client, shop):
    client.get("/?household=27&lang=ja")
    assert sorted(shop.sent) == [
        ("Home", {"profiling": True}, "token-of-27", "ja"),
        ("Segments", {}, "token-of-27", "ja"),
    ]


def test_the_browsers_privacy_control_goes_with_every_question(client, shop):
    client.get("/?household=27", headers={"Sec-GPC": "1"})
    client.get("/")
    assert shop.controls == ["1", "1", None]


def test_with_profiling_off_the_shelves_are_those_of_everybody(client):
    everybody, household = (re.findall(r'data-item="(\w+)"', client.get(path).text) for path in ("/", "/?household=27&profiling=off"))
    personal = re.findall(r'data-item="(\w+)"', client.get("/?household=27").text)
    assert household == everybody != personal


def test_an_unknown_household_is_told_and_never_written_unescaped(client, shop):
    answer = client.get("/", params={"household": '"><script>x'})
    assert answer.status_code == 404
    assert "There is no household “&#34;&gt;&lt;script&gt;x”" in answer.text
    assert "<script>x" not in answer.text
    assert [sent[0] for sent in shop.sent] == ["Home"]


def test_without_the_development_issuer_nobody_can_be_chosen(shop):
    client = TestClient(application(shop, households=None, token_for=None))
    page = client.get("/?household=27").text
    assert "<form" not in page
    assert client.get("/households").status_code == 404
    assert shop.sent == [("Home", {"profiling": False}, None, "en")]


def test_without_graphiql_nothing_links_to_it(shop):
    assert "/graphql#" not in TestClient(application(shop, graphiql=False)).get("/?household=27").text


def test_a_surprise_leads_to_one_of_the_households(client):
    answer = client.get("/?surprise=1&lang=ja")
    assert answer.status_code == 303
    assert re.fullmatch(r"/\?household=(1|12|27|128|1284|2001)&lang=ja", answer.headers["location"])


def test_households_are_suggested_by_their_beginning(client):
    assert client.get("/households?prefix=12").json() == ["12", "128", "1284"]


@pytest.mark.parametrize(("accepted", "language"), [("ja-JP,en;q=0.5", "ja"), ("fr", "en"), ("en;q=x, ja;q=0.1", "ja"), ("", "en")])
def test_the_browsers_language_is_spoken(client, accepted, language):
    answer = client.get("/", headers={"accept-language": accepted})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text


def test_titles_with_markup_stay_text(client, shop, monkeypatch):
    monkeypatch.setitem(__import__("tests.console.canned", fromlist=["x"]).PRODUCTS, "p1", ("p1", "<b>Milk</b> & 'Co' \"x\"", "", None, "Grocery > Milk", "1", "1"))
    page = client.get("/?household=27").text
    assert "<b>Milk" not in page
    assert "&lt;b&gt;Milk&lt;/b&gt; &amp; &#39;Co&#39; &#34;x&#34;" in page


def test_nothing_may_run_or_load_from_elsewhere(client):
    answer = client.get("/?household=27")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"""\s(style|on\w+)=["']""", answer.text)
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', answer.text) == []


def test_one_failing_part_leaves_the_others(client, shop):
    shop.failing = {"Segments": "TIMEOUT"}
    page = client.get("/?household=27").text
    assert "The segments could not be loaded: The answer took too long." in page
    assert "Time to restock" in page
    shop.failing = {"Home": "SOMETHING_NEW"}
    page = client.get("/?household=27").text
    assert "The shelves could not be loaded: That did not work (SOMETHING_NEW)." in page
    assert "Active customers" in page


def test_each_part_shows_the_query_that_made_it(client):
    page = client.get("/?household=27").text
    assert len(re.findall(r'<details class="query">', page)) == 8
    assert "&#34;id&#34;: &#34;shelf-buy_again&#34;" in page
    assert len(re.findall(r'href="/graphql#query=[^"]*&amp;headers=[^"]*token-of-27', page)) == 8


def test_ads_name_who_speaks_and_who_pays(client):
    page = client.get("/").text
    assert page.count('class="badge ad">Advertisement<') == 2
    assert "by Morning Field, paid for by Field Foods, Inc." in page


def test_prices_and_discounts(client):
    page = " ".join(client.get("/?household=27").text.split())
    assert re.search(r"</span> \$2\.99</b> <s>.{0,60}</span> \$3\.49</s>", page)
    assert "\N{MINUS SIGN}14 %" in page
    assert "$2.50</b> </p>" in page


def test_files_are_kept_for_a_year_under_their_digest_and_revalidated_otherwise(client):
    address = re.search(r'href="(/static/konomi\.css\?v=\w+)"', client.get("/").text)[1]
    kept, asked = client.get(address), client.get("/static/konomi.css")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asked.headers["cache-control"] == "no-cache"
    again = client.get("/static/konomi.css", headers={"if-none-match": asked.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/konomi.css?v=0000").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/../storefront.py", "/static/%2e%2e/storefront.py", "/static/"])
def test_only_files_of_the_folder_are_served(client, path):
    assert client.get(path).status_code == 404
