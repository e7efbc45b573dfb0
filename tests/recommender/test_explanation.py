"""Explanations: shares that sum, drops that are real, and places that are those that then come about."""

from __future__ import annotations

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.decision import assess, decide
from service.recommender.explanation import explain, positions_without
from service.recommender.profile import NOBODY
from service.recommender.question import Intent
from service.recommender.ranking import affinity
from service.recommender.reasons import ReasonCode
from tests.recommender.odd_shops import asked, live, somebody, the_shop, view

SHOP = the_shop()
BUYER = somebody(*(("PURCHASE", row, 5 + row % 40, 1 + row % 4) for row in (3, 23, 43, 63, 4, 24, 44)), ("VIEW", 8, 1),
                 ("LIKE", 28, 2), ("DISLIKE", 30, 2))
LISTS = [(ItemKind.PRODUCT, intent) for intent in Intent] + [(ItemKind.CONTENT, Intent.FOR_YOU), (ItemKind.AD, Intent.FOR_YOU)]


@pytest.fixture(params=LISTS, ids=lambda one: f"{one[0]}-{one[1]}")
def told(request):
    kind, intent = request.param
    question = asked(kind=kind, intent=intent)
    ranking = decide(question, BUYER, SHOP, live())
    rows = ranking.rows[:12].tolist()
    return question, ranking, list(zip(rows, explain(ranking, rows, live().zone), strict=True))


def test_shares_sum_to_one_and_fall(told):
    for _, reasons in told[2]:
        assert sum(one.share for one in reasons) == pytest.approx(1)
        assert all(0 <= one.share <= 1 for one in reasons)
        unpaid = [one.share for one in reasons if one.code not in {ReasonCode.SPONSORED, ReasonCode.EXPLORATION}]
        assert unpaid == sorted(unpaid, reverse=True)


def test_without_what_a_reason_rests_on_the_score_is_lower(told):
    _, ranking, items = told
    scorer = ranking.assessed.scorer
    for row, reasons in items:
        base = scorer.scores(scorer.features(ranking.assessed.person, _one(row)))[0]
        for reason in reasons:
            if reason.actions:
                less = view(BUYER.without(reason.actions), SHOP)
                assert scorer.scores(scorer.features(less, _one(row)))[0] < base


def _one(row):
    return np.array([row])


def test_a_place_without_is_the_place_that_then_comes_about(told):
    question, _, items = told
    wanted = [(row, reason.actions) for row, reasons in items for reason in reasons if reason.actions][:8]

    def replay(profile):
        return decide(question, profile, SHOP, live()).rows.tolist()

    for (row, gone), place in zip(wanted, positions_without(replay, BUYER, wanted), strict=True):
        after = replay(BUYER.without(gone))[:200]
        assert place == (after.index(row) + 1 if row in after else None)
    assert positions_without(replay, BUYER, [(3, frozenset())]) == [None]


def test_at_most_three_actions_speak_for_an_item_and_none_twice(told):
    for _, reasons in told[2]:
        named = [action for one in reasons for action in one.actions]
        assert len(named) == len(set(named)) <= 3


def test_no_part_of_what_is_named_takes_an_item_out_of_the_list_as_well(told):
    question, _, items = told

    def replay(profile):
        return decide(question, profile, SHOP, live()).rows.tolist()

    several = [(row, one.actions) for row, reasons in items for one in reasons if len(one.actions) > 1]
    for (row, actions), place in zip(several, positions_without(replay, BUYER, several), strict=True):
        parts = [(row, actions - {left}) for left in actions] + [(row, frozenset({one})) for one in actions]
        assert place is not None or None not in positions_without(replay, BUYER, parts)


def test_it_is_said_where_nothing_personal_remains(told):
    for row, reasons in told[2]:
        personal = any(one.actions for one in reasons) or bool(SHOP.catalogue.segments[row])
        said = [one.message.key for one in reasons if one.code is ReasonCode.NOT_PERSONALISED]
        assert said == ([] if personal else ["reason.NOT_PERSONALISED.item"])


def test_a_person_whose_actions_say_nothing_of_an_item_is_told_so():
    stranger = somebody(("RATE", 5, 3))
    ranking = decide(asked(), stranger, SHOP, live())
    for reasons in explain(ranking, ranking.rows[:5].tolist(), live().zone):
        assert reasons[-1].message.key == "reason.NOT_PERSONALISED.item"
        assert sum(one.share for one in reasons) == pytest.approx(1)


def test_no_reason_of_nobody_is_personal():
    for kind in ItemKind:
        ranking = decide(asked(kind=kind), NOBODY, SHOP, live())
        for reasons in explain(ranking, ranking.rows[:10].tolist(), live().zone):
            assert reasons[-1].code is ReasonCode.NOT_PERSONALISED
            assert not any(one.actions for one in reasons)


@pytest.mark.parametrize("entries", [
    [("VIEW", 3), ("VIEW", 24)], [("LIKE", 3), ("DISLIKE", 24), ("SHARE", 45)], [("VIEW", 3), ("LIKE", 3), ("CLICK", 24)],
])
def test_who_did_nothing_else_has_no_taste_left_without_it(entries):
    profile = somebody(*entries)
    gone = {profile.actions.key(i) for i in range(len(profile.actions))}
    for order in (sorted(gone), sorted(gone, reverse=True)):
        less = view(profile, SHOP).without(order)
        assert not affinity(less, SHOP, SHOP.catalogue.of_kind(ItemKind.CONTENT)).any()


def test_what_was_chosen_to_learn_says_so_first():
    ranking = decide(asked(), BUYER, SHOP, live())
    (place,) = ranking.explored
    (reasons,) = explain(ranking, [int(ranking.rows[place - 1])], live().zone)
    assert reasons[0].code is ReasonCode.EXPLORATION
    assert assess(asked(), BUYER, SHOP, live()).degraded == ()
