"""A withdrawn consent holds from the next answer: neither a page nor a shelf goes on with what was made before."""

from __future__ import annotations

import pytest

from service.recommender.consent import Decision, Purpose
from service.recommender.errors import SlateExpired
from service.recommender.paging import Window
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.small_recommender import SmallRecommender, small_recommender

WHO = Person.customer("3")


@pytest.fixture
def shop(clock: FakeClock) -> SmallRecommender:
    return small_recommender(clock)


def _withdraw(shop: SmallRecommender) -> None:
    shop.consents.record(WHO, [
        Decision(purpose, False, shop.clock.now(), "test", "No more.")
        for purpose in (Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS)
    ])


def test_a_list_ends_with_the_consent_that_it_rests_on(shop: SmallRecommender) -> None:
    recommender = shop.recommender
    question = recommender.question()
    after = recommender.recommend(recommender.open(WHO), question, Window(5)).entries[-1].cursor
    assert recommender.recommend(recommender.open(WHO), question, Window(5, after)).entries
    _withdraw(shop)
    with pytest.raises(SlateExpired, match="consent"):
        recommender.recommend(recommender.open(WHO), question, Window(5, after))


def test_a_home_ends_with_it_too(shop: SmallRecommender) -> None:
    recommender = shop.recommender
    question = recommender.question(placement="home")
    home = recommender.home(recommender.open(WHO), question, Window(2))
    assert recommender.shelf(recommender.open(WHO), home.shelves[0].id) is not None
    _withdraw(shop)
    visit = recommender.open(WHO)
    assert recommender.shelf(visit, home.shelves[0].id) is None
    with pytest.raises(SlateExpired):
        recommender.home(visit, question, Window(2, home.cursors[-1]))


def test_lists_of_everybody_go_on(shop: SmallRecommender) -> None:
    recommender = shop.recommender
    question = recommender.question()
    after = recommender.recommend(recommender.open(None), question, Window(5)).entries[-1].cursor
    _withdraw(shop)
    assert recommender.recommend(recommender.open(WHO), question, Window(5, after)).entries
