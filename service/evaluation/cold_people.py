"""New people: customers whose whole past is hidden, or all of it but one purchase, or all but what they told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index.inputs import TrainingInputs
from index.learning import TrainingSettings, learn_embedding, learn_ranker
from index.moments import Moment, moment, people_at
from index.newcomers import as_newcomers
from index.segment_learning import segment
from index.segmentation import Shoppers
from index.text_features import text_features
from service.evaluation.cold_recall import OURS, Situation, by_chance, recall
from service.recommender.actions import NO_ACTIONS, Actions
from service.recommender.arrays import Ints
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.consent import Purpose
from service.recommender.decision import decide
from service.recommender.embedding import Embedding
from service.recommender.live import Live
from service.recommender.profile import NOBODY, Profile
from service.recommender.question import Question
from service.recommender.segmentation import NO_SEGMENTATION
from service.recommender.snapshot import Snapshot
from service.recommender.traits import Traits

HELD_OUT = 0.4
DRAWS = 3
"""How often the one purchase that is known is drawn."""
TOLD = ("age_band", "region", "household", "income_band")
"""What customers tell of themselves; every other trait follows from what they did."""
Order = Callable[[str], Ints]


def measure_new_people(
    inputs: TrainingInputs, catalogue: Catalogue, settings: TrainingSettings, ks: Sequence[int], seed: int,
) -> Mapping[str, Situation]:
    """Recall of the next basket of people who were not learned from, by situation.

    `konomi` is the pipeline without exploration: what the service would have answered.
    """
    at = inputs.cutoffs[-1]
    everybody = sorted(key for key, one in people_at(inputs, at, catalogue).items() if len(one.purchases))
    size = int(len(everybody) * HELD_OUT)
    held = set(np.random.default_rng([seed, 2]).permutation(everybody)[:size].tolist())
    then = moment(inputs, at, catalogue, _nowhere(len(catalogue)))
    asked = [key for key in then.learnable if key in held]
    if not asked:
        return {}
    snapshot = _learned_without(held, inputs, catalogue, settings)

    def with_one_purchase(draw: int) -> Mapping[str, Profile]:
        young = as_newcomers(then, asked, seed + draw, most_kept=1)
        return {key: Profile(None, _PURPOSES, young.people[key]) for key in asked}

    situations: dict[str, Sequence[Mapping[str, Profile]]] = {
        "visitor": [dict.fromkeys(asked, NOBODY)],
        "one-action": [with_one_purchase(draw) for draw in range(DRAWS)],
    }
    if inputs.shoppers:
        told = _told(inputs.shoppers)
        situations["demographics"] = [
            {key: Profile(None, _PURPOSES, NO_ACTIONS, told[key]) for key in asked if told.get(key)},
        ]
    return {
        name: Situation.joined([_situation(then, snapshot, people, ks) for people in draws])
        for name, draws in situations.items()
        if draws[0]
    }


_PURPOSES = frozenset({Purpose.PERSONALISE_CONTENT})


def _nowhere(size: int) -> Embedding:
    nothing = np.zeros(size, np.float32)
    return Embedding(np.zeros((size, 1), np.float32), nothing, nothing)


def _learned_without(
    held: set[str], inputs: TrainingInputs, catalogue: Catalogue, settings: TrainingSettings,
) -> Snapshot:
    """What would be served as of the last moment, had the shop never seen the people held out."""
    known = replace(inputs, people={
        at: [(key, stored) for key, stored in people if key not in held] for at, people in inputs.people.items()
    })
    text, at = text_features(catalogue), inputs.cutoffs[-1]
    embedding = learn_embedding(people_at(known, at, catalogue).values(), catalogue, text, settings.embedding)
    snapshot = moment(known, at, catalogue, embedding).snapshot
    weeks_before = replace(known, labels={then: bought for then, bought in known.labels.items() if then < at})
    ranker = learn_ranker(weeks_before, catalogue, text, settings)
    segmentation = NO_SEGMENTATION
    if inputs.shoppers:
        keys = inputs.shoppers.traits["person_key"]
        others = inputs.shoppers.traits.filter(pc.invert(pc.is_in(keys, value_set=pa.array(sorted(held), keys.type))))
        shoppers = replace(inputs.shoppers, traits=others)
        segmentation = segment(
            shoppers, catalogue, settings.embedding.seed, known.people[at], int(at.timestamp()),
        )
    return replace(snapshot, ranker=ranker, segmentation=segmentation)


def _told(shoppers: Shoppers) -> Mapping[str, Mapping[str, object]]:
    def of(person: Traits) -> Mapping[str, object]:
        return {name: value for name in TOLD if (value := person.text(name)) is not None}

    return {key: of(person) for key, person in shoppers.keyed("learn")}


def _situation(then: Moment, snapshot: Snapshot, people: Mapping[str, Profile], ks: Sequence[int]) -> Situation:
    catalogue, popular = snapshot.catalogue, snapshot.popular(ItemKind.PRODUCT)
    live = Live(ZoneInfo("UTC"))

    def in_category(actions: Actions) -> Ints:
        own = np.isin(catalogue.path[popular], catalogue.path[actions.purchases.item])
        return popular[np.argsort(~own, kind="stable")]

    models: dict[str, Order] = {
        "most-popular": lambda _: popular,
        "category-popular": lambda key: in_category(people[key].actions),
        OURS: lambda key: decide(Question(now=then.baskets[key].at), people[key], snapshot, live).rows,
    }
    return Situation(by_chance(popular.size, ks), {
        name: {key: recall(order(key), then.baskets[key].rows, ks) for key in people} for name, order in models.items()
    })
