"""What a card shows of an item, and what it leaves out."""

from __future__ import annotations

import pytest

from service.console.cards import Card, Shelf


def card(**item: object) -> Card:
    given = {"__typename": "Product", "itemId": "1", "title": "Whole Milk", "category": ["Grocery", "Milk", "Whole"], "tags": []}
    return Card({"item": given | item})


@pytest.mark.parametrize(("path", "aisle"), [(["Grocery", "Milk", "Whole"], "Milk"), (["Grocery"], "Grocery"), ([], "")])
def test_the_aisle_is_the_second_level_of_the_path(path, aisle):
    assert card(category=path).aisle == aisle


@pytest.mark.parametrize(("title", "brand", "shown"), [("Maple Row Milk", "Maple Row", ""), ("Milk", "Maple Row", "Maple Row"), ("Milk", None, "")])
def test_a_brand_is_not_said_twice(title, brand, shown):
    assert card(title=title, brand=brand).brand == shown


@pytest.mark.parametrize(("rate", "discount", "bargain", "struck"), [(None, None, False, None), (0.004, None, False, None), (0.04, 4, False, "$5.00"), (0.05, 5, True, "$5.00")])
def test_a_small_discount_is_struck_out_but_gets_no_badge(rate, discount, bargain, struck):
    money = {"amount": "5.0000", "currency": "USD"}
    found = card(discountRate=rate, listPrice=money, price=money)
    assert (found.discount, found.bargain, found.list_price) == (discount, bargain, struck)


@pytest.mark.parametrize(("tags", "form"), [(["recipe", "Grocery > Milk"], "recipe"), (["Grocery > Milk"], "article")])
def test_a_content_says_what_it_is(tags, form):
    assert card(tags=tags).form == form


def test_a_shelf_whose_items_failed_has_no_cards():
    assert Shelf.of({"id": "1", "key": "k", "title": "t", "reason": None, "items": None}).cards == ()
