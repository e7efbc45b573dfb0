"""The storefront in a real browser: what a person sees move when they choose, buy, hide, forget and switch."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def items(page: Page, shelf: str = "buy_again") -> list[str]:
    return page.locator(f'[data-shelf="{shelf}"] [data-item]').evaluate_all("all => all.map(one => one.dataset.item)")


def card(page: Page, item: str) -> Locator:
    return page.locator(f'[data-item="{item}"]')


def toast(page: Page) -> Locator:
    return page.get_by_role("status").filter(has=page.locator(".undo"))


def test_choosing_a_household_shows_its_home_and_its_segments(window):
    page = window.open()
    page.get_by_label("Household").fill("128")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For household 128")
    expect(page.locator(".segments")).to_contain_text("Bargain hunters")
    expect(page.locator(".segments")).to_contain_text("402 households")
    expect(page.locator(".segments")).to_contain_text("38 % of what you buy is reduced.")


def test_typing_offers_the_households_that_begin_so(window):
    page = window.open()
    with page.expect_response("**/households?prefix=12"):
        page.get_by_label("Household").press_sequentially("12")
    expect(page.locator("#households option")).to_have_count(3)


def test_why_tells_evidence_and_the_place_without_it_by_one_query_a_shelf(window):
    page = window.open("/?household=27")
    for item in ("p2", "p3"):
        card(page, item).get_by_text("Why?").click()
        why = card(page, item).locator(".why li").first
        expect(why).to_contain_text("You buy it about every 9 days")
        expect(why).to_contain_text("72 % of its score")
        expect(why).to_contain_text("Without this: place 14")
        expect(why.locator(".evidence")).to_contain_text("12 November 2026")
        expect(why.locator(".evidence")).to_contain_text("6 times")
    assert [sent[0] for sent in window.shop.sent].count("Shelf") == 1


def test_the_heros_why_needs_no_query(window):
    page = window.open("/?household=27")
    card(page, "p1").get_by_text("Why?").click()
    expect(card(page, "p1").locator(".evidence").first).to_contain_text("Whole Milk, 1 gal")
    assert "Shelf" not in [sent[0] for sent in window.shop.sent]


def test_hiding_takes_effect_at_once_and_is_undone_from_the_toast(window):
    page = window.open("/?household=27")
    before = items(page)
    card(page, "p3").get_by_label("More choices").click()
    card(page, "p3").get_by_role("button", name="Hide this").click()
    expect(toast(page)).to_contain_text("“Sourdough Loaf” is hidden. 6 items changed places, 1 left.")
    assert items(page) == [item for item in before if item != "p3"]
    expect(card(page, "p4").locator(".moved")).to_have_text("▲ 1")
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone. 6 items changed places, 1 is new.")
    expect(card(page, "p3").locator(".moved")).to_have_text("New here")
    assert items(page) == before
    kind, *_ = (sent[1]["input"] for sent in window.shop.sent if sent[0] == "Feedback")
    assert kind == {"kind": "HIDE_ITEM", "itemId": "p3", "token": "token-p3"}


def test_fewer_like_this_is_told_with_the_showing(window):
    page = window.open("/?household=27")
    card(page, "p9").get_by_label("More choices").click()
    card(page, "p9").get_by_role("button", name="Fewer like this").click()
    expect(toast(page)).to_contain_text("There will be fewer like “Dark Chocolate Bar”.")
    assert [sent[1]["input"]["kind"] for sent in window.shop.sent if sent[0] == "Feedback"] == ["LESS_LIKE_THIS"]


def test_an_action_that_is_not_to_be_used_moves_the_item_and_comes_back_by_undo(window):
    page = window.open("/?household=27")
    before = items(page)
    card(page, "p2").get_by_text("Why?").click()
    card(page, "p2").get_by_role("button", name="Don't use this").click()
    expect(toast(page)).to_contain_text("This action is no longer used.")
    assert items(page) == [*before[1:], "p2"]
    expect(card(page, "p2").locator(".moved")).to_have_text("▼ 7")
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone.")
    assert items(page) == before


def test_buying_sends_price_and_token_and_offers_no_undo_since_it_happened(window):
    page = window.open("/?household=27")
    card(page, "p6").get_by_role("button", name="Buy").click()
    expect(toast(page)).to_contain_text("You bought “Ground Beef, Lean”.")
    expect(toast(page)).to_contain_text("left")
    (event,) = next(sent[1]["input"]["events"] for sent in window.shop.sent if sent[0] == "Record")
    sent = {key: event[key] for key in ("type", "itemId", "token", "quantity", "amount", "channel")}
    assert sent == {"type": "PURCHASE", "itemId": "p6", "token": "token-p6", "quantity": "1", "amount": "6.49", "channel": "WEB"}
    expect(toast(page).locator(".undo")).to_be_hidden()


def test_looking_at_an_item_is_recorded_and_the_focus_stays_on_it(window):
    page = window.open("/?household=27")
    card(page, "p8").get_by_role("button", name="Sea Salt Potato Chips").focus()
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("You looked at “Sea Salt Potato Chips”. Nothing moved.")
    expect(card(page, "p8").get_by_role("button", name="Sea Salt Potato Chips")).to_be_focused()


def test_a_fault_is_told_in_words_with_the_next_step(window):
    page = window.open("/?household=27")
    window.shop.failing = {"Record": "THROTTLED", "Shelf": "SLATE_EXPIRED"}
    card(page, "p6").get_by_role("button", name="Buy").click()
    expect(toast(page)).to_contain_text("That was too fast. Wait a few seconds, then try once more.")
    expect(toast(page).locator(".undo")).to_be_hidden()
    card(page, "p2").get_by_text("Why?").click()
    expect(toast(page)).to_contain_text("Reload the page for a fresh one.")


def test_what_was_done_can_be_undone_even_where_the_page_cannot_be_read_again(window):
    page = window.open("/?household=27")
    page.route("**/?household=27", lambda route: route.abort())
    card(page, "p9").get_by_label("More choices").click()
    card(page, "p9").get_by_role("button", name="Fewer like this").click()
    expect(toast(page)).to_contain_text("Reload the page to see what moved.")
    expect(toast(page).locator(".undo")).to_be_visible()
    page.unroute_all()
    window.complaints.remove("Failed to load resource: net::ERR_FAILED")


def test_a_token_that_ran_out_is_renewed_without_a_word(window):
    page = window.open("/?household=27")
    page.evaluate("document.getElementById('page').dataset.token = 'token-that-ran-out'")
    card(page, "p2").get_by_text("Why?").click()
    expect(card(page, "p2").locator(".without").first).to_be_visible()
    assert [sent[2] for sent in window.shop.sent if sent[0] == "Shelf"] == ["token-that-ran-out", "token-of-27"]


def test_switching_the_language_keeps_the_household(window):
    page = window.open("/?household=27")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_have_text("ご家庭 27 さまへ")
    expect(page.get_by_role("heading", name="そろそろ買い足し")).to_be_visible()
    card(page, "p2").get_by_text("なぜ").click()
    expect(card(page, "p2").locator(".evidence").first).to_contain_text("2026年11月12日")


def test_switching_personalisation_off_shows_everybodys_page_and_says_so(window):
    page = window.open()
    everybody = [items(page, shelf) for shelf in ("buy_again", "discover", "sponsored")]
    window.open("/?household=27")
    page.get_by_role("link", name="Switch off").click()
    expect(page.get_by_text("this is the same page that everybody sees")).to_be_visible()
    assert [items(page, shelf) for shelf in ("buy_again", "discover", "sponsored")] == everybody
    expect(page.locator(".segments")).to_have_count(0)
    expect(page.get_by_role("button", name="Buy")).to_have_count(0)
    page.get_by_role("link", name="Switch on").click()
    expect(page.locator(".segments")).to_be_visible()


def test_the_query_behind_a_shelf_runs_where_it_stands(window):
    page = window.open("/?household=27")
    shelf = page.locator('[data-shelf="because"]')
    shelf.locator(".query summary").click()
    shelf.get_by_role("button", name="Run").click()
    expect(shelf.locator(".answer")).to_contain_text('"recommendation-p29"')


@pytest.mark.parametrize("window", [{"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}], indirect=True)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_on_a_phone_the_page_never_scrolls_sideways(window, language):
    page = window.open(f"/?household=27&lang={language}")
    widths = "() => [document.documentElement.scrollWidth, innerWidth]"
    assert page.evaluate(widths) == [390, 390]
    page.locator(".card .why summary").first.tap()
    expect(page.locator(".without").first).to_be_visible()
    page.locator(".shelf .query summary").first.tap()
    assert page.evaluate(widths) == [390, 390]


@pytest.mark.parametrize("window", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_there_is_everything_to_look_at_and_nothing_that_does_not_work(window):
    page = window.open("/?household=27")
    expect(page.get_by_role("heading", name="Sourdough Loaf")).to_be_visible()
    card(page, "p3").get_by_text("Why?").click()
    expect(card(page, "p3").locator(".why")).to_contain_text("212 customers bought it")
    expect(page.get_by_role("button", name="Buy")).to_have_count(0)


def test_the_page_can_be_read_by_its_structure(window):
    page = window.open("/?household=27")
    for landmark in ("banner", "main", "contentinfo", "navigation"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, summary')].filter(one => one.checkVisibility()
             && !one.innerText.trim() && !one.ariaLabel && !one.labels?.length && !one.querySelector('img[alt]:not([alt=""])'))
             .map(one => one.outerHTML)"""
    )
    assert nameless == []
    levels = page.evaluate("() => [...document.querySelectorAll('h1, h2, h3')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the shelves")).to_be_focused()


def test_escape_closes_a_menu_and_gives_the_focus_back(window):
    page = window.open("/?household=27")
    menu = card(page, "p3").locator(".menu")
    menu.locator("summary").click()
    expect(menu.get_by_role("button", name="Hide this")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Hide this")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
