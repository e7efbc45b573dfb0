"""From the event of a showing to the next answer: it counts at once, as far as the person agreed, and fades with time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.consent import Purpose
from service.recommender.errors import EventsUnavailable
from service.recommender.events import Event, EventType
from service.recommender.identity import Identity
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.showings import MOST_OF_CAMPAIGN
from service.recommender.stored import StoredImpressions, StoredProfile
from tests.fakes import FakeClock
from tests.small_recommender import SmallRecommender, small_recommender

WHO = Person.customer("3")
KINDS = list(ItemKind)


@pytest.fixture
def shop() -> SmallRecommender:
    return small_recommender(FakeClock())


APART = timedelta(seconds=31)


def page(shop, kind=ItemKind.PRODUCT, who=WHO, first=100):
    recommender = shop.recommender
    question = recommender.question(kind=kind, diversity=0.0)
    return recommender.recommend(recommender.open(who), question, Window(first))


def ids_of(shop, kind=ItemKind.PRODUCT, who=WHO, first=100):
    return [entry.item_id for entry in page(shop, kind, who, first).entries]


def happens(shop, kind, item_id, times=1, who=WHO, token=None):
    """Each time half a minute after the one before, since what follows sooner is a repetition."""
    events = [
        Event(f"{kind}-{item_id}-{shop.log.last_sequence()}-{number}", who, kind, shop.clock.now() + number * APART, item_id, token=token)
        for number in range(times)
    ]
    recorded = shop.recorder.record(Identity(who), events)
    assert recorded.accepted == times, recorded
    shop.clock.advance(times * APART)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_in_vain_gives_way_in_the_next_answer_and_comes_back(shop, kind):
    usual = ids_of(shop, kind)
    entry = page(shop, kind).entries[0]
    for day in range(3):
        happens(shop, EventType.IMPRESSION, entry.item_id, token=entry.token)
        if day < 2:
            assert ids_of(shop, kind)[0] == entry.item_id
            shop.clock.advance(timedelta(days=1))
    now = ids_of(shop, kind)
    assert entry.item_id not in now[: len(usual) // 3]
    assert now == ids_of(shop, kind)
    shop.clock.advance(timedelta(days=17))
    later = ids_of(shop, kind)
    assert later.index(entry.item_id) < (now.index(entry.item_id) if entry.item_id in now else len(now))


def test_a_click_in_the_same_minute_makes_up_for_it(shop):
    best = ids_of(shop)[0]
    happens(shop, EventType.IMPRESSION, best, 4)
    assert best not in ids_of(shop)[:30]
    happens(shop, EventType.CLICK, best)
    assert best in ids_of(shop)[:3]


def test_a_position_without_is_exact_while_something_tires(shop):
    worn = ids_of(shop)[:3]
    for item_id in worn:
        happens(shop, EventType.IMPRESSION, item_id, 4)
    found = page(shop)
    told = found.listing.reasons([entry.row for entry in found.entries[:20]])
    wanted = [(entry.row, one.actions) for entry, reasons in zip(found.entries[:20], told, strict=True)
              for one in reasons if one.actions][:8]
    assert wanted
    visit = shop.recommender.open(WHO)
    for (row, gone), place in zip(wanted, found.listing.positions_without(wanted), strict=True):
        again = found.listing.replay(visit.profile.without(gone))[:200]
        assert place == (list(again).index(row) + 1 if row in again else None)


def campaign_of(shop, item_id):
    return shop.snapshot.catalogue.texts.campaign_id[shop.snapshot.catalogue.row_of[item_id]]


@pytest.mark.parametrize("purposes", [
    frozenset({Purpose.PERSONALISE_ADS}), frozenset({Purpose.PERSONALISE_ADS, Purpose.PERSONALISE_CONTENT}),
])
def test_a_campaign_has_its_cap_a_day_with_consent_to_personal_ads(shop, purposes):
    who = Person.customer("new")
    shop.grant(who, purposes)
    best = ids_of(shop, ItemKind.AD, who)[0]
    happens(shop, EventType.IMPRESSION, best, MOST_OF_CAMPAIGN - 1, who)
    assert best in ids_of(shop, ItemKind.AD, who)
    happens(shop, EventType.IMPRESSION, best, 1, who)
    assert campaign_of(shop, best) not in {campaign_of(shop, one) for one in ids_of(shop, ItemKind.AD, who)}
    shop.clock.advance(timedelta(days=1))
    assert best in ids_of(shop, ItemKind.AD, who)


def test_who_did_not_agree_is_not_counted(shop):
    who = Person.customer("new")
    shop.grant(who, frozenset({Purpose.PERSONALISE_CONTENT}))
    ads = ids_of(shop, ItemKind.AD, who)
    happens(shop, EventType.IMPRESSION, ads[0], 9, who)
    assert ids_of(shop, ItemKind.AD, who) == ads
    nobody = Person.customer("nobody")
    happens(shop, EventType.IMPRESSION, ads[0], 9, nobody)
    assert ids_of(shop, ItemKind.AD, nobody) == ids_of(shop, ItemKind.AD, None)


def test_what_the_features_count_is_not_counted_again(shop):
    best = ids_of(shop)[0]
    happens(shop, EventType.IMPRESSION, best, 2)
    shop.clock.advance(timedelta(minutes=1))
    kept, now = shop.features.stored[WHO], shop.clock.now()
    counted = StoredImpressions([best], [2], [1], [int(now.timestamp()) - 60], now)
    shop.features.stored[WHO] = StoredProfile(kept.actions, (), kept.through_sequence, kept.traits, counted)
    assert ids_of(shop)[0] == best
    happens(shop, EventType.IMPRESSION, best, 2)
    assert best not in ids_of(shop)[:30]


def test_without_the_log_the_rest_is_answered_and_it_is_said(shop):
    def broken(*_):
        raise EventsUnavailable("broken")

    shop.log.impressions = broken
    found = page(shop)
    assert found.entries
    assert "EVENTS" in found.listing.degraded
