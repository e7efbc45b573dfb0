from __future__ import annotations

import numpy as np
import pytest

from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings
from index.examples import offered
from index.learning import learn_embedding
from index.moments import moment, people_at
from index.newcomers import MOST_KEPT, as_newcomers
from index.text_features import text_features
from service.recommender.actions import NO_ACTIONS, PURCHASE
from service.recommender.ranking_features import COLUMN
from tests.index.clustered_inputs import training_inputs


@pytest.fixture(scope="module")
def grown():
    inputs = training_inputs()
    catalogue = read_catalogue(inputs.items, "1")
    at = inputs.cutoffs[-1]
    people = people_at(inputs, at, catalogue)
    learned = learn_embedding(people.values(), catalogue, text_features(catalogue), EmbeddingSettings(dimension=12))
    return moment(inputs, at, catalogue, learned)


def test_each_keeps_a_few_of_their_own_purchases_as_if_made_once(grown) -> None:
    keys = grown.learnable[::2]
    young = as_newcomers(grown, keys, seed=7)
    sizes = [len(young.people[key]) for key in keys]
    assert set(sizes) == set(range(1, MOST_KEPT + 1))
    for key in keys:
        few, whole = young.people[key], grown.people[key]
        assert set(few.item.tolist()) <= set(whole.item[whole.type == PURCHASE].tolist())
        assert (few.count == 1).all()
        assert (few.first_at == few.last_at).all()
        assert (few.last_at < grown.at.timestamp()).all()


def test_others_and_what_was_bought_next_stay(grown) -> None:
    keys = grown.learnable[::2]
    young = as_newcomers(grown, keys, seed=7)
    other = grown.learnable[1]
    assert young.people[other] is grown.people[other]
    assert young.learnable == grown.learnable
    offer = next(offered(young, keys[:1]))
    assert np.expm1(offer.features()[0, COLUMN["person_items"]]) <= MOST_KEPT + 1e-4


def test_the_draw_is_seeded(grown) -> None:
    def kept(seed: int) -> list[list[int]]:
        return [one.item.tolist() for one in as_newcomers(grown, grown.learnable, seed).people.values()]

    assert kept(7) == kept(7)
    assert kept(7) != kept(8)


def test_who_never_bought_is_no_newcomer_to_learn_from(grown) -> None:
    key = grown.learnable[0]
    people = {**grown.people, key: NO_ACTIONS}
    assert key not in as_newcomers(type(grown)(grown.at, grown.snapshot, people, {}), [key], seed=7).people
