"""Which models run in which protocol."""

from __future__ import annotations

from service.evaluation.baselines.implicit_als import ImplicitAls
from service.evaluation.baselines.item_knn import ItemKnn
from service.evaluation.baselines.most_popular import MostPopular
from service.evaluation.baselines.own_most_frequent import OwnMostFrequent
from service.evaluation.baselines.recency_weighted_frequency import RecencyWeightedFrequency
from service.evaluation.baselines.rp3beta import Rp3Beta
from service.evaluation.baselines.tifu_knn import TifuKnn
from service.evaluation.contender import Contender
from service.evaluation.occasions import Allowed
from service.evaluation.trial import Trial


def baselines_for(trial: Trial, seed: int) -> list[Contender]:
    """Every baseline that the protocol makes sense for.

    Where own items are masked, ranking them by frequency says nothing; where there are no times, neither do baskets.
    """
    if not trial.is_timed:
        return [MostPopular(), ItemKnn(), Rp3Beta(), ImplicitAls(seed=seed)]
    # Where items are taken many times, the weights that suit single takings reach a fifth of the recall of these.
    als = ImplicitAls(dimension=32, iterations=6, unobserved=1.0, regularisation=0.01, seed=seed)
    collaborative: list[Contender] = [ItemKnn(), Rp3Beta(), als]
    if trial.occasions.allowed is Allowed.NEW:
        return [MostPopular(), *collaborative, TifuKnn()]
    own: list[Contender] = [OwnMostFrequent(filled=False), OwnMostFrequent(filled=True), RecencyWeightedFrequency()]
    return [MostPopular(), *own, *collaborative, TifuKnn()]
