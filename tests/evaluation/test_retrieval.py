from __future__ import annotations

import numpy as np

from index.embedding import EmbeddingSettings, embed
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.retrieval import Retrieval, folded_in
from tests.evaluation.small_trials import interactions


def fitted():
    draw = np.random.default_rng(11)
    rows = [(person, int(item), day, 10 * person + day)
            for person in range(80) for day in range(5) for item in np.unique(draw.zipf(1.3, 4) % 30)]
    trial = last_basket(interactions(*rows, n_people=80, n_items=30))
    retrieval = Retrieval(EmbeddingSettings(dimension=6))
    retrieval.fit(trial.without_held_out(), 0)
    return trial, retrieval


def test_its_lists_are_those_of_exact_inner_products():
    trial, retrieval = fitted()
    embedding = embed(trial.without_held_out().took, EmbeddingSettings(dimension=6))
    scores = folded_in(embedding, trial.occasions.seen) @ embedding.answers.T
    lists = retrieval.rank(trial.occasions.asked(), 5)
    np.testing.assert_allclose(np.take_along_axis(scores, lists, 1), -np.sort(-scores, 1)[:, :5], atol=1e-5)


def test_new_items_and_own_items_part_the_same_order():
    trial, retrieval = fitted()
    asked = trial.occasions.asked()
    whole = retrieval.rank(asked, 30)
    for kind, own in ((Allowed.NEW, False), (Allowed.OWN, True)):
        for index, items in enumerate(retrieval.rank(asked.among(kind), 30)):
            seen = asked.take(np.array([index])).seen.indices
            kept = [int(item) for item in whole[index] if (item in seen) == own]
            assert items[items >= 0].tolist() == kept


def test_who_is_unknown_gets_what_is_popular():
    trial, retrieval = fitted()
    nobody = trial.interactions.keep(np.zeros(len(trial.interactions), bool))
    retrieval.fit(trial.interactions, 0)
    popular = retrieval.rank(Occasions(
        person=np.array([0]), keys=["0"], at=np.array([0]), history=nobody, start=np.array([0]), end=np.array([0]),
        truth=np.empty(0, np.int64), truth_start=np.array([0, 0]), allowed=Allowed.ALL,
    ), 3)
    counts = trial.interactions.popularity
    assert counts[popular[0]].tolist() == sorted(counts, reverse=True)[:3]
