"""What every feedback store keeps to."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from service.adapters.sql_feedback import SqlFeedbackStore
from service.recommender.errors import InvalidArgument
from service.recommender.events import EventType
from service.recommender.feedback import NO_RESTRICTIONS, FeedbackKind, ForgottenAction, Restrictions
from service.recommender.person import Person
from service.recommender.ports import FeedbackStore
from tests.conftest import DATABASES
from tests.fakes import START, FakeFeedbackStore

ALICE, BOB = Person.customer("alice"), Person.customer("bob")
HIDE, FEWER, FORGET = FeedbackKind.HIDE_ITEM, FeedbackKind.LESS_LIKE_THIS, FeedbackKind.FORGET_ACTION
VIEW, PURCHASE = EventType.VIEW, EventType.PURCHASE
DAY = timedelta(days=1)


@pytest.fixture(params=["fake", *DATABASES])
def store(request) -> FeedbackStore:
    if request.param == "fake":
        return FakeFeedbackStore()
    return SqlFeedbackStore(request.getfixturevalue(f"{request.param}_engine"))


def test_nobody_is_restricted_to_begin_with(store):
    assert store.restrictions(ALICE) == NO_RESTRICTIONS
    assert list(store.forgotten()) == []


def test_all_kinds_side_by_side(store):
    store.record(ALICE, FEWER, "jam", START + DAY)
    store.record(ALICE, FEWER, "milk", START)
    store.record(ALICE, HIDE, "milk", START)
    store.record(ALICE, FORGET, "milk", START, type=VIEW, through=START - DAY)
    store.record(ALICE, FORGET, "milk", START, type=PURCHASE, through=START - 2 * DAY)
    store.record(BOB, HIDE, "bread", START)
    assert store.restrictions(ALICE) == Restrictions(
        hidden=frozenset({"milk"}),
        fewer=(("milk", START), ("jam", START + DAY)),
        forgotten=(
            ForgottenAction(PURCHASE, "milk", START - 2 * DAY),
            ForgottenAction(VIEW, "milk", START - DAY),
        ),
    )
    assert store.restrictions(BOB) == Restrictions(hidden=frozenset({"bread"}))


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_said_again_in_any_order_the_latest_time_holds(store, order):
    for day in order:
        store.record(ALICE, FEWER, "milk", START + day * DAY)
        store.record(ALICE, FORGET, "milk", START, type=VIEW, through=START + day * DAY)
    assert store.restrictions(ALICE) == Restrictions(
        fewer=(("milk", START + 2 * DAY),), forgotten=(ForgottenAction(VIEW, "milk", START + 2 * DAY),)
    )


def test_undo_takes_back_that_piece_alone(store):
    store.record(ALICE, HIDE, "milk", START)
    store.record(ALICE, FEWER, "milk", START)
    store.record(ALICE, FORGET, "milk", START, type=VIEW, through=START)
    store.record(ALICE, FORGET, "milk", START, type=PURCHASE, through=START)
    assert store.undo(ALICE, HIDE, "milk")
    assert not store.undo(ALICE, HIDE, "milk")
    assert store.undo(ALICE, FORGET, "milk", type=VIEW)
    assert not store.undo(ALICE, FORGET, "milk", type=VIEW)
    assert not store.undo(BOB, FEWER, "milk")
    assert store.restrictions(ALICE) == Restrictions(
        fewer=(("milk", START),), forgotten=(ForgottenAction(PURCHASE, "milk", START),)
    )


def test_the_extras_of_forgetting_change_no_other_kind(store):
    store.record(ALICE, HIDE, "milk", START, type=VIEW, through=START)
    assert store.restrictions(ALICE) == Restrictions(hidden=frozenset({"milk"}))
    assert list(store.forgotten()) == []
    assert store.undo(ALICE, HIDE, "milk")


@pytest.mark.parametrize("extras", [{}, {"type": VIEW}, {"through": START}])
def test_forgetting_needs_to_know_what_and_through_when(store, extras):
    with pytest.raises(InvalidArgument, match="FORGET_ACTION needs"):
        store.record(ALICE, FORGET, "milk", START, **extras)
    assert store.restrictions(ALICE) == NO_RESTRICTIONS


def test_forgotten_lists_the_actions_of_all_people(store):
    visitor = Person.visitor("alice")
    store.record(visitor, FORGET, "milk", START, type=VIEW, through=START)
    store.record(ALICE, FORGET, "jam", START, type=PURCHASE, through=START + DAY)
    store.record(BOB, HIDE, "jam", START)
    assert list(store.forgotten()) == [(ALICE, PURCHASE, "jam", START + DAY), (visitor, VIEW, "milk", START)]


def test_refuses_text_that_no_database_holds(store):
    with pytest.raises(InvalidArgument):
        store.record(ALICE, HIDE, "half\ud800", START)
