"""Lists about an item, a query or the moment: the same for everybody, and ads only where they may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.errors import InvalidArgument
from service.recommender.question import RelatedIntent
from service.recommender.reasons import ReasonCode
from service.recommender.related import found_by_title, related_to, trending_now
from tests.recommender.odd_shops import asked, bent, live, only, the_shop, without_categories

SHOP = the_shop()


@pytest.mark.parametrize("intent", RelatedIntent)
@pytest.mark.parametrize("shop", [SHOP, without_categories(SHOP), replace(SHOP, neighbours={}), only(SHOP, [3])])
def test_an_item_is_not_related_to_itself(intent, shop):
    item_id = shop.catalogue.item_ids[0]
    ranking, reasons = related_to(item_id, intent, asked(), shop, live())
    assert 0 not in ranking.rows
    assert all(sum(one.share for one in reasons[row]) == 1 for row in ranking.rows.tolist())


def test_a_complement_is_of_another_category():
    rows = related_to("p3", RelatedIntent.COMPLEMENT, asked(), SHOP, live())[0].rows
    assert rows.size
    assert (SHOP.catalogue.path[rows] != SHOP.catalogue.path[3]).all()


def test_what_cannot_be_answered_is_refused():
    with pytest.raises(InvalidArgument, match="no item"):
        related_to("gone", RelatedIntent.SIMILAR, asked(), SHOP, live())
    with pytest.raises(InvalidArgument, match="empty"):
        found_by_title("  ", list(ItemKind), asked(), SHOP, live())


@pytest.mark.parametrize("kind", ItemKind)
def test_only_what_rises_is_said_to(kind):
    ranking, reasons = trending_now(asked(kind=kind), SHOP, live())
    for row in ranking.rows.tolist():
        codes = {one.code for one in reasons[row]}
        assert (ReasonCode.TRENDING in codes) <= (SHOP.items.trend[row] > 0)
        assert (ReasonCode.SPONSORED in codes) == (kind is ItemKind.AD)


@pytest.mark.parametrize("found", [
    lambda shop: trending_now(asked(kind=ItemKind.AD), shop, live()),
    lambda shop: found_by_title("try", [ItemKind.AD], asked(), shop, live()),
])
def test_ads_of_a_segment_or_without_money_are_shown_to_nobody_else(found):
    rows = found(SHOP)[0].rows.tolist()
    assert rows
    assert all(not SHOP.catalogue.segments[row] for row in rows)
    broke = bent(SHOP, daily_budget=np.where(np.isnan(SHOP.catalogue.bid), np.nan, 0.01).astype(np.float32))
    assert found(broke)[0].rows.size == 0
