"""New items: what they are says to whom they may be of use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.candidates import NEW, Source, generate
from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.item_features import ItemFeatures
from service.recommender.newcomers import NEW_DAYS, newcomer_scores
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
    taste_aside = scores - 1.2 * np.log(lost.answer_scale[PRODUCTS])
    assert taste_aside[IS_TEA].min() > taste_aside[~IS_TEA].max()


def test_a_brand_that_they_keep_to_speaks_too():
    brand = np.array(SHOP.catalogue.texts.brand, object)
    same = np.flatnonzero((brand[PRODUCTS] == brand[20]) & ~IS_TEA)
    other = np.flatnonzero((brand[PRODUCTS] != brand[20]) & ~IS_TEA)
    lost = replace(SHOP.embedding, vectors=np.zeros_like(SHOP.embedding.vectors))
    shop = replace(unsold(SHOP), embedding=replace(lost, answer_scale=np.ones_like(lost.answer_scale)))
    scores = newcomer_scores(view(somebody(("PURCHASE", 20, 3, 6)), shop), shop, PRODUCTS)
    assert scores[same].min() > scores[other].max()
    assert scores[IS_TEA].min() > scores[same].max()


def test_of_two_alike_the_one_that_more_people_are_expected_to_buy_comes_first():
    person = view(somebody(*TEA), SHOP)
    louder = replace(SHOP.embedding, answer_scale=SHOP.embedding.answer_scale.copy())
    louder.answer_scale[60] *= 2
    shop = replace(SHOP, embedding=louder)
    gain = newcomer_scores(view(somebody(*TEA), shop), shop, PRODUCTS) - newcomer_scores(person, SHOP, PRODUCTS)
    assert gain[60] > 0.5
    assert np.abs(np.delete(gain, 60)).max() == 0


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
