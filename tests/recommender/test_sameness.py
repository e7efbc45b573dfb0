"""Sameness: no list is one category in a row, and a shelf that was shown in vain leaves its place to others."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.events import Event, EventType
from service.recommender.home import compose
from service.recommender.identity import Identity
from service.recommender.paging import Places, Window
from service.recommender.person import Person
from service.recommender.question import Intent, ItemFilter
from service.recommender.reranking import FIRST, LONGEST_RUN
from service.recommender.restraint import page_order
from service.recommender.shelf_reasons import FRONT
from tests.fakes import FakeClock
from tests.recommender.odd_shops import asked, live, somebody, the_shop
from tests.small_recommender import small_recommender

SHOP = the_shop()
CATEGORY, PATHS = SHOP.catalogue.department, SHOP.catalogue.paths
OF_ONE = somebody(*(("PURCHASE", 20 * n + kind, 5, 3) for n in range(5) for kind in (0, 1, 2, 3)))
WHO = Person.customer("3")


def longest_run(rows):
    return max((len(list(run)) for code, run in groupby(CATEGORY[row] for row in rows) if code), default=0)


def list_for(profile, **question):
    found = decide(asked(**question), profile, SHOP, live())
    return [row for place, row in enumerate(found.rows.tolist(), start=1) if place not in found.explored]


@pytest.mark.parametrize("intent", [Intent.FOR_YOU, Intent.ON_SALE, Intent.NEW_FOR_YOU, Intent.DISCOVER])
def test_whoever_buys_of_one_category_is_shown_others_in_between(intent):
    rows = list_for(OF_ONE, intent=intent)
    others = {CATEGORY[row] for row in rows}
    assert longest_run(rows[:FIRST]) <= LONGEST_RUN or len(others) == 1


def test_it_is_the_rule_that_breaks_the_run():
    relevance_alone = list_for(OF_ONE, diversity=0.0)
    assert longest_run(relevance_alone[:FIRST]) > LONGEST_RUN
    assert longest_run(list_for(OF_ONE, diversity=0.01)[:FIRST]) <= LONGEST_RUN


def test_whoever_asks_for_a_category_gets_it():
    for question in ({"filter": ItemFilter(category="Drinks")}, {"intent": Intent.BECAUSE_YOU_BOUGHT, "anchor_item_id": "p0"}):
        rows = list_for(OF_ONE, **question)
        assert longest_run(rows[:FIRST]) > LONGEST_RUN


def test_no_shelf_is_a_run_of_one_category_either():
    for shelf in compose(asked(placement="home"), OF_ONE, OF_ONE, SHOP, live()).shelves:
        rows = shelf.ranking.rows.tolist()
        if shelf.key not in {"because", "sponsored"} and len({CATEGORY[row] for row in rows}) > 1:
            assert longest_run(rows[:FIRST]) <= LONGEST_RUN, shelf.key


@pytest.mark.parametrize(("worn", "order"), [
    ([0, 0, 0], [0, 1, 2]), ([1, 0, 0], [1, 2, 0]), ([1, 1, 1], [0, 1, 2]), ([0.5, 0, 0], [0, 1, 2]),
    ([1, 0, 0, 0], [1, 2, 3, 0]), ([0.75, 0, 0, 0], [1, 2, 0, 3]), ([0.65, 0, 0, 0], [1, 0, 2, 3]), ([], []),
])
def test_a_worn_shelf_goes_down_and_comes_back_step_by_step(worn, order):
    assert page_order(worn) == order


@pytest.fixture
def served():
    return small_recommender(FakeClock(), snapshot=SHOP)


def home(served, first=6):
    recommender = served.recommender
    shelves, after, more = [], None, True
    while more:
        page = recommender.home(recommender.open(WHO), recommender.question(placement="home"), Window(first, after))
        shelves += page.shelves
        after, more = (page.cursors or (None,))[-1], page.has_next
    keys = [one.key for one in shelves]
    return keys, {one.key: one for one in shelves}


def happens(served, kind, rows):
    made = served.log.last_sequence()
    events = [Event(f"{kind}-{made}-{row}", WHO, kind, served.clock.now(), SHOP.catalogue.item_ids[row]) for row in rows]
    assert served.recorder.record(Identity(WHO), events).accepted == len(rows)


def seen(served, key, days=4):
    """Let a shelf's front be looked at day by day, as it is on each of them."""
    for _ in range(days):
        keys, shelves = home(served)
        if key in keys:
            visit = served.recommender.open(WHO)
            page = shelves[key].listing.page(Places(FRONT), visit.profile.restrictions, served.recommender.now())
            happens(served, EventType.IMPRESSION, [entry.row for entry in page.entries])
        served.clock.advance(timedelta(days=1))


def test_a_shelf_that_is_looked_at_in_vain_day_by_day_sinks_and_comes_back(served):
    usual, _ = home(served)
    key = usual[0]
    seen(served, key)
    places = [home(served)[0].index(key)]
    assert places[0] >= 3
    for _ in range(6):
        served.clock.advance(timedelta(days=2))
        places.append(home(served)[0].index(key))
    assert places == sorted(places, reverse=True)
    assert places[-1] == 0
    assert len(set(places)) > 2  # step by step


def test_a_shelf_that_is_taken_up_stays(served):
    usual, shelves = home(served)
    key = usual[0]
    visit = served.recommender.open(WHO)
    page = shelves[key].listing.page(Places(FRONT), visit.profile.restrictions, served.recommender.now())
    rows = [entry.row for entry in page.entries]
    for _ in range(4):
        happens(served, EventType.IMPRESSION, rows)
        served.clock.advance(timedelta(hours=1))
    assert home(served)[0].index(key) >= 3
    happens(served, EventType.CLICK, rows)
    assert home(served)[0].index(key) == 0


def test_who_has_seen_every_shelf_in_vain_finds_the_page_in_its_usual_order():
    assert page_order([0.9] * 7) == list(range(7))


def test_ads_are_left_in_the_order_of_the_auction():
    ads = list_for(OF_ONE, kind=ItemKind.AD)
    shelf = next(one for one in compose(asked(placement="home"), OF_ONE, OF_ONE, SHOP, live()).shelves if one.key == "sponsored")
    assert shelf.ranking.rows.tolist() == ads[: shelf.ranking.rows.size]
