"""Visits: each purpose opens what it is for, and what fails takes only itself away."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from service.recommender.candidates import Source
from service.recommender.catalogue import ItemKind
from service.recommender.consent import Decision, Purpose
from service.recommender.decision import assess
from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
from service.recommender.events import Event, EventType
from service.recommender.identity import Identity
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.profile import NOBODY
from service.recommender.visit import EVERYBODY
from tests.fakes import START
from tests.recommender.odd_shops import the_shop
from tests.small_recommender import small_recommender

WHO = Person.customer("3")
HERE = (Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS)
SUBSETS = [frozenset(one) for one in chain.from_iterable(combinations((*HERE, Purpose.EMAIL), n) for n in range(4))]


@pytest.fixture
def shop(clock):
    return small_recommender(clock, snapshot=the_shop())


def only(shop, purposes):
    shop.consents.record(WHO, [Decision(one, one in purposes, START, "test", "So.") for one in Purpose])


@pytest.mark.parametrize("purposes", SUBSETS, ids=lambda one: "+".join(sorted(one)) or "none")
def test_only_what_is_granted_is_read_and_used(shop, purposes):
    only(shop, purposes)
    asked = []
    read = shop.features.read

    def watched(person, wanted):
        asked.append(wanted)
        return read(person, wanted)

    shop.features.read = watched
    visit = shop.recommender.open(WHO)
    used = purposes & set(HERE)
    assert asked == ([used] if used else [])
    assert (visit.profile is NOBODY) == (Purpose.PERSONALISE_CONTENT not in purposes)
    assert (visit.ads_profile is NOBODY) == (Purpose.PERSONALISE_ADS not in purposes)
    assert visit.owner == (WHO.key if used else "")
    assert visit.of_kind(ItemKind.AD) is visit.ads_profile
    assert visit.of_kind(ItemKind.CONTENT) is visit.profile


def test_without_profiling_nothing_is_read(shop):
    assert shop.recommender.open(WHO, profiling=False) is EVERYBODY
    assert shop.recommender.open(None) is EVERYBODY
    assert not shop.features.reads


def broken(fault):
    def away(*_):
        raise fault("away")

    return away


def test_without_consents_nobody_is_profiled(shop):
    shop.consents.decisions = broken(ConsentsUnavailable)
    visit = shop.recommender.open(WHO)
    assert visit.degraded == ("CONSENTS",)
    assert visit.owner == ""
    assert not shop.features.reads


def test_without_features_the_last_actions_are_left(shop):
    shop.features.read = broken(FeaturesUnavailable)
    visit = shop.recommender.open(WHO)
    assert visit.degraded == ("FEATURES",)
    assert len(visit.profile.actions)


def test_without_features_and_log_the_rest_answers(shop):
    shop.features.read, shop.log.recent = broken(FeaturesUnavailable), broken(EventsUnavailable)
    visit = shop.recommender.open(WHO)
    assert visit.degraded[:2] == ("FEATURES", "EVENTS")
    assert visit.profile.is_cold
    assert shop.recommender.recommend(visit, shop.recommender.question(), Window(5)).entries


def test_nobody_is_profiled_while_what_they_forbade_cannot_be_read(shop):
    shop.feedback.restrictions = broken(EventsUnavailable)
    visit = shop.recommender.open(WHO)
    assert visit.degraded == ("EVENTS",)
    assert visit.owner == ""
    assert not shop.features.reads


def test_what_was_searched_for_or_looked_at_elsewhere_makes_candidates(shop):
    said = [("s", EventType.SEARCH, {"text": "Detergent"}), ("t", EventType.VIEW, {"topic": "Home > Cleaning > Paper"})]
    events = [Event(name, WHO, kind, START, **more) for name, kind, more in said]
    shop.recorder.record(Identity(WHO), events)
    visit = shop.recommender.open(WHO)
    assert visit.profile.topics == ("Home > Cleaning > Paper", "Detergent")
    snapshot = shop.recommender.snapshot
    found = assess(shop.recommender.question(), visit.profile, snapshot, shop.recommender.live).candidates
    titles = [snapshot.catalogue.texts.title[row] for row in found.rows[found.of(Source.TOPIC)]]
    assert {title.split()[0] for title in titles} == {"Detergent", "Paper"}


def test_the_log_is_not_read_for_ads_alone(shop):
    only(shop, {Purpose.PERSONALISE_ADS})
    shop.features.read, shop.log.recent = broken(FeaturesUnavailable), broken(AssertionError)
    assert shop.recommender.open(WHO).degraded == ("FEATURES",)
