"""Purpose limitation, seen from the stores: without a purpose, its features and events are not even asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.consent import DECLINED_BY_GPC, Decision, Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.identity import Identity
from service.recommender.paging import Window
from service.recommender.person import Person
from service.recommender.visit import EVERYBODY, Visit
from tests.fakes import FakeClock
from tests.small_recommender import SmallRecommender, small_recommender

WHO = Person.customer("3")
USED = frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS})
SUBSETS = [
    frozenset(some) | others
    for some in chain.from_iterable(combinations(sorted(USED), size) for size in range(3))
    for others in (frozenset(), frozenset(Purpose) - USED)
]


class Spy:
    """A store that notes each question before it answers."""

    def __init__(self, store: object) -> None:
        self._store, self.asked = store, []

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self._store, name)

        def ask(*given: object, **named: object) -> object:
            self.asked.append((name, given))
            return answer(*given, **named)

        return ask


@pytest.fixture
def shop(clock: FakeClock) -> SmallRecommender:
    return small_recommender(clock)


@pytest.fixture
def features(shop: SmallRecommender) -> Spy:
    reception = shop.recommender.reception
    shop.recommender.reception = replace(reception, features=Spy(reception.features), events=Spy(reception.events))
    return shop.recommender.reception.features


def decide(shop: SmallRecommender, purposes: frozenset[Purpose]) -> None:
    now = shop.clock.now()
    shop.consents.record(WHO, [Decision(one, one in purposes, now, "test", "May we?") for one in Purpose])


def look_at_everything(shop: SmallRecommender, visit: Visit) -> dict[ItemKind, bool]:
    """Ask for lists of all kinds and a home page; which of them were profiled."""
    recommender = shop.recommender
    recommender.home(visit, recommender.question(placement="home"), Window(3))
    pages = {kind: recommender.recommend(visit, recommender.question(kind=kind), Window(3)) for kind in ItemKind}
    return {kind: page.listing.profiled for kind, page in pages.items()}


@pytest.mark.parametrize("granted", SUBSETS, ids=lambda some: "+".join(sorted(some)) or "nothing")
def test_only_what_was_granted_is_asked_for(shop: SmallRecommender, features: Spy, granted: frozenset[Purpose]):
    decide(shop, granted)
    profiled = look_at_everything(shop, shop.recommender.open(WHO))
    asked = [purposes for name, (_, purposes) in features.asked if name == "read"]
    assert asked == ([granted & USED] if granted & USED else [])
    assert profiled[ItemKind.PRODUCT] is (Purpose.PERSONALISE_CONTENT in granted)
    assert profiled[ItemKind.AD] is (Purpose.PERSONALISE_ADS in granted)
    events = shop.recommender.reception.events
    if not granted & USED:
        assert events.asked == []
    if Purpose.PERSONALISE_CONTENT not in granted:
        assert not [name for name, _ in events.asked if name in {"recent", "latest", "find"}]


def test_nobody_has_granted_anything_to_begin_with(shop: SmallRecommender, features: Spy):
    stranger = Person.customer("nobody asked them yet")
    assert not any(look_at_everything(shop, shop.recommender.open(stranger)).values())
    assert features.asked == []


def test_an_objection_reads_nothing_not_even_consents(shop: SmallRecommender, features: Spy):
    shop.recommender.reception = replace(shop.recommender.reception, consents=Spy(shop.consents))
    visit = shop.recommender.open(WHO, profiling=False)
    assert visit is EVERYBODY
    assert not any(look_at_everything(shop, visit).values())
    assert features.asked == []
    assert shop.recommender.reception.consents.asked == []


def test_global_privacy_control_switches_off_what_it_speaks_against(shop: SmallRecommender, features: Spy):
    decide(shop, frozenset(Purpose))
    visit = shop.recommender.admit(Identity(WHO, declined=DECLINED_BY_GPC), WHO)
    assert visit.purposes == frozenset(Purpose) - {Purpose.THIRD_PARTY, Purpose.PERSONALISE_ADS}
    assert look_at_everything(shop, visit) == {ItemKind.PRODUCT: True, ItemKind.CONTENT: True, ItemKind.AD: False}
    assert [given[1] for _, given in features.asked] == [{Purpose.PERSONALISE_CONTENT}]


@pytest.mark.parametrize("traits", [{"is_minor": True}, {"age_band": "0-17"}, {"age_band": "13-17", "is_minor": None}])
def test_minors_get_no_profiled_ads(shop: SmallRecommender, traits: dict[str, object]):
    stored = shop.features.stored[WHO]
    assert look_at_everything(shop, shop.recommender.open(WHO))[ItemKind.AD]
    shop.features.stored[WHO] = replace(stored, traits={**stored.traits, **traits})
    visit = shop.recommender.open(WHO)
    assert look_at_everything(shop, visit) == {ItemKind.PRODUCT: True, ItemKind.CONTENT: True, ItemKind.AD: False}
    everybody = shop.recommender.recommend(EVERYBODY, shop.recommender.question(kind=ItemKind.AD), Window(5))
    theirs = shop.recommender.recommend(visit, shop.recommender.question(kind=ItemKind.AD), Window(5))
    assert [entry.item_id for entry in theirs.entries] == [entry.item_id for entry in everybody.entries]


def test_while_it_is_not_known_whether_they_are_of_age_they_get_none(shop: SmallRecommender, monkeypatch):
    def refuse(*_: object) -> None:
        raise FeaturesUnavailable("The store does not answer.")

    monkeypatch.setattr(shop.features, "read", refuse)
    visit = shop.recommender.open(WHO)
    assert visit.degraded == ("FEATURES",)
    assert not look_at_everything(shop, visit)[ItemKind.AD]


def test_a_withdrawal_holds_from_the_next_request(shop: SmallRecommender, features: Spy):
    assert all(look_at_everything(shop, shop.recommender.open(WHO)).values())
    decide(shop, frozenset())
    features.asked.clear()
    assert not any(look_at_everything(shop, shop.recommender.open(WHO)).values())
    assert features.asked == []
