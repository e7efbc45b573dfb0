"""Decisions: repeatable, within the intent that was asked for, and an answer in every odd shop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.recommender.anchor import anchor_of
from service.recommender.catalogue import FOREVER, Catalogue, ItemKind
from service.recommender.decision import DUE, assess, decide
from service.recommender.eligibility import eligible
from service.recommender.embedding import Embedding
from service.recommender.errors import IndexUnavailable, RankerUnavailable
from service.recommender.explanation import explain
from service.recommender.feedback import NO_RESTRICTIONS, Restrictions
from service.recommender.item_features import ItemFeatures
from service.recommender.newcomers import NEW_DAYS
from service.recommender.profile import NOBODY
from service.recommender.question import Intent, ItemFilter, PageContext
from service.recommender.ranking_features import FEATURE_NAMES, person_item_features
from service.recommender.snapshot import Snapshot
from tests.recommender.odd_shops import (
    DAY,
    NOW,
    asked,
    bent,
    live,
    of_kinds,
    only,
    somebody,
    the_shop,
    view,
    with_texts,
    without_categories,
)
from tests.small_shop import small_snapshot

SHOP = the_shop()
HISTORY = [("PURCHASE", row, 5 + row % 40, 1 + row % 4) for row in (3, 23, 43, 63, 4, 24, 44, 83, 103, 64)]
BUYER = somebody(*HISTORY, ("VIEW", 8, 1), ("LIKE", 28, 2))
LOOKER = somebody(("VIEW", 3, 1), ("LIKE", 23, 2))


def rows_of(shop=SHOP, profile=BUYER, **question):
    return decide(asked(**question), profile, shop, live()).rows.tolist()


@pytest.mark.parametrize("kind", ItemKind)
@pytest.mark.parametrize("intent", Intent)
def test_the_same_question_has_the_same_answer_and_no_item_twice(kind, intent):
    first, second = (rows_of(kind=kind, intent=intent) for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)
    assert {SHOP.catalogue.kind_of(row) for row in first} <= {kind}


def test_what_a_score_was_made_of_is_kept_and_worked_out_for_what_was_no_candidate():
    assessed = assess(asked(), BUYER, SHOP, live())
    rows = assessed.candidates.rows
    stranger = np.setdiff1d(SHOP.catalogue.of_kind(ItemKind.PRODUCT), rows)[:1]
    for wanted in (rows[[5, 2]], np.append(rows[[5, 2]], stranger)):
        features, scores = assessed.weighed(wanted)
        np.testing.assert_allclose(features, person_item_features(assessed.person, wanted), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(scores, assessed.scorer.scores(features))


def test_what_is_in_the_cart_hidden_sensitive_or_sold_out_is_left_out():
    best = rows_of()[:4]
    hidden = Restrictions(hidden=frozenset({SHOP.catalogue.item_ids[best[1]]}))
    sensitive, in_stock = SHOP.catalogue.sensitive.copy(), SHOP.catalogue.in_stock.copy()
    sensitive[best[2]], in_stock[best[3]] = True, False
    shop = bent(SHOP, sensitive=sensitive, in_stock=in_stock)
    cart = PageContext(cart_item_ids=(SHOP.catalogue.item_ids[best[0]],))
    left = rows_of(shop, replace(BUYER, restrictions=hidden), context=cart)
    assert left
    assert not set(best) & set(left)


def test_buy_again_is_what_was_bought_and_is_due():
    rows = rows_of(intent=Intent.BUY_AGAIN)
    features = view(BUYER, SHOP)
    ratio = person_item_features(features, np.array(rows))[:, FEATURE_NAMES.index("own_gap_ratio")]
    assert rows
    assert set(rows) <= set(BUYER.actions.purchases.item.tolist())
    assert (ratio >= DUE).all()


def test_who_bought_nothing_has_nothing_to_buy_again():
    assert rows_of(profile=LOOKER, intent=Intent.BUY_AGAIN) == []


def test_on_sale_is_reduced():
    rows = rows_of(intent=Intent.ON_SALE)
    assert rows
    assert (SHOP.catalogue.discount_rate[rows] > 0).all()


def test_discover_is_neither_bought_nor_of_a_bought_category():
    rows = rows_of(intent=Intent.DISCOVER)
    bought = BUYER.actions.purchases.item
    assert rows
    assert not np.isin(SHOP.catalogue.path[rows], SHOP.catalogue.path[bought]).any()


def test_new_for_you_is_new_and_not_bought():
    shop = bent(SHOP, available_from=np.full(len(SHOP.catalogue), NOW - 5 * DAY, np.int64))
    rows = rows_of(shop, intent=Intent.NEW_FOR_YOU)
    assert rows
    assert not set(rows) & set(BUYER.actions.purchases.item.tolist())
    old = bent(SHOP, available_from=np.full(len(SHOP.catalogue), NOW - NEW_DAYS * DAY, np.int64))
    assert rows_of(old, intent=Intent.NEW_FOR_YOU) == []


def test_because_you_bought_starts_from_the_purchase_that_is_named_or_from_none():
    named = rows_of(intent=Intent.BECAUSE_YOU_BOUGHT, anchor_item_id="p3")
    assert named
    assert 3 not in named
    assert set(SHOP.items.together[3]) & set(named[:10])
    assert rows_of(intent=Intent.BECAUSE_YOU_BOUGHT, anchor_item_id="p399") == []
    assert rows_of(intent=Intent.BECAUSE_YOU_BOUGHT, anchor_item_id="gone") == []
    assert rows_of(profile=LOOKER, intent=Intent.BECAUSE_YOU_BOUGHT) == []
    assert anchor_of(asked(), view(BUYER, SHOP)) in BUYER.actions.purchases.item


def test_the_next_purchase_starts_the_next_list():
    newest = somebody(*HISTORY, ("PURCHASE", 5, 0))
    assert anchor_of(asked(intent=Intent.BECAUSE_YOU_BOUGHT), view(newest, SHOP)) == 5


def test_nobody_gets_what_many_buy_whatever_the_intent():
    assert rows_of(profile=NOBODY)[0] in SHOP.popular(ItemKind.PRODUCT)[:20]
    assert rows_of(profile=NOBODY, intent=Intent.BUY_AGAIN) == rows_of(profile=NOBODY)


@pytest.mark.parametrize("narrow", [
    ItemFilter(price_from=19.0), ItemFilter(price_to=1.2), ItemFilter(category="Paper"), ItemFilter(on_sale=True),
    ItemFilter(brand=("Quill",), category="Jam"),
])
def test_a_narrow_filter_does_not_starve(narrow):
    shop = the_shop_of_many()
    question = asked(filter=narrow)
    every = shop.catalogue.of_kind(ItemKind.PRODUCT)
    fit = int(eligible(shop.catalogue, every, question, NO_RESTRICTIONS).sum())
    assert fit
    assert len(decide(question, BUYER, shop, live()).rows) >= min(fit, 240)


def the_shop_of_many():
    return small_snapshot(7)


def test_what_is_to_come_does_not_push_out_what_is_new():
    since = np.full(len(SHOP.catalogue), NOW + 9 * DAY, np.int64)
    unpopular = int(SHOP.popular(ItemKind.PRODUCT)[-1])
    since[SHOP.popular(ItemKind.PRODUCT)[:200]] = NOW - 90 * DAY
    since[unpopular] = NOW - DAY
    assert rows_of(bent(SHOP, available_from=since), intent=Intent.NEW_FOR_YOU) == [unpopular]


def test_a_bought_content_is_no_product():
    reader = somebody(*HISTORY, ("PURCHASE", SHOP.catalogue.row_of["c3"], 40, 3))
    for intent in (Intent.FOR_YOU, Intent.BUY_AGAIN):
        assert SHOP.catalogue.row_of["c3"] not in rows_of(profile=reader, intent=intent)


def test_a_shop_without_categories_has_discoveries():
    rows = rows_of(without_categories(SHOP), intent=Intent.DISCOVER)
    assert rows
    assert not set(rows) & set(BUYER.actions.purchases.item.tolist())


class Broken:
    feature_names = FEATURE_NAMES

    def neighbours(self, _vectors, _size):
        raise IndexUnavailable("broken")

    def ranking_scores(self, _features):
        raise RankerUnavailable("broken")


def test_without_index_or_ranker_the_rest_answers_and_says_so():
    shop = replace(SHOP, ranker=Broken(), neighbours=dict.fromkeys(ItemKind, Broken()))
    ranking = decide(asked(), BUYER, shop, live())
    assert set(ranking.assessed.degraded) == {"INDEX", "RANKER"}
    assert ranking.rows.size > 20


SHOPS = {
    "of nothing": lambda: only(SHOP, []),
    "of nothing, before the first import": lambda: Snapshot(
        Catalogue.empty(), ItemFeatures.unsold(0), Embedding(np.zeros((0, 1), "f4"), np.zeros(0, "f4"), np.zeros(0, "f4")),
        {}, None,
    ),
    "of one product": lambda: only(SHOP, [3]),
    "without products": lambda: of_kinds(SHOP, ItemKind.CONTENT, ItemKind.AD),
    "without contents": lambda: of_kinds(SHOP, ItemKind.PRODUCT, ItemKind.AD),
    "without ads": lambda: of_kinds(SHOP, ItemKind.PRODUCT, ItemKind.CONTENT),
    "without categories": lambda: without_categories(SHOP),
    "without brands": lambda: with_texts(SHOP, brand=[None] * len(SHOP.catalogue)),
    "without prices": lambda: bent(SHOP, price=nothing(), list_price=nothing(), bid=nothing(), daily_budget=nothing()),
    "sold out": lambda: bent(SHOP, in_stock=np.zeros(len(SHOP.catalogue), np.bool_)),
    "of sensitive items": lambda: bent(SHOP, sensitive=np.ones(len(SHOP.catalogue), np.bool_)),
    "of the future": lambda: bent(SHOP, available_from=np.full(len(SHOP.catalogue), FOREVER - 1)),
    "that never sold": lambda: replace(SHOP, items=ItemFeatures.unsold(len(SHOP.catalogue))),
    "without vectors": lambda: replace(SHOP, embedding=flat()),
}
EMPTY = {"of nothing", "of nothing, before the first import", "sold out", "of sensitive items", "of the future"}


def nothing():
    return np.full(len(SHOP.catalogue), np.nan, np.float32)


def flat():
    return replace(SHOP.embedding, vectors=np.zeros_like(SHOP.embedding.vectors))


@pytest.mark.parametrize("name", SHOPS)
def test_every_shop_has_an_answer_with_reasons(name):
    shop = SHOPS[name]()
    size = len(shop.catalogue)
    people = [NOBODY, somebody(), somebody(*(("PURCHASE", row, 30, 3) for row in range(min(size, 5)) if not shop.catalogue.sensitive[row]))]
    for profile in people:
        for kind in ItemKind:
            for intent in Intent:
                ranking = decide(asked(kind=kind, intent=intent, diversity=0.5), profile, shop, live())
                assert not (name in EMPTY and ranking.rows.size)
                for reasons in explain(ranking, ranking.rows[:5].tolist(), live().zone):
                    assert sum(reason.share for reason in reasons) == pytest.approx(1)


history = st.lists(st.tuples(
    st.sampled_from(["PURCHASE", "VIEW", "CLICK", "LIKE", "DISLIKE", "ADD_TO_CART", "RATE", "REVIEW"]),
    st.integers(0, len(SHOP.catalogue) - 1), st.integers(-400, 4_000), st.integers(1, 10_000_000),
), max_size=12, unique_by=lambda one: one[:2])


@given(history, st.sampled_from(ItemKind), st.sampled_from(Intent))
@hypothesis_settings(max_examples=60)
def test_every_person_has_an_answer_with_reasons(entries, kind, intent):
    profile = somebody(*entries)
    ranking = decide(asked(kind=kind, intent=intent), profile, SHOP, live())
    rows = ranking.rows.tolist()
    assert len(set(rows)) == len(rows)
    assert np.isfinite(assess(asked(kind=kind, intent=intent), profile, SHOP, live()).ranking_scores).all()
    for reasons in explain(ranking, rows[:8], live().zone):
        assert sum(reason.share for reason in reasons) == pytest.approx(1, abs=1e-5)
