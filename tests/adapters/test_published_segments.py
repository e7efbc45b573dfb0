"""Segments as they are served: of the version that is published, counted anew where their people have changed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from index.artefact import add_files, versions
from index.build import build_indexes, verify_indexes
from index.embedding import EmbeddingSettings
from index.learning import TrainingSettings
from index.publication import publish
from index.segmentation import SEGMENTS, to_text
from index.store import ArtefactStore
from index.train import train
from service.adapters.published import Published, Tables
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.segmentation import NO_SEGMENTATION, Segmentation
from service.tables.canonical import SEGMENTS as SEGMENTS_SCHEMA
from tests.index.clustered_inputs import NEWEST, training_inputs

DIMENSION = 8
LEARNT = Segmentation(usual_gap_days=6.5, sizes=SegmentSizes(500, {"region.North": 200}, 500, {"vip": 80}))


def _write(folder: Path, segmentation: Segmentation) -> None:
    (folder / SEGMENTS).write_text(to_text(segmentation), encoding="utf-8")


class Shop:
    def __init__(self, root: Path, trained: Path) -> None:
        self.root, self.version = root, "t1"
        shutil.copytree(trained, root / "artefacts")
        pq.write_table(training_inputs(weeks=0).items, root / "items.parquet")
        self.published = Published(self.tables, ArtefactStore(str(root / "artefacts"), root / "cache"), root / "sizes.json")

    def tables(self) -> Tables:
        path = self.root / "segments.parquet"
        return Tables(self.version, self.root / "items.parquet", (), path if path.exists() else None, {})

    def publish(self, segmentation: Segmentation | None) -> str:
        artefacts = self.root / "artefacts"
        (version,) = versions(artefacts)
        if segmentation is not None:
            add_files(artefacts, version, lambda folder: _write(folder, segmentation), {})
        publish(artefacts, version)
        return version

    def count(self, version: str | None, sizes: object, at: int = 1) -> None:
        text = json.dumps({"version": version, "sizes": sizes})
        (self.root / "sizes.json").write_text(text, encoding="utf-8")
        os.utime(self.root / "sizes.json", ns=(at, at))

    def told(self) -> dict[str, int]:
        snapshot = self.published.newer()
        assert snapshot is not None
        return dict(snapshot.segmentation.sizes.told)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    version = train(training_inputs(weeks=0), root, now=NEWEST, settings=TrainingSettings(EmbeddingSettings(DIMENSION))).version
    people = np.random.default_rng(1).normal(size=(9, DIMENSION)).astype(np.float32)
    build_indexes(root, version, people)
    verify_indexes(root, version, people)
    return root


@pytest.fixture
def shop(tmp_path: Path, trained: Path) -> Shop:
    return Shop(tmp_path, trained)


def test_a_version_brings_what_it_learnt_and_counted(shop):
    shop.publish(LEARNT)
    snapshot = shop.published.newer()
    assert snapshot is not None
    assert snapshot.segmentation == LEARNT


def test_a_version_from_before_segments_were_learnt_serves_without(shop):
    shop.publish(None)
    snapshot = shop.published.newer()
    assert snapshot is not None
    assert snapshot.segmentation == NO_SEGMENTATION


def test_a_newer_count_is_followed_and_shrinks_what_is_told(shop):
    version = shop.publish(LEARNT)
    assert shop.told() == {"region.North": 200, "vip": 80}
    assert shop.published.newer() is None
    shop.count(version, SegmentSizes(500, {"region.North": 190}, 500, {"vip": 49}).as_json())
    assert shop.told() == {"region.North": 190}
    assert shop.published.newer() is None
    shop.count(version, SegmentSizes(500, {}, 500, {}).as_json(), at=2)
    assert shop.told() == {}


def test_a_count_of_another_version_says_nothing(shop):
    shop.publish(LEARNT)
    shop.count("20200101T000000Z", SegmentSizes(500, {"region.North": 60}).as_json())
    assert shop.told() == {"region.North": 200, "vip": 80}


@pytest.mark.parametrize("torn", ["", "{", "[]", "7", '{"region.North": 300}', '{"version": null}', '{"version": null, "sizes": 3}'])
def test_a_count_that_cannot_be_read_is_none(shop, torn):
    (shop.root / "sizes.json").write_text(torn, encoding="utf-8")
    assert shop.told() == {}
    shop.publish(LEARNT)
    assert shop.told() == {"region.North": 200, "vip": 80}


def members(root: Path, title: str) -> None:
    rows = [{"segment": "vip", "customer_id": str(n), "title_en": title, "title_ja": None} for n in range(60)]
    pq.write_table(pa.Table.from_pylist(rows, schema=SEGMENTS_SCHEMA), root / "segments.parquet")


def test_titles_are_read_once_for_each_import(shop):
    assert shop.published.segment_titles() == {}
    members(shop.root, "Club")
    assert shop.published.segment_titles() == {"vip": {"en": "Club"}}
    members(shop.root, "Circle")
    assert shop.published.segment_titles() == {"vip": {"en": "Club"}}
    shop.version = "t2"
    assert shop.published.segment_titles() == {"vip": {"en": "Circle"}}
