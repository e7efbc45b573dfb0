"""New items: what they are says to whom they may be of use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.candidates import NEW, Source, generate
from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.item_features import ItemFeatures
from service.recommender.newcomers import NEW_DAYS, newcomer_falls, newcomer_scores
from service.recommender.question import Intent
from tests.recommender.odd_shops import DAY, NOW, asked, bent, live, somebody, the_shop, view, without_categories

SHOP = the_shop()
TEA = ("PURCHASE", 20, 3, 6), ("PURCHASE", 40, 9, 2)
PRODUCTS = SHOP.catalogue.of_kind(ItemKind.PRODUCT)
IS_TEA = SHOP.catalogue.path[PRODUCTS] == SHOP.catalogue.path[20]


def unsold(snapshot):
    return replace(snapshot, items=ItemFeatures.unsold(len(snapshot.catalogue)))


def test_who_buys_tea_is_told_of_new_tea_though_nobody_bought_any():
    shop = unsold(SHOP)
    scores = newcomer_scores(view(somebody(*TEA), shop), shop, PRODUCTS)
    assert scores[IS_TEA].min() > np.median(scores[~IS_TEA])
    assert np.isin(PRODUCTS[np.argsort(-scores)[:10]], PRODUCTS[IS_TEA]).all()


def test_without_a_place_the_category_still_speaks():
    lost = replace(SHOP.embedding, vectors=np.zeros_like(SHOP.embedding.vectors))
    shop = replace(unsold(SHOP), embedding=lost)
    scores = newcomer_scores(view(somebody(*TEA), shop), shop, PRODUCTS)
    assert scores[IS_TEA].min() > scores[~IS_TEA].max()


def test_a_brand_that_they_keep_to_in_a_department_speaks_too():
    brand, department = np.array(SHOP.catalogue.texts.brand, object)[PRODUCTS], SHOP.catalogue.department[PRODUCTS]
    theirs, near = brand == SHOP.catalogue.texts.brand[20], department == SHOP.catalogue.department[20]
    lost = replace(SHOP.embedding, vectors=np.zeros_like(SHOP.embedding.vectors))
    shop = replace(unsold(SHOP), embedding=lost)
    scores = newcomer_scores(view(somebody(("PURCHASE", 20, 3, 6)), shop), shop, PRODUCTS)
    same, other, elsewhere = (scores[which & ~IS_TEA] for which in (theirs & near, ~theirs & near, theirs & ~near))
    assert same.min() > other.max()
    assert same.min() > elsewhere.max()
    assert scores[IS_TEA].min() > same.max()


def test_of_two_that_suit_alike_the_one_whose_kind_sells_better_comes_first():
    person = somebody(*TEA)
    louder = replace(SHOP.items, buyers_28=SHOP.items.buyers_28.copy())
    coffee = SHOP.catalogue.path == SHOP.catalogue.path[21]
    louder.buyers_28[coffee] *= 8
    shop = replace(SHOP, items=louder)
    gain = newcomer_scores(view(person, shop), shop, PRODUCTS) - newcomer_scores(view(person, SHOP), SHOP, PRODUCTS)
    assert gain[coffee[PRODUCTS]].min() > 0.5
    assert gain[coffee[PRODUCTS]].min() > gain[~coffee[PRODUCTS]].max()


def test_what_was_done_lately_and_often_says_more_about_taste():
    shop = replace(unsold(without_categories(SHOP)), embedding=SHOP.embedding)
    soap = PRODUCTS[SHOP.catalogue.path[PRODUCTS] == SHOP.catalogue.path[16]]

    def lead_of_tea(*actions):
        scores = newcomer_scores(view(somebody(*actions), shop), shop, np.arange(PRODUCTS.max() + 1))
        return scores[PRODUCTS[IS_TEA]].mean() - scores[soap].mean()

    even = lead_of_tea(("PURCHASE", 20, 5, 1), ("PURCHASE", 16, 5, 1))
    assert lead_of_tea(("PURCHASE", 20, 5, 1), ("PURCHASE", 16, 400, 1)) > even + 0.2
    assert lead_of_tea(("PURCHASE", 20, 5, 9), ("PURCHASE", 16, 5, 1)) > even + 0.2


def test_how_far_each_action_lets_a_score_fall_is_exact():
    profile = somebody(*TEA, ("PURCHASE", 16, 90, 2), ("VIEW", 33, 1), ("DISLIKE", 5))
    person = view(profile, SHOP)
    falls = newcomer_falls(person, SHOP, PRODUCTS)
    whole = newcomer_scores(person, SHOP, PRODUCTS)
    for index in range(len(profile.actions)):
        rest = newcomer_scores(person.without({profile.actions.key(index)}), SHOP, PRODUCTS)
        np.testing.assert_allclose(falls[:, index], whole - rest, atol=2e-4)


def test_without_their_only_action_nothing_personal_is_left():
    person = view(somebody(("PURCHASE", 20, 3, 6)), SHOP)
    falls = newcomer_falls(person, SHOP, PRODUCTS)[:, 0]
    nobody = newcomer_scores(view(somebody(), SHOP), SHOP, PRODUCTS)
    np.testing.assert_allclose(falls, newcomer_scores(person, SHOP, PRODUCTS) - nobody, atol=2e-4)


@pytest.mark.parametrize("shop", [SHOP, unsold(SHOP), without_categories(SHOP)])
@pytest.mark.parametrize("actions", [(), TEA, (("DISLIKE", 3),)])
def test_scores_are_finite_for_everybody(shop, actions):
    assert np.isfinite(newcomer_scores(view(somebody(*actions), shop), shop, PRODUCTS)).all()


def came_in_over_the_last_days() -> np.ndarray:
    """Tea came in first; everything else since."""
    since = np.full(len(SHOP.catalogue), NOW - DAY, np.int64)
    since[PRODUCTS[IS_TEA]] = NOW - 40 * DAY
    return since


def test_what_suits_is_not_crowded_out_by_what_came_in_later():
    shop = unsold(bent(SHOP, available_from=came_in_over_the_last_days()))
    tea = set(PRODUCTS[IS_TEA].tolist())
    person, nobody = view(somebody(*TEA), shop), view(somebody(), shop)
    found = generate(person, shop, ItemKind.PRODUCT, sources=Source.NEW).rows
    assert found.size == NEW
    assert tea <= set(found.tolist())
    assert not tea & set(generate(nobody, shop, ItemKind.PRODUCT, sources=Source.NEW).rows.tolist())


def test_what_came_in_long_ago_is_not_new():
    since = came_in_over_the_last_days()
    since[PRODUCTS[IS_TEA]] = NOW - NEW_DAYS * DAY
    shop = unsold(bent(SHOP, available_from=since))
    found = generate(view(somebody(*TEA), shop), shop, ItemKind.PRODUCT, sources=Source.NEW).rows
    assert not np.isin(found, PRODUCTS[IS_TEA]).any()


def test_the_list_of_what_is_new_begins_with_what_suits():
    shop = unsold(bent(SHOP, available_from=came_in_over_the_last_days()))
    first = decide(asked(intent=Intent.NEW_FOR_YOU), somebody(*TEA), shop, live()).rows[:5]
    assert np.isin(first, PRODUCTS[IS_TEA]).sum() >= 3
