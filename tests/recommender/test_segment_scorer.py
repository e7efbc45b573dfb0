"""Customers who have bought nothing yet: what people like them buy stands higher, and says so truly."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.explanation import explain
from service.recommender.live import Live
from service.recommender.profile import NOBODY, Profile
from service.recommender.question import Question
from service.recommender.reasons import ReasonCode
from service.recommender.segment_popularity import WEIGHT, SegmentPopularity
from service.recommender.segment_scorer import SegmentScorer, cold_scorer
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.segmentation import Segmentation
from service.recommender.wording import LANGUAGES, say
from tests.recommender.odd_shops import NOW, did, somebody, the_shop

ZONE = ZoneInfo("Asia/Tokyo")
ASKED = Question(kind=ItemKind.PRODUCT, now=NOW, diversity=0.0)
SIZES = SegmentSizes(1_000, {"age.35-44": 300, "region.North": 400, "region.Castle": 3}, 1_000, {})


def shop_that_likes(**lifts):
    popular = SegmentPopularity({key.replace("_", ".", 1).replace("_", "-"): dict(liked) for key, liked in lifts.items()})
    return replace(the_shop(), segmentation=Segmentation(sizes=SIZES, popular=popular))


@pytest.fixture(scope="module")
def liked():
    """An item in the middle of the popular ones."""
    shop = the_shop()
    return shop.catalogue.item_ids[int(decide(ASKED, NOBODY, shop, Live(ZONE)).rows[40])]


def place(shop, profile, item_id):
    rows = decide(ASKED, profile, shop, Live(ZONE)).rows.tolist()
    return rows.index(shop.catalogue.row_of[item_id])


def of_age(**more):
    return somebody(traits={"age_band": "35-44", **more})


def test_what_people_like_them_buy_stands_higher_for_them_alone(liked):
    shop = shop_that_likes(age_35_44={liked: 2.0})
    assert place(shop, of_age(), liked) < 40
    for other in (NOBODY, somebody(traits={"age_band": "45-54"}), somebody(traits={})):
        assert place(shop, other, liked) == 40


def test_a_segment_of_a_few_people_moves_nothing(liked):
    shop = shop_that_likes(region_Castle={liked: 2.0}, age_45_54={liked: 2.0})
    assert place(shop, somebody(traits={"region": "Castle", "age_band": "45-54"}), liked) == 40


def test_who_has_bought_is_known_by_that(liked):
    shop = shop_that_likes(age_35_44={liked: 2.0})
    acted = replace(of_age(), actions=did(("PURCHASE", 3, 5, 2)))
    without = replace(acted, traits={})
    assert decide(ASKED, acted, shop, Live(ZONE)).rows.tolist() == decide(ASKED, without, shop, Live(ZONE)).rows.tolist()


def test_the_reason_is_the_drop_without_the_segment(liked):
    shop = shop_that_likes(age_35_44={liked: 2.0}, region_North={liked: 0.5})
    row = shop.catalogue.row_of[liked]
    rest = []
    for traits, drop in (({}, 2.0), ({"region": "North"}, 1.5)):  # without the one segment the other speaks for it
        ranking = decide(ASKED, of_age(**traits), shop, Live(ZONE))
        reasons = {one.code: one for one in explain(ranking, [row], ZONE)[0]}
        said = reasons[ReasonCode.POPULAR_IN_SEGMENT]
        assert [(one.kind.value, one.segment, one.row) for one in said.evidence] == [("SEGMENT", "age.35-44", None)]
        scorer = ranking.assessed.scorer
        assert isinstance(scorer, SegmentScorer)
        features = scorer.features(ranking.assessed.person, np.array([row]))
        less = features.copy()
        less[0, -1] -= drop
        lost = float((scorer.scores(features) - scorer.scores(less))[0])
        assert lost == pytest.approx(WEIGHT * drop, rel=1e-5)
        rest.append(lost / said.share - lost)
        assert ReasonCode.NOT_PERSONALISED not in reasons
        assert sum(one.share for one in reasons.values()) == pytest.approx(1)
    assert rest[0] == pytest.approx(rest[1], rel=1e-4)  # the drops of all other reasons, the same for both


def test_it_is_said_in_every_language(liked):
    shop = shop_that_likes(age_35_44={liked: 2.0})
    ranking = decide(ASKED, of_age(), shop, Live(ZONE))
    (said,) = (one for one in explain(ranking, [shop.catalogue.row_of[liked]], ZONE)[0] if one.code is ReasonCode.POPULAR_IN_SEGMENT)
    assert "Age 35-44" in say(said.message, "en")
    assert all(say(said.message, language, shop.catalogue) for language in LANGUAGES)


def test_what_no_segment_likes_claims_none(liked):
    shop = shop_that_likes(age_35_44={liked: 2.0})
    ranking = decide(ASKED, of_age(), shop, Live(ZONE))
    others = [row for row in ranking.rows.tolist() if shop.catalogue.item_ids[row] != liked][:30]
    for reasons in explain(ranking, others, ZONE):
        assert ReasonCode.POPULAR_IN_SEGMENT not in {one.code for one in reasons}


def test_nothing_is_read_without_traits():
    shop = shop_that_likes(age_35_44={"p1": 2.0})
    assert not isinstance(cold_scorer(NOBODY, shop), SegmentScorer)
    assert not isinstance(cold_scorer(Profile(), shop), SegmentScorer)
    assert isinstance(cold_scorer(of_age(), shop), SegmentScorer)
