"""Whatever list an ad stands in, it says first that somebody pays for the place."""

from __future__ import annotations

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.listing import Page
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.reasons import ReasonCode
from tests.fakes import FakeClock
from tests.small_recommender import small_recommender


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    shop = small_recommender(FakeClock())
    recommender = shop.recommender
    visit = recommender.open(Person.customer("3"))
    asked = recommender.question(kind=ItemKind.AD, placement="side")
    return {
        "for a person": recommender.recommend(visit, asked, Window(5)),
        "for everybody": recommender.recommend(recommender.open(None), asked, Window(5)),
        "trending": recommender.trending(asked, Window(5)),
        "search": recommender.search("try", asked, [ItemKind.AD], Window(5)),
    }


@pytest.mark.parametrize("name", ["for a person", "for everybody", "trending", "search"])
def test_an_ad_says_first_that_it_is_paid_for_and_by_whom(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert page.entries
    for reasons in page.listing.reasons([entry.row for entry in page.entries]):
        assert reasons[0].code is ReasonCode.SPONSORED
        assert reasons[0].message.values == {"advertiser": "Hearth Foods", "payer": "Hearth Group"}
        assert [reason.code for reason in reasons].count(ReasonCode.SPONSORED) == 1


def test_what_is_not_paid_for_does_not_say_so() -> None:
    shop = small_recommender(FakeClock())
    page = shop.recommender.recommend(shop.recommender.open(Person.customer("3")), shop.recommender.question(), Window(20))
    told = page.listing.reasons([entry.row for entry in page.entries])
    assert all(reason.code is not ReasonCode.SPONSORED for reasons in told for reason in reasons)
