"""Measures of rankings: one number a person and measure, then means, intervals, groups, and the gap to the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.evaluation import list_metrics, metrics
from service.evaluation.bootstrap import Interval, intervals
from service.evaluation.breakdown import groups_of
from service.evaluation.interactions import Mask
from service.evaluation.metrics import Marks
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.running import Cost, Ranking
from service.evaluation.shop import Shop, calibrated_category
from service.evaluation.trial import Trial
from service.recommender.arrays import Floats, Ints

ACCURACY: Mapping[str, Callable[[Mask, Ints], Marks]] = {
    "recall": metrics.recall, "ndcg": metrics.ndcg, "hit": metrics.hit, "mrr": metrics.reciprocal_rank,
    "map": metrics.average_precision,
}
PARTS = {Allowed.OWN: "repeat", Allowed.NEW: "explore"}
COMPARED = ("recall", "ndcg", "hit")
"""Measures that are told by group, and against the best baseline."""


@dataclass(frozen=True)
class Quality:
    """What was measured of one contender.

    Attributes
    ----------
    means : by measure, such as ``recall@10``
    intervals : 95 % bootstrap intervals of those that are means over people
    groups : means of the compared measures by group of people
    against_best : paired difference to the best baseline, by compared measure; empty for that baseline itself
    """

    name: str
    means: Mapping[str, float]
    intervals: Mapping[str, Interval]
    groups: Mapping[str, Mapping[str, float]]
    against_best: Mapping[str, Interval]
    cost: Cost


def measure(
    rankings: Sequence[Ranking], trial: Trial, shop: Shop, ks: Sequence[int], *, baselines: frozenset[str], seed: int,
) -> list[Quality]:
    """Measure every ranking on the same people.

    The best baseline is that of the highest NDCG at the first k.

    Parameters
    ----------
    ks : lengths of list, none longer than the rankings
    baselines : names of the rankings that are baselines
    seed : of the bootstrap
    """
    known = trial.without_held_out()
    taken = np.bincount(known.took.indices, minlength=known.n_items).astype(np.float32)
    groups = groups_of(trial, shop)
    marks = {
        one.name: {
            f"{name}@{k}": column
            for k in ks
            for name, column in {
                **_accuracy(one, trial.occasions, k),
                **_character(one.items[:, :k], trial.occasions, shop, taken),
            }.items()
        }
        for one in rankings
    }
    compared = [f"{name}@{k}" for k in ks for name in COMPARED]
    standing = {name: _mean(marks[name][f"ndcg@{ks[0]}"]) for name in marks if name in baselines}
    best = max(standing, key=lambda name: standing[name]) if standing else None
    found = []
    for one in rankings:
        columns = marks[one.name]
        told = dict(zip(columns, intervals(np.column_stack(list(columns.values())), seed), strict=True))
        means = {name: interval.mean for name, interval in told.items()}
        means |= {f"coverage@{k}": list_metrics.coverage(one.items[:, :k], known.n_items) for k in ks}
        found.append(Quality(
            one.name, means, told,
            {group: {name: _mean(columns[name][mask]) for name in compared} | {"people": float(mask.sum())}
             for group, mask in groups.items()},
            {} if best in {None, one.name} else _gaps(columns, marks[str(best)], compared, seed),
            one.cost,
        ))
    return found


def _accuracy(one: Ranking, occasions: Occasions, k: int) -> dict[str, Marks]:
    found = _of_truth(one.items[:, :k], occasions, None, ACCURACY)
    for kind, items in one.restricted.items():
        part, repeat = PARTS[kind], occasions.truth_is_repeat
        among = repeat if kind is Allowed.OWN else ~repeat
        for prefix, lists in ((part, items), (f"within_{part}", one.items)):
            told = _of_truth(lists[:, :k], occasions, among, {"recall": metrics.recall, "ndcg": metrics.ndcg})
            found |= {f"{prefix}_{name}": column for name, column in told.items()}
    return found


def _of_truth(
    items: Ints, occasions: Occasions, among: Mask | None, measures: Mapping[str, Callable[[Mask, Ints], Marks]],
) -> dict[str, Marks]:
    rows = occasions.truth_rows if among is None else occasions.truth_rows[among]
    sizes = np.bincount(rows, minlength=len(occasions))
    hits = metrics.hits_of(items, occasions, among)
    return {name: measured(hits, sizes) for name, measured in measures.items()}


def _character(items: Ints, occasions: Occasions, shop: Shop, taken: Floats) -> dict[str, Marks]:
    n_people = shop.interactions.n_people
    found = {
        "novelty": list_metrics.novelty(items, taken, n_people),
        "popularity_share": list_metrics.popularity_share(items, taken),
    }
    if shop.paths is not None and shop.paths.shape[1]:
        row, entry = occasions.past
        past = row, occasions.history.item[entry]
        found["diversity"] = list_metrics.diversity(items, shop.paths)
        found["calibration"] = list_metrics.calibration(items, calibrated_category(shop.paths), past)
    return found


def _gaps(ours: Mapping[str, Marks], best: Mapping[str, Marks], compared: Sequence[str], seed: int,
          ) -> Mapping[str, Interval]:
    gaps = np.column_stack([ours[name] - best[name] for name in compared])
    return dict(zip(compared, intervals(gaps, seed), strict=True))


def _mean(marks: Marks) -> float:
    there = marks[~np.isnan(marks)]
    return float(there.mean()) if there.size else float("nan")
