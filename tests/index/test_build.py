from __future__ import annotations

import faiss
import numpy as np
import pytest

from index.artefact import open_artefact
from index.build import RECALL_FLOOR, build_index, build_indexes, measure_recall, verify_indexes
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.search import open_index, search
from service.recommender.catalogue import ItemKind
from tests.index.small_artefact import DIMENSION, write_small

DRAW = np.random.default_rng(5)
CENTRES = DRAW.normal(size=(60, DIMENSION))
ANSWERS = (CENTRES[DRAW.integers(60, size=6_000)] + 0.4 * DRAW.normal(size=(6_000, DIMENSION))).astype(np.float32)
PEOPLE = (CENTRES[DRAW.integers(60, size=200)] + 0.4 * DRAW.normal(size=(200, DIMENSION))).astype(np.float32)
ROWS = np.arange(6_000) * 3 + 1


def test_a_small_index_is_exact() -> None:
    built = build_index(ItemKind.PRODUCT, ROWS, ANSWERS, PEOPLE)
    assert (built.entry.type, built.entry.recall) == ("Flat", 1.0)
    assert measure_recall(built.index, ROWS, ANSWERS, PEOPLE) == 1.0
    ids, scores = search(built.index, PEOPLE, 10)
    exact = PEOPLE @ ANSWERS.T
    np.testing.assert_array_equal(ids[:, 0], ROWS[exact.argmax(axis=1)])
    np.testing.assert_allclose(scores[:, 0], exact.max(axis=1), rtol=1e-5)


def test_a_large_index_probes_until_it_finds_enough() -> None:
    built = build_index(ItemKind.PRODUCT, ROWS, ANSWERS, PEOPLE, exact_up_to=1_000)
    assert built.entry.type.startswith("IVF")
    assert built.entry.recall is not None
    assert built.entry.recall >= RECALL_FLOOR
    assert measure_recall(built.index, ROWS, ANSWERS, PEOPLE) == pytest.approx(built.entry.recall)


@pytest.mark.parametrize("exact_up_to", [1_000, 10_000])
def test_items_can_be_removed(exact_up_to: int) -> None:
    built = build_index(ItemKind.PRODUCT, ROWS, ANSWERS, PEOPLE, exact_up_to=exact_up_to)
    best = search(built.index, PEOPLE[:1], 1)[0][0, 0]
    built.index.remove_ids(np.array([best]))
    assert best not in search(built.index, PEOPLE[:1], 100)[0]


def test_recall_tells_a_bad_index_from_a_good_one() -> None:
    half = faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSION))
    half.add_with_ids(ANSWERS[::2], ROWS[::2])
    assert 0.4 < measure_recall(half, ROWS, ANSWERS, PEOPLE) < 0.6
    assert measure_recall(half, ROWS, ANSWERS, np.zeros((3, DIMENSION), np.float32)) == 1.0


def test_the_indexes_of_a_version_are_built_once_and_verified_from_disk(tmp_path) -> None:
    version = write_small(tmp_path, indexed=False).version
    entries = build_indexes(tmp_path, version, PEOPLE)
    assert {kind: entry.items for kind, entry in entries.items()} == {"PRODUCT": 29, "CONTENT": 8, "AD": 0}
    before = {path.name: path.read_bytes() for path in (tmp_path / version).iterdir()}
    assert build_indexes(tmp_path, version, PEOPLE[:3]) == entries
    assert verify_indexes(tmp_path, version, PEOPLE) == entries
    assert {path.name: path.read_bytes() for path in (tmp_path / version).iterdir()} == before


def test_an_opened_index_answers_with_rows_of_the_artefact(tmp_path) -> None:
    version = write_small(tmp_path).version
    artefact = open_artefact(tmp_path, version)
    embedding = artefact.embedding
    for kind, first in ((ItemKind.PRODUCT, 0), (ItemKind.CONTENT, 30)):
        ids, _ = search(open_index(artefact, kind), embedding.vectors[first : first + 5] * 9, 1)
        exact = (embedding.vectors * embedding.answer_scale[:, None]) @ embedding.vectors[first : first + 5].T
        rows = np.arange(29) if kind is ItemKind.PRODUCT else np.arange(30, 38)
        np.testing.assert_array_equal(ids[:, 0], rows[exact[rows].argmax(axis=0)])
    assert search(open_index(artefact, ItemKind.AD), embedding.vectors[:2], 5)[0].shape == (2, 0)


def test_verification_refuses_what_is_missing_or_finds_too_little(tmp_path) -> None:
    bare = write_small(tmp_path, indexed=False).version
    with pytest.raises(ArtefactRefused, match="no index of PRODUCT"):
        verify_indexes(tmp_path, bare, PEOPLE)
    with pytest.raises(ArtefactMissing, match=r"has no product\.faiss"):
        open_index(open_artefact(tmp_path, bare), ItemKind.PRODUCT)
    poor = write_small(tmp_path, indexed=True, left_out_of_index=10).version
    with pytest.raises(ArtefactRefused, match=r"below the floor of 0\.950"):
        verify_indexes(tmp_path, poor, PEOPLE)


def test_an_index_that_does_not_fit_its_manifest_is_refused(tmp_path) -> None:
    artefact = open_artefact(tmp_path, write_small(tmp_path, left_out_of_index=10, claimed=29).version)
    with pytest.raises(ArtefactCorrupt, match="holds 19 vectors"):
        open_index(artefact, ItemKind.PRODUCT)
