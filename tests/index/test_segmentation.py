"""What a version keeps of segments: enough to make them again, and nothing of any one person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from index.artefact import open_artefact
from index.catalogue import read_catalogue
from index.embedding import EmbeddingSettings
from index.errors import ArtefactCorrupt
from index.learning import TrainingSettings
from index.manifest import MANIFEST, FileEntry
from index.segment_learning import learn_segmentation, segment, sensitive_categories
from index.segmentation import SEGMENTS, Shoppers, count, read_segmentation, to_text
from index.train import train
from service.recommender.segment_sizes import SMALLEST
from service.recommender.segmentation import NO_SEGMENTATION
from service.recommender.segments import belongings, segments_of
from service.recommender.traits import Traits
from tests.index.clustered_inputs import NEWEST, item, items_table, stored_before, training_inputs

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
DAY = 86_400
CATALOGUE = read_catalogue(items_table([
    item("tea", category=["Shop", "Tea", "Green"]), item("pill", category=["Shop", "Pills", "Blue"], sensitive=True),
]), "1")


def customers(size=300, seed=2):
    """Customers with a rhythm, an age band, and one region all of their own."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        orders, gap, silent = int(draw.integers(1, 40)), float(draw.uniform(3, 20)), int(draw.integers(0, 60))
        rows.append({
            "person_key": f"c:{number}", "recency_days": silent, "frequency": orders, "frequency_91": min(orders, 12), "monetary_91": float(draw.uniform(5, 900)),
            "mean_basket_value": float(draw.uniform(5, 90)), "mean_gap_days": gap if orders > 1 else None,
            "first_order_at": 0, "last_order_at": int((orders - 1) * gap * DAY), "discounted_share": float(draw.random()),
            "age_band": ("25-34", "35-44", "45-54")[number % 3], "region": "Castle" if number == 0 else "Town",
            "categories": ["Shop > Tea" if number % 2 else "Shop > Soap", "Shop > Pills"], "category_shares": [0.7, 0.2],
            "learn": number % 10 != 1, "profile": number % 10 != 2,
        })
    return rows


def shop(rows, **segments):
    return Shoppers(pa.Table.from_pylist(rows), segments, len(rows))


@pytest.fixture(scope="module")
def learnt():
    return segment(shop(customers(), vip=80, few=3), CATALOGUE, 7)


def test_everybody_counted_is_one_who_may_be_profiled(learnt):
    rows = [row for row in customers() if row["profile"]]
    assert learnt.sizes.people == len(rows) == 270
    for key, size in learnt.sizes.by_rule.items():
        assert size == sum(key in {one.key for one in belongings(row, learnt)} for row in rows)


def test_only_those_are_learnt_from_who_agreed(learnt):
    rows = customers()
    for row in rows:
        if not row["learn"]:
            row.update(monetary_91=1e9, mean_gap_days=900.0, recency_days=9_000, categories=["Secret > Secret"])
    again = segment(shop(rows, vip=80, few=3), CATALOGUE, 7)
    assert replace(again, sizes=learnt.sizes).as_json() == learnt.as_json()


def test_a_quarter_of_all_have_their_names(learnt):
    keys = set(learnt.sizes.told)
    assert {"vip", "age.25-34", "value.high", "value.low"} <= keys
    assert any(key.startswith("taste.") for key in keys)
    assert any(key.startswith("alive.") for key in keys)


def test_no_small_group_is_kept(learnt):
    text = to_text(learnt)
    assert "Castle" not in text
    assert '"few"' not in text
    assert all(size >= SMALLEST for size in learnt.sizes.told.values())


def test_sensitive_categories_are_no_words(learnt):
    assert sensitive_categories(CATALOGUE) == {"Shop > Pills"}
    assert all("pills" not in key for key in learnt.sizes.told)


def test_amounts_of_single_customers_are_not_kept(learnt):
    spent = {row["monetary_91"] for row in customers()}
    assert spent.isdisjoint(learnt.quintiles.edges["monetary_91"])


def test_an_upper_fifth_is_a_fifth(learnt):
    rows = [row for row in customers() if row["learn"]]
    high = sum("value.high" in {one.key for one in belongings(row, learnt)} for row in rows)
    assert high / len(rows) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("size", [0, 1, SMALLEST - 1])
def test_of_a_small_shop_nothing_is_learnt_and_nobody_is_in_a_segment(size):
    rows = customers()[:size]
    people = Shoppers(pa.Table.from_pylist(rows, schema=pa.Table.from_pylist(customers()).schema), {"vip": size}, size)
    found = segment(people, CATALOGUE, 7)
    assert replace(found, sizes=NO_SEGMENTATION.sizes) == NO_SEGMENTATION
    assert found.sizes.told == {}
    assert all(segments_of({**row, "shop_segments": ["vip"]}, found) == [] for row in rows)


def test_customers_of_whom_nothing_is_known_are_no_obstacle():
    assert learn_segmentation([Traits({})] * 200, CATALOGUE, 7).as_json() == NO_SEGMENTATION.as_json()


SETTINGS = TrainingSettings(EmbeddingSettings(dimension=8, seed=7))


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    root = tmp_path_factory.mktemp("artefacts")
    inputs = replace(training_inputs(weeks=0), shoppers=shop(customers(), vip=80))
    return root, train(inputs, root, now=NOW, settings=SETTINGS).version


def test_a_version_carries_them(version, learnt):
    root, name = version
    read = read_segmentation(open_artefact(root, name))
    assert read.sizes.told["vip"] == 80
    assert read.quintiles == learnt.quintiles
    person = customers()[5]
    assert belongings(person, read) == belongings(person, learnt)


def test_a_version_knows_what_a_segment_likes(tmp_path):
    at = int(NEWEST.timestamp()) - 9 * DAY
    bought = [(f"c:{n}", stored_before([(f"c:{n}", item, at) for item in ("Soap-1", "Tea-0" if n < 60 else "Soap-0")], at + 1)[0][1])
              for n in range(120)]
    rows = [{"person_key": f"c:{n}", "region": "North" if n < 60 else "South", "learn": True, "profile": True} for n in range(120)]
    inputs = replace(training_inputs(weeks=0), people={NEWEST: bought}, shoppers=shop(rows))
    name = train(inputs, tmp_path, now=NOW, settings=SETTINGS).version
    popular = read_segmentation(open_artefact(tmp_path, name)).popular
    assert {key: set(lifts) for key, lifts in popular.lifts.items()} == {"region.North": {"Tea-0"}, "region.South": {"Soap-0"}}


def test_counting_again_gives_the_same(version):
    root, name = version
    read = read_segmentation(open_artefact(root, name))
    assert count(shop(customers(), vip=80), read) == read.sizes
    fewer = count(shop(customers()[:150], vip=80), read)
    assert fewer.people == 135
    assert fewer.told != read.sizes.told


def test_an_older_version_without_them_opens(tmp_path):
    name = train(training_inputs(weeks=0), tmp_path, now=NOW, settings=SETTINGS).version
    artefact = open_artefact(tmp_path, name)
    assert SEGMENTS not in artefact.manifest.files
    assert read_segmentation(artefact) == NO_SEGMENTATION


def test_a_file_of_another_form_is_refused(version):
    root, name = version
    (root / name / SEGMENTS).write_text('{"usual_gap_days": 3}', encoding="utf-8")
    manifest = json.loads((root / name / MANIFEST).read_text(encoding="utf-8"))
    entry = FileEntry.of(root / name / SEGMENTS)
    manifest["files"][SEGMENTS] = {"sha256": entry.sha256, "bytes": entry.bytes}
    (root / name / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ArtefactCorrupt, match=r"segments\.json cannot be read"):
        read_segmentation(open_artefact(root, name))
