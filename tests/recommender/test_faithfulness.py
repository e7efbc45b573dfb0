"""Faithfulness, on a shop with a trained ranker: reasons rest on what matters, and say where the item would be else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from service.recommender.catalogue import ItemKind
from service.recommender.decision import decide
from service.recommender.explanation import explain, positions_without
from service.recommender.question import Intent
from service.recommender.reasons import ReasonCode
from tests.deletion import Deletions, evidence, fall_without
from tests.recommender.odd_shops import asked, live
from tests.trained_shop import trained_shop

LISTS = [*((ItemKind.PRODUCT, intent) for intent in Intent), (ItemKind.CONTENT, Intent.FOR_YOU), (ItemKind.AD, Intent.FOR_YOU)]
PEOPLE = 12


@pytest.fixture(params=LISTS, ids=lambda one: f"{one[0]}-{one[1]}", scope="module")
def rankings(request):
    shop, people = trained_shop()
    kind, intent = request.param
    return [(one, decide(asked(kind=kind, intent=intent), one, shop, live())) for one in people[:PEOPLE]]


def test_what_is_cited_matters_more_than_as_much_of_anything_else(rankings):
    found = Deletions(np.random.default_rng(11))
    for profile, ranking in rankings:
        found.weigh(ranking, profile, live())
    assert found.cited >= 30
    assert found.rate >= 0.95, found.lost


def test_a_share_is_its_part_of_all_the_falls(rankings):
    for profile, ranking in rankings[:4]:
        rows = ranking.rows[:10].tolist()
        for row, reasons in zip(rows, explain(ranking, rows, live().zone), strict=True):
            assert sum(one.share for one in reasons) == pytest.approx(1, abs=1e-6)
            personal = [one for one in reasons if one.actions]
            falls = [fall_without(ranking, profile, row, one.actions) for one in personal]
            assert all(fall > 0 for fall in falls)
            for one, fall in zip(personal, falls, strict=True):
                assert one.share / personal[0].share == pytest.approx(fall / falls[0], rel=0.02, abs=0.005)


def test_a_position_without_is_exactly_where_the_item_then_stands(rankings):
    shop, _ = trained_shop()
    draw, moved = np.random.default_rng(3), 0
    for profile, ranking in rankings[:4]:
        def replay(other, question=ranking.assessed.question):
            return decide(question, other, shop, live()).rows.tolist()

        told = list(evidence(ranking, ranking.rows[:20].tolist(), live()))
        chosen = [told[index] for index in draw.permutation(len(told))[:6]]
        for (row, gone), place in zip(chosen, positions_without(replay, profile, chosen), strict=True):
            then = replay(profile.without(gone))[:200]
            assert place == (then.index(row) + 1 if row in then else None)
            moved += place != ranking.rows.tolist().index(row) + 1
    assert moved or ranking.assessed.question.kind is not ItemKind.PRODUCT


def test_evidence_is_minimal(rankings):
    shop, _ = trained_shop()
    for profile, ranking in rankings[:6]:
        def replay(other, question=ranking.assessed.question):
            return decide(question, other, shop, live()).rows.tolist()

        for row, cited in evidence(ranking, ranking.rows[:20].tolist(), live()):
            assert len(cited) <= 3
            parts = [(row, frozenset(part)) for size in range(1, len(cited)) for part in combinations(sorted(cited), size)]
            if parts and positions_without(replay, profile, [(row, cited)]) == [None]:
                assert None not in positions_without(replay, profile, parts)


def test_small_reasons_are_merged_and_never_told(rankings):
    for _, ranking in rankings:
        for reasons in explain(ranking, ranking.rows[:10].tolist(), live().zone):
            told = [one for one in reasons if one.code is not ReasonCode.EXPLORATION and one.share]
            assert all(one.share >= 0.08 or one.code in {ReasonCode.POPULAR, ReasonCode.TRENDING, ReasonCode.EDITORIAL,
                       ReasonCode.NEW, ReasonCode.SPONSORED} for one in told)
