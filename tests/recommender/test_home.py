"""Home: no item twice, no thin shelf, nothing said of a shelf that is not so."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import timedelta

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.consent import Decision, Purpose
from service.recommender.decision import arrange, assess
from service.recommender.errors import InvalidCursor, SlateExpired
from service.recommender.freezing import REMEMBERED
from service.recommender.home import FEWEST, FEWEST_ADS, FRONT, MOST_ADS, SHELF_SIZE, compose
from service.recommender.listing import Listing
from service.recommender.paging import Places, Window
from service.recommender.person import Person
from service.recommender.profile import NOBODY
from service.recommender.wording import LANGUAGES, say
from tests.recommender.odd_shops import asked, live, of_kinds, only, somebody, the_shop
from tests.small_recommender import small_recommender

SHOP = the_shop()
WHO = Person.customer("3")
BUYER = somebody(*(("PURCHASE", row, 5 + row % 40, 1 + row % 4) for row in (3, 23, 43, 63, 4, 24, 44, 83, 103)))
LOOKER = somebody(("VIEW", 3, 1), ("LIKE", 23, 2))
SHOPS = {
    "whole": SHOP, "without ads": of_kinds(SHOP, ItemKind.PRODUCT, ItemKind.CONTENT),
    "without products": of_kinds(SHOP, ItemKind.CONTENT, ItemKind.AD), "of one": only(SHOP, [3]), "of none": only(SHOP, []),
    "of ten": only(SHOP, list(range(10))),
}
PEOPLE = {"nobody": NOBODY, "buyer": BUYER, "looker": LOOKER, "new": somebody()}


def plan(shop, profile):
    fits = profile.actions.item < len(shop.catalogue)
    here = replace(profile, actions=profile.actions.keep(fits))
    return compose(asked(placement="home"), here, here, shop, live())


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_item_stands_twice_and_no_shelf_is_thin(shop, who):
    page = plan(SHOPS[shop], PEOPLE[who])
    rows = [row for shelf in page.shelves for row in shelf.ranking.rows.tolist()]
    rows += page.hero.rows.tolist() if page.hero else []
    assert len(set(rows)) == len(rows)
    for shelf in page.shelves:
        assert (FEWEST_ADS if shelf.key == "sponsored" else FEWEST) <= shelf.ranking.rows.size <= SHELF_SIZE
        for language in LANGUAGES:
            assert say(shelf.title, language, SHOPS[shop].catalogue)
            assert say(shelf.reason.message, language, SHOPS[shop].catalogue)


@pytest.mark.parametrize("who", PEOPLE)
def test_ads_stand_on_their_own_shelf(who):
    for shelf in plan(SHOP, PEOPLE[who]).shelves:
        kinds = {SHOP.catalogue.kind_of(row) for row in shelf.ranking.rows.tolist()}
        assert kinds == ({ItemKind.AD} if shelf.key == "sponsored" else {ItemKind.CONTENT} if shelf.key == "reading" else {ItemKind.PRODUCT})
        if shelf.key == "sponsored":
            assert shelf.ranking.rows.size <= MOST_ADS


def test_who_bought_nothing_is_not_told_to_buy_again():
    assert not {"buy_again", "because"} & {shelf.key for shelf in plan(SHOP, LOOKER).shelves}


def test_what_trends_on_a_shelf_truly_does():
    for profile in PEOPLE.values():
        for shelf in plan(SHOP, profile).shelves:
            if shelf.key == "trending":
                assert (SHOP.items.trend[shelf.ranking.rows] > 0).all()


def test_what_was_chosen_to_learn_is_still_said_so_on_its_shelf():
    question = asked(placement="home")
    ranking = arrange(assess(question, BUYER, SHOP, live()), question, 2 * FRONT)
    tried = {int(ranking.rows[place - 1]) for place in ranking.explored}
    assert tried
    shelf = next(one for one in plan(SHOP, BUYER).shelves if one.key == "for_you")
    assert {int(shelf.ranking.rows[place - 1]) for place in shelf.ranking.explored} <= tried
    everywhere = {row: one.key for one in plan(SHOP, BUYER).shelves for row in one.ranking.rows.tolist()}
    assert all(everywhere.get(row) != "for_you" or row in {int(shelf.ranking.rows[p - 1]) for p in shelf.ranking.explored} for row in tried)


@pytest.fixture
def served(clock):
    return small_recommender(clock, snapshot=SHOP)


def home(served, first=6, after=None, who=WHO):
    recommender = served.recommender
    return recommender.home(recommender.open(who), recommender.question(placement="home"), Window(first, after))


def withdraw(served, purpose):
    served.consents.record(WHO, [Decision(purpose, False, served.clock.now(), "test", "No more.")])


@pytest.mark.parametrize(("purpose", "key"), [
    (Purpose.PERSONALISE_ADS, "sponsored"), (Purpose.PERSONALISE_CONTENT, "buy_again"),
])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_shelf_ends_with_the_purpose_that_it_rests_on(served, purpose, key, elsewhere):
    page = home(served)
    shelf = next(one for one in page.shelves if one.key == key)
    withdraw(served, purpose)
    if elsewhere:
        served.recommender.replace(replace(SHOP))
    assert served.recommender.shelf(served.recommender.open(WHO), shelf.id) is None
    with pytest.raises(SlateExpired):
        home(served, 6, page.cursors[1])


def told(served, page):
    return {one.key: (say(one.title, "en", SHOP.catalogue), one.reason.code) for one in page.shelves}


@pytest.mark.parametrize("number", ["3", "fresh"])
def test_a_shelf_is_called_the_same_on_every_replica(served, number):
    who = Person.customer(number)
    served.grant(who)
    first = home(served, 2, who=who)
    here = home(served, 6, first.cursors[-1], who)
    served.recommender.replace(replace(SHOP))
    assert told(served, home(served, 6, first.cursors[-1], who)) == told(served, here)


def test_a_shelf_whose_purchase_left_the_shop_is_still_told(served):
    first = home(served, 1)
    second = home(served, 6, first.cursors[0])
    anchor = next(one for one in second.shelves if one.key == "because").title.values["items"].rows[0]
    left = [row for row in range(len(SHOP.catalogue)) if row != anchor]
    served.recommender.replace(only(SHOP, left))
    for shelf in home(served, 6, first.cursors[0]).shelves:
        for language in LANGUAGES:
            assert "{" not in say(shelf.title, language, served.recommender.snapshot.catalogue)


def test_however_many_pages_are_put_up_few_lists_stay_in_memory_and_old_pages_are_found(served):
    first = home(served, 2)
    for _ in range(REMEMBERED // len(home(served).shelves)):
        served.clock.advance(timedelta(seconds=1))
        home(served)
    assert sum(isinstance(one, Listing) for one in gc.get_objects()) < 1.25 * REMEMBERED
    assert told(served, home(served, 6, first.cursors[-1]))


def test_another_persons_shelf_is_not_found(served):
    shelf = home(served).shelves[0]
    for elsewhere in (False, True):
        if elsewhere:
            served.recommender.replace(replace(SHOP))
        for other in (Person.customer("4"), Person.customer("nobody"), None):
            assert served.recommender.shelf(served.recommender.open(other), shelf.id) is None
        assert served.recommender.shelf(served.recommender.open(WHO), shelf.id) is not None
    for wrong in ("", ".", "home-", "home-x.y", shelf.id + ".x", shelf.listing.slate.id[:-1]):
        assert served.recommender.shelf(served.recommender.open(WHO), wrong) is None


def test_a_cursor_of_a_list_is_none_of_a_home_and_the_other_way_round(served):
    recommender, visit = served.recommender, served.recommender.open(WHO)
    of_list = recommender.recommend(visit, recommender.question(), Window(3)).entries[0].cursor
    with pytest.raises(InvalidCursor):
        home(served, 3, of_list)
    with pytest.raises(InvalidCursor):
        recommender.recommend(visit, recommender.question(), Window(3, home(served).cursors[0]))


def test_home_pages_on_to_its_end(served):
    first = home(served, 2)
    keys, cursor, more = [one.key for one in first.shelves], first.cursors[-1], first.has_next
    assert not first.has_previous
    while more:
        following = home(served, 2, cursor)
        assert following.has_previous
        keys += [one.key for one in following.shelves]
        cursor, more = following.cursors[-1], following.has_next
    assert len(set(keys)) == len(keys) >= 6
    assert home(served, 0).shelves == ()


def test_where_an_item_would_stand_is_where_it_then_stands(served):
    page = home(served)
    for shelf in page.shelves[:4]:
        entries = shelf.listing.page(Places(2), served.recommender.open(WHO).profile.restrictions, served.recommender.now()).entries
        for reasons, entry in zip(shelf.listing.reasons([one.row for one in entries]), entries, strict=True):
            gone = reasons[0].actions
            if gone:
                visit = served.recommender.open(WHO)
                less = visit.profile.without(gone)
                plan = compose(served.recommender.question(placement="home"), less, less, SHOP, served.live)
                rows = next((one.ranking.rows.tolist() for one in plan.shelves if one.key == shelf.key), [])
                place = rows.index(entry.row) + 1 if entry.row in rows else None
                assert shelf.listing.positions_without([(entry.row, gone)]) == [place]


def test_a_page_is_profiled_where_anything_about_the_person_was_read_for_it(served):
    page = home(served)
    assert page.profiled
    withdraw(served, Purpose.PERSONALISE_CONTENT)
    page = home(served)
    assert page.profiled, "their features were read, for the advertisements alone"
    profiled = {shelf.key: shelf.listing.profiled for shelf in page.shelves}
    assert profiled == {key: key == "sponsored" for key in profiled}
    assert profiled["sponsored"]
    withdraw(served, Purpose.PERSONALISE_ADS)
    assert not home(served).profiled


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_page_for_everybody_stays_one_when_the_person_consents_meanwhile(served, elsewhere):
    who = Person.customer("fresh")
    first = home(served, 2, who=who)
    assert not first.profiled
    served.grant(who)
    if elsewhere:
        served.recommender.replace(replace(SHOP))
    assert not home(served, 6, first.cursors[-1], who).profiled
    assert home(served, who=who).profiled


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_persons_page_stays_one_to_its_end(served, elsewhere):
    first = home(served, 2)
    if elsewhere:
        served.recommender.replace(replace(SHOP))
    assert home(served, 6, first.cursors[-1]).profiled
