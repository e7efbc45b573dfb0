"""The web example in a real browser, on an origin of its own, against the running server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.acceptance.running import Server, free_port
from tests.clients.examples import built, speaking
from tests.clients.node import NODE
from tests.console.conftest import browser_type_launch_args  # noqa: F401 - a fixture

PATIENCE_MS = 120_000
CONSENTS = "{ viewer { consents { purpose granted } } }"
Opened = Callable[[str | None], Page]


@dataclass(frozen=True)
class Shop:
    """A service, and the origin of a page that may call it."""

    server: Server
    origin: str


@pytest.fixture(scope="module")
def shop(village_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with Server(village_copy, HTTP__ALLOWED_ORIGINS=origin) as server:
        folder = built("web", tmp_path_factory.mktemp("web"), server.url)
        with subprocess.Popen(
            [NODE, "bundle.js", "serve", str(port)], cwd=folder, env=speaking(server.url), stdout=subprocess.PIPE, text=True,
        ) as serving:
            assert serving.stdout is not None
            assert serving.stdout.readline().strip() == origin
            yield Shop(server, origin)
            serving.terminate()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page, of the language and the width that a test asks for."""
    context = browser.new_context(**{"locale": "en-GB"} | getattr(request, "param", {}))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


@pytest.fixture
def opened(page: Page, shop: Shop) -> Iterator[Opened]:
    """Opens the page for a customer, or for a visitor; afterwards the browser may have had nothing to complain of."""
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.on("request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(
        (shop.origin, shop.server.url, "data:")) else None)
    page.on("pageerror", lambda failure: complaints.append(str(failure)))

    def open_for(customer: str | None) -> Page:
        page.goto(address(shop, customer))
        page.locator("[data-shelf]").first.wait_for()
        page.locator("#live .card").first.wait_for()
        return page

    yield open_for
    assert complaints == []


def address(shop: Shop, customer: str | None) -> str:
    return shop.origin + (f"/#token={shop.server.token(customer)}" if customer else "/")


def items(page: Page, where: str) -> list[str]:
    found: list[str] = page.locator(f"{where} .card").evaluate_all("all => all.map(one => one.dataset.item)")
    return found


def becomes_other(page: Page, where: str, before: list[str]) -> None:
    """Wait until a list shows other items."""
    script = """([where, before]) => {
      const now = [...document.querySelectorAll(`${where} .card`)].map(one => one.dataset.item);
      return now.length > 0 && now.join() !== before.join();
    }"""
    page.wait_for_function(script, arg=[where, before])


def granted(server: Server, customer: str) -> Any:
    consents = server.ask(CONSENTS, customer)["viewer"]["consents"]
    return next(one["granted"] for one in consents if one["purpose"] == "PERSONALISE_CONTENT")


def test_a_home_page_whose_shelves_and_cards_say_why(opened: Opened, shop: Shop) -> None:
    page = opened("k30")
    expect(page.locator("#who")).to_have_text("Customer k30")
    shelves = page.locator("[data-shelf]")
    assert shelves.count() == 4
    for words in [*shelves.locator("> .reason").all(), *page.locator(".card .reason").all()]:
        assert words.inner_text()
    assert page.locator(".card .reason").count() == page.locator(".card").count()
    home = items(page, "#home")
    assert len(home) == len(set(home)) > 12
    assert page.url == f"{shop.origin}/", "the token is out of the address"


def test_one_shelf_goes_on_and_the_others_stay(opened: Opened) -> None:
    page = opened("k30")
    first, *others = (f"[data-shelf={one.get_attribute('data-shelf')}]" for one in page.locator("[data-shelf]").all())
    before, beside = items(page, first), [items(page, one) for one in others]
    page.locator(f"{first} button.more").click()
    becomes_other(page, first, before)
    after = items(page, first)
    assert after[:4] == before
    assert len(after) == len(set(after)) > 4
    assert [items(page, one) for one in others] == beside


def test_clicks_are_recorded_and_what_follows_them_live_changes(opened: Opened) -> None:
    page = opened("k33")
    before = items(page, "#live")
    for opener in page.locator("[data-shelf]").nth(1).locator(".open").all():
        opener.click()
        expect(page.locator("#status")).to_have_text(f"Noted: {opener.inner_text()}", timeout=PATIENCE_MS)
    becomes_other(page, "#live", before)


def test_the_switch_withdraws_and_grants_at_once(opened: Opened, shop: Shop) -> None:
    page = opened("k34")
    switch = page.get_by_role("switch")
    expect(switch).to_be_checked()
    own = items(page, "#live")
    switch.uncheck()
    expect(page.locator("#live > .reason")).to_have_text("The same for everybody.", timeout=PATIENCE_MS)
    assert items(page, "#live") != own
    assert granted(shop.server, "k34") is False
    page.reload()
    expect(page.locator("#live > .reason")).to_have_text("The same for everybody.", timeout=PATIENCE_MS)
    expect(switch).not_to_be_checked()
    switch.check()
    expect(page.locator("#live > .reason")).to_have_text("Follows what you do, as you do it.", timeout=PATIENCE_MS)
    assert granted(shop.server, "k34") is True


def test_a_visitor_sees_what_everybody_sees_until_they_agree(opened: Opened) -> None:
    page = opened(None)
    expect(page.locator("#who")).to_have_text("A visitor")
    expect(page.locator("#live > .reason")).to_have_text("The same for everybody.", timeout=PATIENCE_MS)
    switch = page.get_by_role("switch")
    expect(switch).not_to_be_checked()
    switch.check()
    expect(page.locator("#status")).to_have_text("From now on, chosen for you.", timeout=PATIENCE_MS)


@pytest.mark.parametrize("page", [{"locale": "ja-JP", "viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_phone_in_japanese(opened: Opened) -> None:
    page = opened("k35")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("h1")).to_have_text("あなたへのおすすめと、その理由")
    for where in ("#live", "[data-shelf]"):
        assert "番" in page.locator(f"{where} .card").first.inner_text(), "what the service says, by HTTP and by WebSocket"
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "shelves are swiped, the page is not"
    shelf = page.locator("[data-shelf]").first
    expect(shelf.locator(".card").nth(0)).to_be_in_viewport()
    shelf.locator(".more").click()
    expect(shelf.locator(".card").nth(4)).to_be_in_viewport(ratio=0.9)
    page.get_by_role("link", name="English").click()
    expect(page.locator("#who")).to_have_text("Customer k35")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_list_of_yesterday_is_asked_for_anew(opened: Opened, shop: Shop) -> None:
    page = opened("k36")
    asked: list[str] = []

    def once_expired(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}")["operationName"])
        if asked.count("ShelfPage") != 1 or asked[-1] != "ShelfPage":
            return route.fallback()
        told = {"data": {"node": None}, "errors": [{"message": "Gone.", "extensions": {"code": "SLATE_EXPIRED"}}]}
        return route.fulfill(json=told, headers={"Access-Control-Allow-Origin": shop.origin})

    page.route(f"{shop.server.url}/graphql", once_expired)
    of_yesterday = page.locator("#home [data-shelf]").first.element_handle()
    page.locator("button.more").first.click()
    expect(page.locator("#status")).to_contain_text("here is a new one")
    page.wait_for_function("shelf => !shelf.isConnected", arg=of_yesterday)
    longer = page.locator("[data-shelf]:has(button.more)").first
    shelf = f'[data-shelf="{longer.get_attribute("data-shelf")}"]'
    before = items(page, shelf)
    longer.locator("button.more").click()
    becomes_other(page, shelf, before)
    assert asked.count("Home") == 1


def test_a_service_out_of_reach_may_be_asked_again(page: Page, shop: Shop) -> None:
    page.route(f"{shop.server.url}/graphql", lambda route: route.abort())
    page.goto(address(shop, "k37"))
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#status")).to_have_text("The shop cannot be reached.")
    page.unroute_all()
    again.click()
    page.locator("[data-shelf]").first.wait_for()
    expect(again).to_have_count(0)


def test_a_token_that_does_not_hold_asks_for_a_login_and_is_not_tried_again(page: Page, shop: Shop) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda opened: sockets.append(opened.url))
    page.clock.install()
    with page.expect_websocket() as first:
        page.goto(f"{shop.origin}/#token=a.b.c")
    if not first.value.is_closed():
        first.value.wait_for_event("close")
    expect(page.locator("#status")).to_have_text("Please sign in again.", timeout=PATIENCE_MS)
    page.clock.run_for(60_000)
    expect(page.locator("#status")).to_be_empty()
    assert len(sockets) == 1
