"""An action that a person forbids counts nowhere, whatever the clock of whoever reported it said."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.identity import Identity
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.small_recommender import SmallRecommender, small_recommender

PERSON = Person.customer("3")


def purchased(shop: SmallRecommender) -> set[str]:
    actions = shop.recommender.open(PERSON).profile.actions
    return {shop.snapshot.catalogue.item_ids[row] for row in actions.purchases.item}


def test_an_event_from_a_clock_that_is_ahead_is_forgotten_at_once_and_comes_back_when_undone(clock: FakeClock) -> None:
    shop = small_recommender(clock)
    item_id = next(one for one in ("p1", "p2", "p5", "p6") if one not in purchased(shop))
    ahead = Event("e-ahead", PERSON, EventType.PURCHASE, clock.now() + timedelta(minutes=4), item_id,
                  quantity=Decimal(1), amount=Decimal(2))
    assert shop.recorder.record(Identity(PERSON), [ahead]).accepted == 1
    assert item_id in purchased(shop)

    def feedback(*, undo: bool) -> None:
        kind = FeedbackKind.FORGET_ACTION
        said = {"item_id": None, "event_id": "e-ahead", "token": None, "undo": undo}
        assert shop.recorder.give_feedback(Identity(PERSON), PERSON, kind, **said) is None

    feedback(undo=False)
    assert item_id not in purchased(shop)
    feedback(undo=True)
    assert item_id in purchased(shop)
