"""Recording: each refusal by its place, and own acts in the next answer."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from types import SimpleNamespace

import pytest

from service.recommender.consent import Decision, Purpose
from service.recommender.errors import InvalidArgument
from service.recommender.events import MOST_PER_CALL, Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.signing import Showing
from tests.fakes import START
from tests.recommender.odd_shops import the_shop
from tests.small_recommender import small_recommender

WHO, OTHER = Person.customer("3"), Person.customer("4")
VIEW = Event("e1", WHO, EventType.VIEW, START, "p7")


@pytest.fixture
def shop(clock):
    return small_recommender(clock, snapshot=the_shop())


def record(shop, *events, identity=None):
    return shop.recorder.record(identity or Identity(WHO), events)


def test_the_good_are_kept_and_the_others_named(shop):
    found = record(shop, VIEW, replace(VIEW, event_id="e2", item_id="gone"), replace(VIEW, event_id="e3", person=OTHER), VIEW)
    assert (found.accepted, found.duplicates) == (1, 1)
    assert [(one.field, one.code) for one in found.refusals] == [
        (("input", "events", "1", "itemId"), "UNKNOWN_ITEM"), (("input", "events", "2", "customerId"), "NOT_ALLOWED"),
    ]


def test_an_own_act_is_in_the_next_answer(shop):
    record(shop, VIEW)
    actions = shop.recommender.open(WHO).profile.actions
    assert (EventType.VIEW, 7) in {actions.key(i) for i in range(len(actions))}


def test_a_service_speaks_for_anybody(shop):
    service = Identity(service="till", scopes=frozenset({Scope.EVENTS_WRITE}))
    assert record(shop, VIEW, replace(VIEW, person=OTHER), identity=service).accepted == 2


def test_too_many_at_once_are_refused(shop):
    with pytest.raises(InvalidArgument, match="500"):
        record(shop, *[VIEW] * (MOST_PER_CALL + 1))


def test_nothing_at_all_is_fine(shop):
    assert record(shop).accepted == 0


@pytest.mark.parametrize(("item_id", "owner", "taken"), [
    ("p7", "c:3", True), ("p7", "", True), ("p7", "c:4", False), ("p8", "c:3", False),
])
def test_a_token_is_for_its_item_and_person(shop, item_id, owner, taken):
    token = shop.signer.token(Showing("s", 1, "home", item_id), owner)
    found = record(shop, replace(VIEW, token=token))
    assert found.accepted == taken
    assert [one.code for one in found.refusals] == [] if taken else ["TOKEN_INVALID"]


@pytest.mark.parametrize("left", [frozenset(), frozenset({Purpose.PERSONALISE_ADS})])
def test_without_consent_nothing_is_pushed(shop, left):
    gone = [Decision(one, False, START, "test", "No.") for one in Purpose if one not in left]
    shop.consents.record(WHO, gone)
    assert record(shop, VIEW).accepted == 1
    shop.recorder.project([WHO])
    assert WHO not in shop.features.pushed


@pytest.mark.parametrize("erased", [True, False])
def test_whoever_was_erased_while_they_were_pushed_does_not_come_back(shop, monkeypatch, erased):
    """Whoever only withdrew keeps what was computed of them, which is not read, and may be for another purpose."""
    push = shop.features.push_recent

    def gone_meanwhile(actions):
        shop.consents.record(WHO, [Decision(Purpose.PERSONALISE_CONTENT, False, START, "test", "No.")])
        push(actions)

    record(shop, VIEW)
    shop.recorder.project([WHO])
    shop.recorder.erased = SimpleNamespace(is_erased=lambda person: erased and person == WHO)
    monkeypatch.setattr(shop.features, "push_recent", gone_meanwhile)
    shop.recorder.project([WHO])
    assert (WHO in shop.features.pushed) is not erased


def test_many_threads_lose_no_event(shop):
    def work(number):
        record(shop, *(replace(VIEW, event_id=f"{number}-{n}") for n in range(20)))

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for _, one in shop.log.after(0, 10_000) if one.type is EventType.VIEW]) == 120


def feedback(shop, kind, **given):
    values = {"item_id": None, "event_id": None, "token": None, "undo": False, **given}
    found = shop.recorder.give_feedback(Identity(WHO), WHO, kind, **values)
    return found and found.code


@pytest.mark.parametrize(("kind", "given", "code"), [
    (FeedbackKind.HIDE_ITEM, {}, "INVALID"), (FeedbackKind.HIDE_ITEM, {"item_id": "gone"}, "UNKNOWN_ITEM"),
    (FeedbackKind.HIDE_ITEM, {"token": "x"}, "TOKEN_INVALID"), (FeedbackKind.FORGET_ACTION, {}, "INVALID"),
    (FeedbackKind.FORGET_ACTION, {"event_id": "none"}, "UNKNOWN_EVENT"), (FeedbackKind.HIDE_ITEM, {"item_id": "p1"}, None),
])
def test_feedback_that_makes_no_sense_is_named(shop, kind, given, code):
    assert feedback(shop, kind, **given) == code


def test_feedback_by_the_token_of_a_showing_holds_and_is_taken_back(shop):
    token = shop.signer.token(Showing("s", 1, "home", "p7"), WHO.key)
    assert feedback(shop, FeedbackKind.HIDE_ITEM, token=token) is None
    assert shop.feedback.restrictions(WHO).hidden == {"p7"}
    assert feedback(shop, FeedbackKind.HIDE_ITEM, token=token, undo=True) is None
    assert shop.feedback.restrictions(WHO).hidden == frozenset()


def test_nobody_forgets_for_another(shop):
    shop.log.append([replace(VIEW, person=OTHER, event_id="theirs")], START)
    assert feedback(shop, FeedbackKind.FORGET_ACTION, event_id="theirs") == "UNKNOWN_EVENT"


def test_what_a_service_brings_of_many_is_in_each_ones_next_answer_before_any_push(shop):
    service = Identity(service="till", scopes=frozenset({Scope.EVENTS_WRITE}))
    record(shop, VIEW, replace(VIEW, person=OTHER), identity=service)
    assert not shop.features.pushes
    for person in (WHO, OTHER):
        actions = shop.recommender.open(person).profile.actions
        assert (EventType.VIEW, 7) in {actions.key(i) for i in range(len(actions))}


def test_what_the_log_tells_beside_the_features_counts_once(shop):
    record(shop, VIEW)
    shop.recorder.project([WHO])
    assert shop.features.pushed[WHO][-1].event_id == "e1"
    shop.log.append([replace(VIEW, event_id="e2", item_id="p8")], START)
    actions = shop.recommender.open(WHO).profile.actions
    counts = {actions.key(i): actions.count[i] for i in range(len(actions))}
    assert counts[EventType.VIEW, 7] == counts[EventType.VIEW, 8] == 1
