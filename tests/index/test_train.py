from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from index.artefact import open_artefact, versions
from index.build import build_indexes, verify_indexes
from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings
from index.examples import examples, offered, sampled_people
from index.item_table import NIGHTLY, read_item_features
from index.learning import TrainingSettings
from index.manifest import Manifest
from index.moments import moment, people_at
from index.publication import current, publish
from index.quality import measure
from index.ranker import RankerSettings
from index.train import train
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.recommender.actions import stored_actions
from service.recommender.embedding import Embedding
from service.recommender.events import DAY
from service.recommender.person_view import PersonView
from service.recommender.question import PageContext, Question
from service.recommender.ranking_features import FEATURE_NAMES, person_item_features
from tests.index.clustered_inputs import NEWEST, training_inputs

SETTINGS = TrainingSettings(EmbeddingSettings(dimension=12), RankerSettings(trees=20, least_in_leaf=5, negatives=1.0))
NOW = NEWEST + timedelta(hours=3)

STOPS_BEFORE_THE_LAST_FIT = """
import sys
from pathlib import Path
from index.train import train
from tests.index.test_train import NOW, SETTINGS, training_inputs
def told(stage, done):
    if (stage, done) == ("ranker", 0.6):
        print("here", flush=True)
        sys.stdin.read()
train(training_inputs(), Path(sys.argv[1]), now=NOW, settings=SETTINGS, progress=told)
"""


@pytest.fixture(scope="module")
def inputs():
    return training_inputs()


@pytest.fixture(scope="module")
def trained(inputs, tmp_path_factory) -> tuple[Path, Manifest]:
    root = tmp_path_factory.mktemp("artefacts")
    return root, train(inputs, root, now=NOW, settings=SETTINGS)


def test_a_trained_version_can_be_indexed_verified_and_published(trained, inputs) -> None:
    root, manifest = trained
    assert manifest.version == "20260302T030000Z"
    assert dict(manifest.items) == {"PRODUCT": 35, "CONTENT": 4, "AD": 4}
    artefact = open_artefact(root, manifest.version)
    people = people_at(inputs, NEWEST, read_catalogue(inputs.items, "1")).values()
    queries = np.stack([artefact.embedding.person_vector(one.item, one.interest_weight) for one in people])
    build_indexes(root, manifest.version, queries)
    assert all(entry.recall == 1.0 for entry in verify_indexes(root, manifest.version, queries).values())
    publish(root, manifest.version)
    assert current(root) == manifest.version
    assert artefact.item_features()["item_id"].to_pylist() == inputs.items["item_id"].to_pylist()


def test_the_ranker_beats_the_baselines_on_the_week_it_has_not_seen(trained) -> None:
    quality = trained[1].quality
    assert set(quality) == {"konomi", "own-most-frequent", "most-popular"}
    assert quality["konomi"]["ndcg@10"] > quality["most-popular"]["ndcg@10"] + 0.2
    assert quality["konomi"]["ndcg@10"] > quality["own-most-frequent"]["ndcg@10"] - 0.02
    assert 0 < quality["konomi"]["recall@10"] <= quality["konomi"]["hit@10"] <= 1


def test_training_again_gives_the_same_bytes(trained, inputs, tmp_path) -> None:
    again = train(inputs, tmp_path, now=NOW, settings=SETTINGS)
    assert again == trained[1]


def test_serving_reads_the_model_that_was_trained(trained) -> None:
    root, manifest = trained
    artefact = open_artefact(root, manifest.version)
    ranker = LightgbmRanker(artefact.ranker_text())
    assert ranker.feature_names == FEATURE_NAMES == manifest.feature_names
    facts = json.loads(artefact.path("ranker.json").read_text())
    assert tuple(facts["feature_names"]) == FEATURE_NAMES
    assert sum(facts["importance"].values()) == pytest.approx(1)


def test_the_card_tells_what_was_measured_and_what_it_is_not_good_for(trained) -> None:
    card = open_artefact(trained[0], trained[1].version).model_card()
    assert f"{trained[1].quality['konomi']['ndcg@10']:.4f}" in card
    for part in ("20260302T030000Z", "shop-1", "120 people", "own_", "not good for", "| PRODUCT | 35 |"):
        assert part in card


def test_no_file_of_a_version_names_a_person(trained, inputs) -> None:
    root, manifest = trained
    names = {key.encode() for key, _ in inputs.people[NEWEST]}
    for path in (root / manifest.version).iterdir():
        content = path.read_bytes()
        assert not any(name in content for name in names), path.name


def test_training_and_serving_see_the_same_numbers(trained, inputs) -> None:
    """Take one candidate list as training made it, and compute it again as a request would."""
    catalogue = read_catalogue(inputs.items, "1")
    embedding = open_artefact(trained[0], trained[1].version).embedding
    at = inputs.cutoffs[0]
    then = moment(inputs, at, catalogue, embedding)
    key, stored = inputs.people[at][3]
    offer = next(offered(then, [key]))
    items = read_item_features(inputs.item_features[at], catalogue)
    came = then.baskets[key].at
    here = Question(now=came, context=PageContext(device="MOBILE")).circumstances(ZoneInfo("UTC"))
    view = PersonView(stored_actions(stored, catalogue), came, catalogue, items, embedding, here)
    np.testing.assert_array_equal(person_item_features(view, offer.rows), offer.features())


def test_a_person_sees_the_items_as_of_the_night_before_they_came(inputs) -> None:
    catalogue = read_catalogue(inputs.items, "1")
    at, names = inputs.cutoffs[0], inputs.item_features[inputs.cutoffs[0]]["item_id"]
    nights = {
        at + timedelta(days=day): pa.table({"item_id": names, **{name: [float(day)] * len(names) for name in NIGHTLY}})
        for day in range(-1, 9)
    }
    nowhere = Embedding(np.zeros((len(catalogue), 1), np.float32), *np.zeros((2, len(catalogue)), np.float32))
    then = moment(replace(inputs, nightly=nights), at, catalogue, nowhere)
    begun, sold = int(at.timestamp()), int(catalogue.row_of[names[0].as_py()])
    week = float(then.snapshot.items.buyers_1[sold])
    seen = {hours: float(then.items_at(begun + hours * 3_600).buyers_1[sold]) for hours in (0, 23, 24, 25, 49, 167)}
    assert seen == {0: week, 23: week, 24: week, 25: 1.0, 49: 2.0, 167: 6.0}
    for key in then.learnable[:20]:
        days = (then.baskets[key].at - begun - 1) // DAY
        assert then.view(key).items.buyers_1[sold] == (float(days) if days > 0 else week)


def test_nothing_of_the_labelled_weeks_reaches_the_features_that_are_learned_from(trained, inputs, tmp_path) -> None:
    """Were the newest history another one, the examples of earlier weeks would be the same."""
    another = training_inputs(seed=4)
    mixed = replace(inputs, people={**inputs.people, NEWEST: another.people[NEWEST]},
                    item_features={**inputs.item_features, NEWEST: another.item_features[NEWEST]})
    changed = train(mixed, tmp_path, now=NOW, settings=SETTINGS)
    assert changed.files["ranker.txt"] == trained[1].files["ranker.txt"]
    assert changed.files["vectors.npy"] != trained[1].files["vectors.npy"]


@pytest.mark.parametrize("weeks", [0, 1])
def test_a_young_shop_is_trained_as_far_as_it_goes(tmp_path, weeks: int) -> None:
    manifest = train(training_inputs(weeks=weeks), tmp_path, now=NOW, settings=SETTINGS)
    artefact = open_artefact(tmp_path, manifest.version)
    assert dict(manifest.quality) == {}
    assert ("ranker.txt" in manifest.files) == (weeks > 0)
    assert "no week to hold out" in artefact.model_card()


def test_a_shop_without_any_action_still_gets_a_version(inputs, tmp_path) -> None:
    silent = replace(
        inputs, people={at: [] for at in inputs.people}, labels={},
        item_features={at: table.slice(0, 0) for at, table in inputs.item_features.items()},
    )
    manifest = train(silent, tmp_path, now=NOW, settings=SETTINGS)
    artefact = open_artefact(tmp_path, manifest.version)
    assert not artefact.embedding.vectors.any()
    build_indexes(tmp_path, manifest.version, artefact.embedding.vectors[:2])
    publish(tmp_path, manifest.version)


def test_sampling_people_and_negatives_is_seeded(inputs) -> None:
    catalogue = read_catalogue(inputs.items, "1")
    size = len(catalogue)
    flat = Embedding(np.zeros((size, 4), np.float32), np.ones(size, np.float32), np.ones(size, np.float32))
    then = moment(inputs, inputs.cutoffs[0], catalogue, flat)
    few = sampled_people(then, 20, 1)
    assert len(few) == 20
    assert few == sampled_people(then, 20, 1) != sampled_people(then, 20, 2)
    whole, some = (list(examples(then, few, part, 1)) for part in (1.0, 0.3))
    assert sum(len(group.grades) for group in some) < sum(len(group.grades) for group in whole)
    for all_of, part_of in zip(whole, some, strict=True):
        assert part_of.grades.sum() == all_of.grades.sum() > 0
        assert part_of.groups.sum() == len(part_of.grades) == len(part_of.features)


def test_metrics_against_a_hand_computed_list() -> None:
    bought, order = np.array([3, 5, 8]), np.array([5, 1, 3, 2])
    recall, ndcg, hit = measure(bought, order, at=3)
    assert recall == pytest.approx(2 / 3)
    assert ndcg == pytest.approx((1 + 0.5) / (1 + 1 / np.log2(3) + 0.5))
    assert hit == 1
    assert measure(bought, np.array([1, 2]), at=3) == (0, 0, 0)


def test_training_that_is_killed_leaves_nothing_that_the_next_run_minds(tmp_path) -> None:
    running = subprocess.Popen([sys.executable, "-c", STOPS_BEFORE_THE_LAST_FIT, str(tmp_path)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with running:
        assert running.stdout is not None
        assert running.stdout.readline() == "here\n"
        running.kill()
    assert versions(tmp_path) == []
    train(training_inputs(), tmp_path, now=NOW, settings=SETTINGS)
    assert versions(tmp_path) == ["20260302T030000Z"]
