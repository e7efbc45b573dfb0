from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pytest

from service.evaluation.baselines.most_popular import MostPopular
from service.evaluation.baselines.own_most_frequent import OwnMostFrequent
from service.evaluation.contender import NIGHTLY, WEEKLY
from service.evaluation.errors import ContenderAtFault
from service.evaluation.measuring import measure
from service.evaluation.occasions import Allowed
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.protocols.leave_one_out import leave_one_out
from service.evaluation.report import as_dict
from service.evaluation.running import evaluate
from service.evaluation.shop import Shop, category_codes
from service.evaluation.time_groups import group_starts
from tests.evaluation.small_trials import checkerboard


class Scripted(MostPopular):
    """Answers what the test says."""

    name = "scripted"
    lasts = NIGHTLY

    def __init__(self, answer):
        self._answer = answer

    def rank(self, occasions, k):
        return self._answer(occasions, k)


@pytest.mark.parametrize(("answer", "said"), [
    (lambda asked, k: np.zeros((len(asked), k + 1), np.int64), "shape"),
    (lambda asked, k: np.zeros((len(asked), k), np.int64), "twice"),
    (lambda asked, k: np.full((len(asked), k), 999), "outside"),
    (lambda asked, k: np.full((len(asked), k), -2), "outside"),
    (lambda asked, k: np.stack([asked.seen[[i]].indices[:k] for i in range(len(asked))]), "not allowed: new"),
])
def test_a_list_that_is_none_is_refused_by_the_models_name(answer, said):
    trial = leave_one_out(checkerboard(people=12, items=20, weeks=5))
    with pytest.raises(ContenderAtFault, match=f"scripted .*{said}"):
        evaluate([Scripted(answer)], trial, 2)


class Oracle(MostPopular):
    """Knows the truth by heart, of all or of only the new items."""

    def __init__(self, trial, *, only_new):
        self.name, self._trial, self._only_new = "oracle", trial, only_new

    def rank(self, occasions, k):
        whole, lists = self._trial.occasions, np.full((len(occasions), k), -1, np.int64)
        for row, person in enumerate(occasions.person):
            index = int(np.flatnonzero(whole.person == person)[0])
            part = slice(whole.truth_start[index], whole.truth_start[index + 1])
            repeat = whole.truth_is_repeat[part]
            kept = {Allowed.ALL: ~repeat | (not self._only_new), Allowed.NEW: ~repeat,
                    Allowed.OWN: repeat & (not self._only_new)}[occasions.allowed]
            known = whole.truth[part][kept][:k]
            lists[row, : known.size] = known
        return lists


def measured(only_new):
    shop = Shop(
        checkerboard(people=160, items=40, weeks=6), paths=category_codes([("A", str(n % 4)) for n in range(40)]),
        segments={"even": np.arange(0, 160, 2), "few": np.arange(5)}, about={"items": 40},
    )
    trial = last_basket(shop.interactions)
    contenders = [OwnMostFrequent(filled=True), MostPopular(), Oracle(trial, only_new=only_new)]
    rankings = evaluate(contenders, trial, 5)
    found = measure(rankings, trial, shop, [5, 3], baselines=frozenset({"most-popular", "own-most-frequent-filled"}),
                    seed=1)
    return trial, shop, rankings, found


def test_who_knows_everything_is_perfect_and_the_gap_to_the_best_baseline_is_told_in_pairs():
    _, _, _, (own, popular, oracle) = measured(only_new=False)
    for name in ("recall@5", "ndcg@5", "hit@5", "mrr@5", "map@5", "repeat_recall@5", "explore_recall@5", "ndcg@3"):
        assert oracle.means[name] == pytest.approx(1), name
    best = max((own, popular), key=lambda one: one.means["ndcg@5"])
    other = popular if best is own else own
    assert best.against_best == {}
    assert oracle.against_best["ndcg@5"].mean == pytest.approx(1 - best.means["ndcg@5"])
    assert other.against_best["ndcg@5"].mean <= 0
    assert oracle.against_best["ndcg@5"].low > 0


def test_repeat_and_explore_look_at_their_own_part_of_the_truth():
    trial, _, _, (*_, oracle) = measured(only_new=True)
    assert 0.1 < np.mean(trial.occasions.truth_is_repeat) < 0.9
    assert oracle.means["explore_recall@5"] == pytest.approx(1)
    assert oracle.means["within_explore_recall@5"] == pytest.approx(1)
    assert oracle.means["repeat_recall@5"] == 0
    assert oracle.means["within_repeat_recall@5"] == 0
    assert 0 < oracle.means["recall@5"] < 1


def test_groups_are_told_where_they_are_large_enough():
    _, _, _, (own, *_) = measured(only_new=False)
    assert own.groups["segment even"]["people"] == 80
    assert "segment few" not in own.groups
    thirds = [group for group in own.groups if group.startswith("history")]
    people = sum(own.groups[group]["people"] for group in thirds)
    assert people <= 160
    mean = sum(own.groups[group]["ndcg@5"] * own.groups[group]["people"] for group in thirds) / people
    if people == 160:
        assert mean == pytest.approx(own.means["ndcg@5"])


def test_the_report_is_plain_and_has_the_contracts_names():
    trial, shop, rankings, found = measured(only_new=False)
    told = json.loads(json.dumps(as_dict(found, trial, shop, rankings, strict=True), allow_nan=False))
    assert set(told) >= {"data", "protocol", "models"}
    assert told["protocol"] == "last-basket"
    assert told["data"]["asked"] == 160
    model = told["models"]["own-most-frequent-filled"]
    assert set(model) >= {"recall@5", "ndcg@5", "hit@5", "coverage@5", "fit_s", "recall@3"}
    low, high = model["intervals"]["recall@5"]
    assert low <= model["recall@5"] <= high


def test_a_model_is_fitted_as_often_as_its_fits_last():
    trial = last_basket(checkerboard(people=60, items=20, weeks=9))

    class Weekly(MostPopular):
        name, lasts = "weekly", WEEKLY
        seen: ClassVar[list[int]] = []

        def fit(self, train, as_of):
            self.seen.append(as_of)
            super().fit(train, as_of)

    nightly, weekly = evaluate([MostPopular(), Weekly()], trial, 3)
    groups = np.unique(group_starts(trial.occasions.at))
    assert nightly.fits == groups.size > weekly.fits == len(Weekly.seen)
    assert (np.diff(Weekly.seen) >= WEEKLY).all()
    shop = Shop(trial.interactions)
    found = measure([nightly, weekly], trial, shop, [3], baselines=frozenset({"weekly"}), seed=1)
    told = as_dict(found, trial, shop, [nightly, weekly], strict=True)
    assert [told["models"][name]["fits"] for name in ("most-popular", "weekly")] == [nightly.fits, weekly.fits]
