"""Reasons of shelves: what they name is what the shelf rests on, and a page does not say the same again and again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.events import Impression
from service.recommender.home import compose
from service.recommender.impressions import gather
from service.recommender.person_view import PersonView
from service.recommender.reasons import Evidence, EvidenceKind, Reason, ReasonCode
from service.recommender.shelf_reasons import CONTENTS, repeating, resting
from service.recommender.stored import StoredImpressions
from service.recommender.wording import Message
from tests.fakes import START
from tests.recommender.odd_shops import NOW, PURPOSES, asked, live, somebody, the_shop, view
from tests.trained_shop import trained_shop

SHOP = the_shop()
KEYS = ("reading", "discover", "for_you")


def page_of(profile, shop=SHOP):
    return compose(asked(placement="home"), profile, profile, shop, live())


def saying(row, code=ReasonCode.YOUR_ACTION):
    evidence = () if row is None else (Evidence(EvidenceKind.ACTION, row, "PURCHASE"),)
    return Reason(code, Message("shelf_reason.for_you"), 1.0, evidence)


def test_a_page_says_the_same_for_the_same_once():
    assert repeating([("discover", saying(3)), ("because", saying(3))]) == {"because"}
    assert repeating([("discover", saying(3)), ("because", saying(4))]) == set()
    assert repeating([("discover", saying(3)), ("because", saying(3, ReasonCode.BOUGHT_TOGETHER))]) == set()
    assert repeating([("on_sale", saying(None)), ("new", saying(None)), ("trending", saying(None))]) == set()


def test_what_is_said_of_products_may_be_said_of_contents():
    assert repeating([("reading", saying(3)), ("discover", saying(3)), ("because", saying(3))]) == {"because"}


def test_what_is_chosen_for_one_never_gives_way():
    assert repeating([("discover", saying(3)), ("for_you", saying(3))]) == {"discover"}


def test_no_page_of_anybody_says_the_same_twice():
    shop, people = trained_shop()
    lonely = [somebody(("PURCHASE", 3, 4)), somebody(("VIEW", 3, 4)), somebody(("LIKE", 24, 4), ("DISLIKE", 3, 1))]
    for profile in [*people[:6], *lonely]:
        said = [(shelf.reason.code, shelf.reason.actions, shelf.key == CONTENTS)
                for shelf in page_of(profile, shop).shelves if shelf.reason.actions]
        assert len(set(said)) == len(said)
    keys = {shelf.key for shelf in page_of(lonely[1]).shelves}
    assert {"for_you", "reading"} <= keys
    assert "discover" not in keys


@pytest.mark.parametrize("key", ["reading", "discover"])
def test_without_what_a_shelf_names_its_front_falls_further_than_without_anything_else(key):
    shop, people = trained_shop()
    draw, held, weighed = np.random.default_rng(2), 0, 0
    for profile in people[:24]:
        for shelf in page_of(profile, shop).shelves:
            if shelf.key != key:
                continue
            one, rows = shelf.ranking.assessed, shelf.ranking.rows[:12]
            keys = [profile.actions.key(index) for index in range(len(profile.actions))]
            others = sorted(set(keys) - shelf.reason.actions)
            drawn = [others[index] for index in draw.choice(len(others), len(shelf.reason.actions), replace=False)]

            def left(gone, one=one, rows=rows, profile=profile):
                person = PersonView(profile.actions.without(gone), NOW, shop.catalogue, shop.items, shop.embedding)
                return float(one.scorer.scores(one.scorer.features(person, rows)).sum())

            weighed += 1
            held += left(shelf.reason.actions) < left(drawn)
    assert weighed >= 10
    assert held / weighed >= 0.95


def test_what_was_only_disliked_carries_no_shelf():
    assert resting("for_you", view(somebody(("DISLIKE", 3, 1)), SHOP), SHOP, np.arange(20)) == ()
    assert resting("trending", view(somebody(("LIKE", 3, 1)), SHOP), SHOP, np.arange(20)) == ()


def test_company_that_was_shown_in_vain_is_told_of_another_purchase():
    profile = somebody(("PURCHASE", 3, 1), ("PURCHASE", 24, 5), ("PURCHASE", 45, 9))

    def anchor(worn):
        seen = [Impression(SHOP.catalogue.item_ids[row], START) for row in worn for _ in range(4)]
        shown = gather(StoredImpressions(), seen, PURPOSES, SHOP.catalogue)
        shelves = page_of(replace(profile, impressions=shown)).shelves
        return next(shelf.question.anchor_item_id for shelf in shelves if shelf.key == "because")

    together = SHOP.items.together
    assert anchor([]) == anchor(together[3][:3]) == "p3"
    assert anchor(together[3][:4]) == "p24"
    assert anchor([*together[3][:4], *together[24][:4], *together[45][:4]]) == "p3"
