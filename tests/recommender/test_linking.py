"""Linking: who may, when both sides agree, what moves, and that nobody else gets anything of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from service.recommender.consent import Decision, Purpose
from service.recommender.errors import (
    ConsentsUnavailable,
    EventsUnavailable,
    FeaturesUnavailable,
    Forbidden,
    Unauthenticated,
)
from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.identity import ANONYMOUS, Identity, Scope
from service.recommender.linking import link_visitor
from service.recommender.person import Person
from service.recommender.signing import Showing
from tests.fakes import START
from tests.recommender.odd_shops import the_shop
from tests.small_recommender import small_recommender

VISITOR, ANN, BOB = Person.visitor("5f0c-visitor"), Person.customer("3"), Person.customer("4")
VIEW = Event("e1", VISITOR, EventType.VIEW, START, "p7")
PERSONALISE = frozenset({Purpose.PERSONALISE_CONTENT})


@pytest.fixture
def shop(clock):
    shop = small_recommender(clock, snapshot=the_shop())
    shop.grant(VISITOR, PERSONALISE)
    shop.recorder.record(Identity(VISITOR), [VIEW, replace(VIEW, event_id="e2", item_id="p9")])
    return shop


def link(shop, who=ANN, visitor=VISITOR):
    found = link_visitor(shop.recorder, Identity(who), visitor.id)
    return found.moved, [one.code for one in found.refusals]


def seen(shop, who):
    actions = shop.recommender.open(who).profile.actions
    return {actions.item[i] for i in range(len(actions)) if actions.key(i)[0] is EventType.VIEW}


def withdraw(shop, who):
    shop.consents.record(who, [Decision(Purpose.PERSONALISE_CONTENT, False, START, "test", "No.")])


def test_what_the_visitor_did_is_in_the_customers_next_answer_and_no_more_in_the_visitors(shop):
    assert seen(shop, VISITOR) == {7, 9}
    assert link(shop) == (2, [])
    assert seen(shop, ANN) == {7, 9}
    assert seen(shop, VISITOR) == set()
    assert shop.recommender.open(VISITOR).profile.is_cold


def test_linking_again_changes_nothing_and_moves_what_came_since(shop):
    assert [link(shop) for _ in range(2)] == [(2, []), (0, [])]
    shop.recorder.record(Identity(VISITOR), [replace(VIEW, event_id="e3", item_id="p5")])
    assert seen(shop, ANN) == {7, 9}, "the id alone writes nothing of the customer's"
    assert link(shop) == (1, [])
    assert seen(shop, ANN) == {5, 7, 9}


def test_a_visitor_of_one_customer_cannot_be_linked_by_another(shop):
    link(shop)
    shop.recorder.record(Identity(VISITOR), [replace(VIEW, event_id="e3", item_id="p5")])
    found = link_visitor(shop.recorder, Identity(BOB), VISITOR.id)
    assert (found.moved, [one.code for one in found.refusals]) == (0, ["NOT_ALLOWED"])
    assert ANN.id not in found.refusals[0].message
    assert VISITOR.id not in found.refusals[0].message
    assert seen(shop, BOB) == set()
    assert seen(shop, ANN) == {7, 9}
    assert link(shop) == (1, [])


@pytest.mark.parametrize("who", [ANN, VISITOR])
def test_both_must_have_agreed(shop, who):
    withdraw(shop, who)
    assert link(shop) == (0, ["CONSENT_MISSING"])
    assert shop.log.recent(VISITOR, 0, 10)
    shop.grant(who, PERSONALISE)
    assert link(shop) == (2, [])


def test_an_unknown_visitor_answers_like_one_who_did_not_agree(shop):
    silent = Person.visitor("5f0c-silent")
    shop.recorder.record(Identity(silent), [replace(VIEW, person=silent)])
    unknown = link_visitor(shop.recorder, Identity(ANN), "5f0c-unknown")
    assert unknown == link_visitor(shop.recorder, Identity(ANN), silent.id)


@pytest.mark.parametrize(("who", "fault"), [
    (ANONYMOUS, Unauthenticated), (Identity(VISITOR), Unauthenticated),
    (Identity(service="crm", scopes=frozenset(Scope)), Forbidden),
    (Identity(VISITOR, "crm", frozenset(Scope)), Forbidden),
])
def test_only_a_customer_links(shop, who, fault):
    with pytest.raises(fault, match="token"):
        link_visitor(shop.recorder, who, VISITOR.id)
    assert shop.log.recent(VISITOR, 0, 10)


@pytest.mark.parametrize("name", ["", "  ", "x" * 129, "nul\0", "half\ud800", "line\nbreak"])
def test_what_is_no_id_is_refused(shop, name):
    found = link_visitor(shop.recorder, Identity(ANN), name)
    assert [one.code for one in found.refusals] == ["INVALID"]


def test_an_id_that_could_be_guessed_is_refused_where_that_matters(shop):
    found = link_visitor(shop.recorder, Identity(ANN), VISITOR.id, 16)
    assert [one.code for one in found.refusals] == ["INVALID"]
    assert "crypto.randomUUID()" in found.refusals[0].message
    assert shop.log.recent(VISITOR, 0, 10)


def test_what_the_visitor_forbade_stays_forbidden(shop):
    shop.recorder.give_feedback(
        Identity(VISITOR), VISITOR, FeedbackKind.FORGET_ACTION, item_id=None, event_id="e1", token=None, undo=False,
    )
    shop.recorder.give_feedback(
        Identity(VISITOR), VISITOR, FeedbackKind.HIDE_ITEM, item_id="p2", event_id=None, token=None, undo=False,
    )
    link(shop)
    assert seen(shop, ANN) == {9}
    assert shop.recommender.open(ANN).restrictions.hidden == {"p2"}


def test_what_the_same_id_names_already_is_not_counted_twice(shop):
    shop.recorder.record(Identity(ANN), [replace(VIEW, person=ANN)])
    assert link(shop) == (1, [])
    assert len([one for one in shop.log.recent(ANN, 0, 1000) if one.event_id == "e1"]) == 1


def test_the_customer_brings_late_events_of_the_visitor_with_their_own_token(shop):
    late = replace(VIEW, event_id="late", item_id="p5")
    assert shop.recorder.record(Identity(ANN), [late]).refusals[0].code == "NOT_ALLOWED", "not linked yet"
    link(shop)
    token = shop.signer.token(Showing("s", 1, "home", "p5"), VISITOR.key)
    assert shop.recorder.record(Identity(ANN), [replace(late, token=token)]).accepted == 1
    assert 5 in seen(shop, ANN)
    assert shop.recorder.record(Identity(BOB), [replace(late, event_id="b")]).refusals[0].code == "NOT_ALLOWED"


def test_a_service_brings_what_was_before_the_link(shop, clock):
    service = Identity(service="shop", scopes=frozenset({Scope.EVENTS_WRITE}))
    link(shop)
    clock.advance(timedelta(minutes=10))
    before, since = replace(VIEW, event_id="b", item_id="p5"), replace(VIEW, event_id="s", item_id="p6", occurred_at=clock.now())
    assert shop.recorder.record(service, [before, since]).accepted == 2
    assert seen(shop, ANN) == {5, 7, 9}
    assert seen(shop, VISITOR) == {6}


def test_a_trend_counts_a_visitor_who_became_a_customer_once(shop):
    before = [event for _, event in shop.log.after(0, 10_000)]
    cursor = shop.log.last_sequence()
    link(shop)
    assert list(shop.log.after(cursor, 10_000)) == []
    assert len(shop.log.after(0, 10_000)) == len(before)


@pytest.mark.parametrize(("part", "method", "fault"), [
    ("consents", "decisions", ConsentsUnavailable), ("links", "link", EventsUnavailable),
    ("links", "of_visitors", EventsUnavailable),
])
def test_without_a_store_nothing_is_moved(shop, monkeypatch, part, method, fault):
    def away(*_):
        raise fault("away")

    with monkeypatch.context() as patch:
        patch.setattr(getattr(shop, part), method, away)
        with pytest.raises(fault):
            link(shop)
    assert seen(shop, VISITOR) == {7, 9}
    assert link(shop) == (2, [])


def test_a_push_that_was_lost_is_made_good(shop, monkeypatch):
    def away(*_):
        raise FeaturesUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(shop.features, "push_recent", away)
        assert link(shop) == (2, [])
    assert link(shop) == (0, [])
    assert seen(shop, ANN) == {7, 9}
    assert seen(shop, VISITOR) == set()
