"""The ranker: LightGBM LambdaRank over the features of a person and an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm
import numpy as np

from index.examples import Examples
from service.recommender.arrays import Floats
from service.recommender.ranking_features import FEATURE_NAMES


@dataclass(frozen=True, slots=True)
class RankerSettings:
    """How the ranker is fitted."""

    trees: int = 150
    leaves: int = 63
    learning_rate: float = 0.07
    least_in_leaf: int = 200
    negatives: float = 0.075
    people_per_cutoff: int = 1_500
    bins: int = 63
    """Steps that a feature is told in: 255 take twice as long and order no better."""
    threads: int = 2
    """As many make the same trees; on a busy machine they wait for each other actively and take longer than one."""
    truncation: int = 60
    """How deep into a list the order is worth learning."""
    seed: int = 7


FEWEST_LEAVES = 8
GROUPS_A_LEAF = 200
"""So many groups of examples have to stand behind each leaf of a tree."""
SCARCE_GROUPS = 2_500
SAMPLING = {"feature_fraction": 0.6, "bagging_fraction": 0.7, "bagging_freq": 1}
"""Each tree sees a part of all, so that what it learns by heart is not what the next one does."""
CAUTION = {"feature_fraction": 0.5, "lambda_l2": 10.0}
"""How trees are kept from learning a small shop's few weeks by heart: they say less."""


@dataclass(frozen=True)
class TrainedRanker:
    """A fitted model, in LightGBM's own text format, and what it goes by."""

    text: str
    importance: Mapping[str, float]
    """Part of the total gain that each feature has; they sum to 1."""
    booster: lightgbm.Booster
    feature_names: tuple[str, ...] = FEATURE_NAMES

    def ranking_scores(self, features: Floats) -> Floats:
        """Score candidates, shape (n_candidates,)."""
        return np.asarray(self.booster.predict(features), np.float32)


def fit_ranker(examples: Examples, settings: RankerSettings) -> TrainedRanker:
    """Fit LambdaRank, the same on every run with the same number of threads.

    From few groups simpler trees are made, with more caution: those that suit a large shop do worse on a small one than
    its people's own favourites.

    References
    ----------
    Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82.
    """
    data = lightgbm.Dataset(
        examples.features, examples.grades, group=examples.groups, feature_name=list(FEATURE_NAMES),
        params={"verbosity": -1, "max_bin": settings.bins}, free_raw_data=True,
    )
    parameters = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": settings.truncation,
        "num_leaves": min(settings.leaves, max(FEWEST_LEAVES, examples.groups.size // GROUPS_A_LEAF)),
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": min(settings.least_in_leaf, max(1, len(examples.grades) // 20)),
        "num_threads": settings.threads,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        **SAMPLING,
        **(CAUTION if examples.groups.size < SCARCE_GROUPS else {}),
    }
    booster = lightgbm.train(parameters, data, num_boost_round=settings.trees)
    gain = np.asarray(booster.feature_importance("gain"), np.float64)
    share = gain / max(gain.sum(), np.finfo(np.float64).tiny)
    importance = dict(zip(FEATURE_NAMES, share.tolist(), strict=True))
    return TrainedRanker(booster.model_to_string(), importance, booster)
