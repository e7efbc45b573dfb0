"""Of many requests of one person at once, as many hold a campaign as its cap allows, on every database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.sql_showings import SqlShowings
from service.recommender.catalogue import ItemKind
from service.recommender.consent import Purpose
from service.recommender.errors import EventsUnavailable
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.pipeline import Recommender
from service.recommender.showings import MOST_OF_CAMPAIGN
from tests.fakes import FakeClock
from tests.small_recommender import SmallRecommender, small_recommender

WHO = Person.customer("3")
REQUESTS = 200


@pytest.fixture
def shop() -> SmallRecommender:
    return small_recommender(FakeClock())


def counting(shop: SmallRecommender, showings: object) -> Recommender:
    reception = replace(shop.recommender.reception, showings=showings)
    return Recommender(shop.snapshot, reception, shop.slates, shop.signer, shop.clock, shop.live, shop.zone)


def campaigns(shop: SmallRecommender, recommender: Recommender, first: int = 2, who: Person | None = WHO) -> list[str]:
    question = recommender.question(kind=ItemKind.AD)
    page = recommender.recommend(recommender.open(who), question, Window(first))
    of_row = shop.snapshot.catalogue.texts.campaign_id
    return [of_row[entry.row] for entry in page.entries]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_of_200_requests_at_once_exactly_three_hold_a_campaign(shop, kind, request):
    recommender = counting(shop, SqlShowings(request.getfixturevalue(f"{kind}_engine")))
    there = set(campaigns(shop, recommender, 100, Person.customer("4")))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: campaigns(shop, recommender), range(REQUESTS)))
    held = Counter(campaign for answer in answers for campaign in set(answer))
    assert held == dict.fromkeys(there, MOST_OF_CAMPAIGN)


def test_a_place_that_a_cap_leaves_is_taken_by_the_next(shop):
    usual = campaigns(shop, shop.recommender, 100, Person.customer("4"))
    answers = [campaigns(shop, shop.recommender, 1) for _ in range(MOST_OF_CAMPAIGN + 1)]
    assert len({one for (one,) in answers[:MOST_OF_CAMPAIGN]}) == 1
    assert answers[-1] != answers[0]
    assert len(usual) > 1


def test_another_page_of_the_same_list_counts_once_and_tomorrow_begins_anew(shop):
    recommender, question = shop.recommender, shop.recommender.question(kind=ItemKind.AD)
    page = recommender.recommend(recommender.open(WHO), question, Window(1))
    for _ in range(5):
        again = page.listing.page(Window(1).between(), page.listing.profile.restrictions, recommender.now())
        assert [one.item_id for one in again.entries] == [one.item_id for one in page.entries]
    first = campaigns(shop, recommender, 1)
    campaigns(shop, recommender, 1)
    assert campaigns(shop, recommender, 1) != first
    shop.clock.advance(timedelta(days=1))
    assert campaigns(shop, recommender, 1) == first


def test_nobody_is_counted_who_did_not_agree_to_personal_ads(shop):
    who = Person.customer("new")
    shop.grant(who, frozenset({Purpose.PERSONALISE_CONTENT}))
    answers = [campaigns(shop, shop.recommender, 2, who) for _ in range(MOST_OF_CAMPAIGN + 2)]
    assert all(answer == answers[0] for answer in answers)


def test_what_cannot_be_counted_is_not_shown_and_it_is_said(shop):
    class Away:
        def claim(self, *_):
            raise EventsUnavailable("away")

        spent = claim

    recommender = counting(shop, Away())
    page = recommender.recommend(recommender.open(WHO), recommender.question(kind=ItemKind.AD), Window(3))
    assert not page.entries
    assert "EVENTS" in page.listing.degraded
