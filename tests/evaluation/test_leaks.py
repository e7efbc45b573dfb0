"""Nobody may know the future: a leak is planted, and a model that uses it is caught."""

from __future__ import annotations

import numpy as np
import pytest

from index.embedding import EmbeddingSettings
from service.evaluation.baselines.implicit_als import ImplicitAls
from service.evaluation.baselines.item_knn import ItemKnn
from service.evaluation.baselines.most_popular import MostPopular
from service.evaluation.baselines.own_most_frequent import OwnMostFrequent
from service.evaluation.baselines.recency_weighted_frequency import RecencyWeightedFrequency
from service.evaluation.baselines.rp3beta import Rp3Beta
from service.evaluation.baselines.tifu_knn import TifuKnn
from service.evaluation.contender import NIGHTLY
from service.evaluation.interactions import Interactions
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.protocols.leave_one_out import leave_one_out
from service.evaluation.retrieval import Retrieval
from service.evaluation.running import evaluate
from service.evaluation.time_groups import DAY, group_starts
from tests.evaluation.small_trials import checkerboard

LEAK = 60
"""An item that nobody buys before the cutoff and everybody buys after it, again and again."""
CUTOFF = 60
EARLY = 30
"""People whose last basket is on the cutoff's day; it holds the leak, so foreseeing it would pay."""


def planted() -> Interactions:
    shop = checkerboard(people=40, items=LEAK, weeks=8)  # ends on day 53
    rows = [(person, LEAK, CUTOFF, 1_000 + person) for person in range(EARLY)]
    rows += [(person, LEAK, CUTOFF + day, 2_000 + 100 * person + day) for person in range(EARLY, 40) for day in range(8, 38)]
    person, item, day, basket = np.array(rows).T
    return Interactions.of(
        np.concatenate([shop.person, person]), np.concatenate([shop.item, item]),
        np.concatenate([shop.at, day * DAY]), np.concatenate([shop.basket, basket]), n_people=40, n_items=LEAK + 1,
    )


class Cheat(MostPopular):
    """Counts what will be bought: it holds the whole data, whatever it is given."""

    name = "cheat"
    lasts = NIGHTLY

    def __init__(self, everything: Interactions) -> None:
        self._everything = everything

    def fit(self, train: Interactions, as_of: int) -> None:
        assert len(train) < len(self._everything)
        super().fit(self._everything, as_of)


def leaks(contender, trial, k=5) -> int:
    """How many of those asked on the cutoff's day are recommended what was unknown that day."""
    [ranking] = evaluate([contender], trial, k)
    return int((ranking.items[trial.occasions.at == CUTOFF * DAY] == LEAK).any(axis=1).sum())


CONTENDERS = [
    MostPopular(), OwnMostFrequent(filled=False), OwnMostFrequent(filled=True), RecencyWeightedFrequency(), ItemKnn(),
    Rp3Beta(), ImplicitAls(dimension=8, iterations=3), TifuKnn(), Retrieval(EmbeddingSettings(dimension=4)),
]


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda one: one.name)
def test_what_everybody_buys_only_later_helps_no_model(contender):
    assert leaks(contender, last_basket(planted())) == 0


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda one: one.name)
def test_nor_where_new_items_are_asked_for(contender):
    assert leaks(contender, leave_one_out(planted())) == 0


def test_a_model_that_knows_the_future_is_caught_by_the_same_check():
    shop = planted()
    assert leaks(Cheat(shop), last_basket(shop)) == EARLY
    assert leaks(Cheat(shop), leave_one_out(shop)) == EARLY


def test_the_looser_rule_lets_the_leak_in_and_is_therefore_not_the_default():
    trial = last_basket(planted())
    [loose] = evaluate([MostPopular()], trial, 10, strict=False)
    assert (loose.items == LEAK).any()


class Witness(MostPopular):
    """Writes down everything that it is handed."""

    name = "witness"
    lasts = NIGHTLY

    def __init__(self) -> None:
        self.handed: list[tuple[int, Interactions]] = []
        self.asked = []

    def fit(self, train: Interactions, as_of: int) -> None:
        self.handed.append((as_of, train))
        super().fit(train, as_of)

    def rank(self, occasions, k):
        self.asked.append((self.handed[-1][0], occasions))
        return super().rank(occasions, k)


@pytest.mark.parametrize("protocol", [last_basket, leave_one_out])
def test_nothing_that_is_handed_over_is_later_than_it_may_be(protocol):
    witness, trial = Witness(), protocol(planted())
    evaluate([witness], trial, 5)
    assert len(witness.handed) > 1
    kinds = {occasions.allowed for _, occasions in witness.asked}
    assert sum(len(occasions) for _, occasions in witness.asked) == len(kinds) * len(trial.occasions)
    for as_of, train in witness.handed:
        assert as_of % DAY == 0
        assert train.at.max(initial=0) < as_of
    for as_of, occasions in witness.asked:
        assert (occasions.at // DAY * DAY >= as_of).all()
        assert occasions.truth.size == 0
        assert len(occasions.history) == (occasions.end - occasions.start).sum()
        owner, entry = occasions.past
        assert (occasions.history.person[entry] == occasions.person[owner]).all()
        assert (occasions.history.at[entry] < occasions.at[owner]).all()


def test_ones_own_history_is_exact_up_to_the_moment():
    trial = last_basket(planted())
    whole, asked = trial.occasions, trial.occasions.asked()
    for index in range(len(whole)):
        own = (trial.interactions.person == whole.person[index]) & (trial.interactions.at < whole.at[index])
        rows = slice(asked.start[index], asked.end[index])
        assert asked.history.item[rows].tolist() == trial.interactions.item[own].tolist()


def test_groups_never_start_after_the_day_of_their_occasions_and_the_latest_are_daily():
    at = np.random.default_rng(1).integers(0, 400 * DAY, 500)
    starts = group_starts(at)
    assert (starts <= at // DAY * DAY).all()
    latest = at > at.max() - 20 * DAY
    assert (at[latest] - starts[latest] < DAY).all()
    assert np.unique(starts).size <= 28 + 6 + 8
