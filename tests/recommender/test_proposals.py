"""Proposals: every text exists, and says nothing that did not happen."""

from __future__ import annotations

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.decision import arrange, assess, decide
from service.recommender.explanation import explain
from service.recommender.proposals import Proposer, plain, popularity
from service.recommender.question import Intent
from service.recommender.reasons import ReasonCode
from service.recommender.wording import LANGUAGES, say, texts
from tests.recommender.odd_shops import DAY, NOW, asked, bent, live, somebody, the_shop

SHOP = the_shop()
ZONE = live().zone
KINDS = ("PURCHASE", "VIEW", "CLICK", "ADD_TO_CART", "LIKE", "SHARE", "RATE", "DISLIKE", "REVIEW")
UNSAID = {ReasonCode.YOUR_ACTION, ReasonCode.BUY_AGAIN, ReasonCode.POPULAR_IN_SEGMENT, ReasonCode.OCCASION}
"""Codes whose texts carry a further word, or that nothing says yet."""


def proposals(profile, rows, **question):
    assessed = assess(asked(**question), profile, SHOP, live())
    return Proposer(assessed, ZONE).propose(np.asarray(rows))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_person_did_has_words_in_every_language(kind):
    rows = np.arange(len(SHOP.catalogue))
    for content in ItemKind:
        for proposal in proposals(somebody((kind, 3, 5), (kind, 25, 6)), rows, kind=content):
            for language in LANGUAGES:
                assert "{" not in say(proposal.message, language, SHOP.catalogue)


def test_a_dislike_is_never_a_reason_for():
    profile = somebody(("DISLIKE", 3, 5), ("DISLIKE", 24, 6), ("VIEW", 45, 6))
    told = proposals(profile, np.arange(len(SHOP.catalogue)))
    assert any(one.without for one in told)
    assert all(kind != "DISLIKE" for one in told for kind, _ in one.without)


@pytest.mark.parametrize("code", sorted(set(ReasonCode) - UNSAID))
def test_every_code_has_words(code):
    assert all(f"reason.{code}" in texts(language) for language in LANGUAGES)


@pytest.mark.parametrize(("often", "key"), [(1, "once"), (2, "often"), (3, "rhythm"), (30, "rhythm")])
def test_a_rhythm_is_told_from_three_purchases_on(often, key):
    told = proposals(somebody(("PURCHASE", 3, 5, often)), [3])
    assert [one.message.key for one in told if one.code is ReasonCode.BUY_AGAIN] == [f"reason.BUY_AGAIN.{key}"]


def sets_for(profile, row, *, stays):
    assessed = assess(asked(), profile, SHOP, live())
    told = Proposer(assessed, ZONE, stays=stays).propose(np.array([row]))
    return [one.without for one in told if one.code is ReasonCode.YOUR_ACTION]


def test_one_loud_action_is_named_alone():
    for stays in (True, False):
        assert sets_for(somebody(("VIEW", 3, 5), ("VIEW", 10, 5)), 3, stays=stays) == [frozenset({("VIEW", 3)})]


def test_several_are_named_together_only_where_the_item_stays_without_any():
    many = somebody(*(("PURCHASE", 3 + 20 * n, 5) for n in range(9)))
    (together,) = sets_for(many, 203, stays=True)
    assert len(together) == 3
    alternatives = sets_for(many, 203, stays=False)
    assert [len(one) for one in alternatives] == [1, 1, 1]
    assert frozenset().union(*alternatives) == together


def test_company_is_a_reason_only_where_it_is_part_of_the_score():
    profile = somebody(("PURCHASE", 3, 2))
    row = int(SHOP.items.together[3][0])
    for intent, said in ((Intent.FOR_YOU, True), (Intent.BECAUSE_YOU_BOUGHT, True), (Intent.DISCOVER, False)):
        told = proposals(profile, [row], intent=intent)
        assert any(one.code is ReasonCode.BOUGHT_TOGETHER for one in told) == said


def test_counts_of_a_few_are_not_told():
    assessed = assess(asked(), somebody(), SHOP, live())
    for row in range(400):
        code, message, _ = popularity(assessed, row)
        if SHOP.items.buyers_28[row] < 50:
            assert message.values == {}
        if code is ReasonCode.TRENDING:
            assert SHOP.items.buyers_7[row] >= 50


def test_days_are_told_in_the_zone_of_the_shop():
    since = np.full(len(SHOP.catalogue), NOW - 5 * DAY, np.int64) // DAY * DAY - 9 * 3600  # midnight in Tokyo
    shop = bent(SHOP, available_from=since)
    ranking = decide(asked(), somebody(), shop, live())
    told = [reason for reasons in explain(ranking, ranking.rows[:20].tolist(), ZONE) for reason in reasons]
    days = {reason.message.values["day"] for reason in told if reason.code is ReasonCode.NEW}
    assert {day.day for day in days} == {25}


def test_a_paid_item_is_said_to_be_paid_and_an_article_to_be_editorial():
    assessed = assess(asked(kind=ItemKind.AD), somebody(), SHOP, live())
    assert plain(assessed, SHOP.catalogue.row_of["a1"], ZONE)[0] is ReasonCode.SPONSORED
    assert plain(assessed, SHOP.catalogue.row_of["c1"], ZONE)[0] is ReasonCode.EDITORIAL


def test_bought_together_names_a_recent_purchase():
    profile = somebody(("PURCHASE", 3, 2), ("PURCHASE", 43, 300))
    row = int(SHOP.items.together[3][0])
    found = [one for one in proposals(profile, [row]) if one.code is ReasonCode.BOUGHT_TOGETHER]
    assert [one.without for one in found] == [frozenset({("PURCHASE", 3)})]


def test_without_its_discount_an_item_leaves_the_list_of_reduced_ones():
    row = int(SHOP.on_sale[0])
    found = proposals(somebody(("PURCHASE", 3, 2)), [row], intent=Intent.ON_SALE)
    assert [one.out_of_list for one in found if one.code is ReasonCode.ON_SALE] == [True]
    assessed = assess(asked(intent=Intent.ON_SALE), somebody(("PURCHASE", 3, 2)), SHOP, live())
    assert arrange(assessed, assessed.question).rows.size
