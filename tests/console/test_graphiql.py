"""GraphiQL from this package: the files are the published ones, and it works with no network but this origin's."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect

from service.console.assets import FOLDER
from service.console.graphiql import graphiql_page

ROWS = re.findall(r"^\| `([\w.-]+)` \| ([\w-]+) \| ([\d.]+) \| MIT .* \| `(\w{64})` \|$", (FOLDER / "graphiql" / "README.md").read_text(), re.MULTILINE)


def test_every_vendored_file_is_listed():
    vendored = {file.name for file in (FOLDER / "graphiql").glob("*.min.*")}
    assert vendored == {row[0] for row in ROWS}


@pytest.mark.parametrize(("name", "package", "version", "digest"), ROWS)
def test_every_vendored_file_is_the_published_one(name, package, version, digest):
    assert sha256((FOLDER / "graphiql" / name).read_bytes()).hexdigest() == digest


@pytest.mark.browser
def test_a_query_is_typed_run_and_answered(window):
    page = window.open("/graphql")
    editor = page.locator(".graphiql-query-editor")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text('{ greeting(name: "konomi") }')
    page.keyboard.press("Control+Enter")
    expect(page.locator(".result-window")).to_contain_text("Hello konomi")


@pytest.mark.browser
def test_a_part_of_the_storefront_opens_in_it_with_its_token(window):
    page = window.open("/?household=27")
    page.locator(".shelf .query summary").first.click()
    with page.context.expect_page() as opened:
        page.locator(".shelf .query a").first.click()
    graphiql = opened.value
    graphiql.get_by_role("button", name=re.compile("Execute query")).click()
    expect(graphiql.locator(".result-window")).to_contain_text("recommendation-p2")
    assert window.shop.sent[-1] == ("Shelf", {"id": "shelf-buy_again"}, "token-of-27", "en")
    assert "token" not in graphiql.url


@pytest.mark.browser
def test_a_subscription_runs_over_a_socket_with_the_headers_of_the_editor(window):
    given = {"query": "subscription Count { counted }", "headers": '{"Authorization": "Bearer token-of-27"}'}
    page = window.open(f"/graphql#{urlencode(given, quote_via=quote)}")
    page.get_by_role("button", name=re.compile("Execute query")).click()
    expect(page.locator(".result-window")).to_contain_text('"counted": 2')
    assert window.shop.inits == [{"Authorization": "Bearer token-of-27"}]


def test_where_only_registered_documents_run_the_page_says_why_and_what_to_do():
    said = graphiql_page("/graphql", registered_only=True).body.decode()
    assert "registered documents only" in said
    assert "Router-Authorization" in said
    assert "registered" not in graphiql_page("/graphql").body.decode()
